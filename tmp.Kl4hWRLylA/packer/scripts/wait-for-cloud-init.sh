#!/usr/bin/env bash
# Waits until cloud-init has finished the first boot: until then it holds apt's locks and writes what later scripts clean.
# https://docs.cloud-init.io/en/latest/reference/cli.html#status
set -euo pipefail

status=0
timeout 600 cloud-init status --wait || status=$?

case $status in
  0) ;;
  # Since 23.4, 2 means that it finished with warnings, such as a deprecated key of Proxmox's user data.
  2) cloud-init status --long ;;
  124)
    echo "cloud-init did not finish within 10 minutes" >&2
    exit 1
    ;;
  *)
    echo "cloud-init failed; its account of it:" >&2
    cloud-init status --long >&2 || true
    exit 1
    ;;
esac
