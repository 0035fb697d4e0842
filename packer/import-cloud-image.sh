#!/usr/bin/env bash
# Makes the VM that Packer clones from a cloud image. Runs as root on the Proxmox node:
#
#   ssh root@pve 'bash -s' -- debian-13 9013 local-lvm <packer/import-cloud-image.sh
#
# A fourth argument is the checksum that the image must have.
#
# https://pve.proxmox.com/wiki/Cloud-Init_Support
set -euo pipefail

if [ $# -lt 3 ] || [ $# -gt 4 ]; then
  echo "usage: import-cloud-image.sh debian-13|ubuntu-24-04 VMID STORAGE [CHECKSUM]" >&2
  exit 2
fi
image=$1 vmid=$2 storage=$3 checksum=${4:-}

case $image in
  # Debian's "genericcloud" has a kernel without drivers for passed-through devices; "generic" has them.
  debian-13)
    url=https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2
    sums=SHA512SUMS
    # Debian does not sign the checksums of its cloud images: https://cloud.debian.org/images/cloud/
    signature=
    ;;
  ubuntu-24-04)
    url=https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img
    sums=SHA256SUMS
    signature=SHA256SUMS.gpg
    # UEC Image Automatic Signing Key <cdimage@ubuntu.com>: https://ubuntu.com/tutorials/how-to-verify-ubuntu
    key=D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81
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

# A mirror that it redirects to must have https, too.
download() { curl --fail --location --proto '=https' --proto-redir '=https' --no-progress-meter --output "$1" "$2"; }

download "$sums" "${url%/*}/$sums"
if [ -n "$signature" ]; then
  if ! command -v gpg >/dev/null; then
    echo "gpg, which verifies the signature of the checksums, is not on this node: apt install gnupg" >&2
    exit 1
  fi
  download "$signature" "${url%/*}/$signature"
  # Whatever else a key server has under this search, the signature must be of the key with this fingerprint.
  download key.asc "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&search=0x$key"
  export GNUPGHOME=$downloads/gnupg
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --quiet --import key.asc
  if ! gpg --batch --quiet --status-fd 3 --verify "$signature" "$sums" 3>status || ! grep -q "^\[GNUPG:\] VALIDSIG $key " status; then
    echo "the signature of $sums is not of the key $key: nothing of it was used" >&2
    exit 1
  fi
elif [ -z "$checksum" ]; then
  echo "the checksums of $image are not signed; give the image's checksum as fourth argument if you have it from elsewhere" >&2
fi

download "${url##*/}" "$url"
# sha512sum of SHA512SUMS.
verify=$(echo "${sums%SUMS}sum" | tr '[:upper:]' '[:lower:]')
"$verify" --check --ignore-missing --strict "$sums"
if [ -n "$checksum" ]; then
  echo "$checksum  ${url##*/}" | "$verify" --check --strict
fi

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
