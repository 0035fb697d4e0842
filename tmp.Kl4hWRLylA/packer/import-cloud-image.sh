#!/usr/bin/env bash
# Makes the VM that Packer clones from a cloud image. Runs as root on the Proxmox node:
#
#   ssh root@pve 'bash -s' -- debian-13 9013 local-lvm <packer/import-cloud-image.sh
#
# https://pve.proxmox.com/wiki/Cloud-Init_Support
set -euo pipefail

if [ $# -ne 3 ]; then
  echo "usage: import-cloud-image.sh debian-13|ubuntu-24-04 VMID STORAGE" >&2
  exit 2
fi
image=$1 vmid=$2 storage=$3

case $image in
  # Debian's "genericcloud" has a kernel without drivers for passed-through devices; "generic" has them.
  debian-13)
    url=https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2
    sums=SHA512SUMS
    ;;
  ubuntu-24-04)
    url=https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img
    sums=SHA256SUMS
    ;;
  *)
    echo "unknown image \"$image\"; write debian-13 or ubuntu-24-04" >&2
    exit 2
    ;;
esac

if qm status "$vmid" >/dev/null 2>&1; then
  echo "VM $vmid exists already; choose another id, or remove it first: qm destroy $vmid" >&2
  exit 1
fi

downloads=$(mktemp -d /var/tmp/cloud-image.XXXXXX)
trap 'rm -rf "$downloads"' EXIT
cd "$downloads"

curl --fail --location --no-progress-meter --remote-name "$url" --remote-name "${url%/*}/$sums"
case $sums in
  SHA512SUMS) sha512sum --check --ignore-missing --strict "$sums" ;;
  SHA256SUMS) sha256sum --check --ignore-missing --strict "$sums" ;;
esac

# What is created is removed again when a later step fails, so that the next try finds the id free.
trap 'rm -rf "$downloads"; qm destroy "$vmid" --purge' ERR

# UEFI and q35 for passed-through GPUs; no pre-enrolled keys, with which Secure Boot refuses NVIDIA's own modules.
# discard lets fstrim give freed blocks back to the storage.
qm create "$vmid" --name "$image-cloud-image" \
  --ostype l26 --machine q35 --bios ovmf --efidisk0 "$storage:0,efitype=4m,pre-enrolled-keys=0" \
  --cpu host --cores 2 --memory 2048 \
  --scsihw virtio-scsi-pci --scsi0 "$storage:0,import-from=$downloads/${url##*/},discard=on" \
  --ide2 "$storage:cloudinit" --boot order=scsi0 \
  --serial0 socket --vga serial0 --agent 1
# The images are about 3 GB, too small to install anything; cloud-init grows the file system into the rest.
qm disk resize "$vmid" scsi0 8G
qm template "$vmid"
