#!/usr/bin/env bash
# Installs the QEMU guest agent, through which Proxmox learns addresses, freezes file systems and shuts the VM down.
# https://pve.proxmox.com/wiki/Qemu-guest-agent
set -euo pipefail

# unattended-upgrades may hold the lock for minutes after the first boot.
apt_get() { apt-get -o DPkg::Lock::Timeout=600 "$@"; }

apt_get update
apt_get install --yes --no-install-recommends qemu-guest-agent

# There is nothing to enable: udev starts the unit when the agent's port appears. The VM has the port from its first
# boot, so here it is started by hand; Packer's shutdown before the conversion goes through the agent.
if [ -e /dev/virtio-ports/org.qemu.guest_agent.0 ]; then
  systemctl start qemu-guest-agent.service
else
  echo "this machine has no port for the guest agent; it starts on one that has (qemu_agent = true)"
fi
