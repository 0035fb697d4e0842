#!/bin/sh
# Prints the volumes of a driver when it is destroyed with its cluster, and how those that stay are removed. It stops nothing.
#
# DIRECTORY  where the cluster's kubeconfig is
# DRIVER     what has made the volumes
# OUTLIVE    not empty if they stay
. "$(dirname "$0")/lib.sh"

if ! command -v kubectl >/dev/null || ! [ -s "$DIRECTORY/kubeconfig" ]; then
  say "the volumes of $DRIVER are not listed: kubectl or the kubeconfig is missing"
  exit 0
fi
# shellcheck disable=SC2034 # for kube
KUBECONFIG="$DIRECTORY/kubeconfig"
row='{.metadata.annotations.pv\.kubernetes\.io/provisioned-by}{"\t"}{.metadata.name}{"\t"}{.spec.claimRef.namespace}/{.spec.claimRef.name}{"\t"}{.spec.csi.volumeHandle}{"\n"}'
if ! try kube 30 get pv --output="jsonpath={range .items[*]}$row{end}"; then
  say "the volumes of $DRIVER are not listed: $answer"
  exit 0
fi
printf '%s\n' "$answer" | awk -F '\t' -v driver="$DRIVER" '$1 == driver' | sort -t "$(printf '\t')" -k 3 >"$work/volumes"
if ! [ -s "$work/volumes" ]; then exit 0; fi

if [ -n "$OUTLIVE" ]; then
  say "these volumes stay in Proxmox; on the Proxmox host, the command after each one removes it:"
  # A handle is region/zone/storage/disk, and the disk of a file storage has a slash.
  awk -F '\t' '{ n = split($4, part, "/"); disk = part[4]; for (i = 5; i <= n; i++) disk = disk "/" part[i]; print "  " $3 ": pvesm free " part[3] ":" disk }' "$work/volumes" | plain
else
  say "these volumes are lost with the disks of the VMs:"
  awk -F '\t' '{ print "  " $3 ": " $2 }' "$work/volumes" | plain
fi
