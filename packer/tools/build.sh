#!/usr/bin/env bash
# Builds what the tests need into packer/.cache: Debian root file systems, Packer at the version that go.mod pins, and a
# Proxmox plugin for it. The plugin is, in this order: what PACKER_PLUGIN_PATH holds; what `packer init` can download;
# the stand-in.
set -euo pipefail
cd "$(dirname "$0")"

cache=$(cd .. && pwd)/.cache
mkdir -p "$cache"

# What Debian's own cloud images are made of, as far as the scripts touch it.
debian() {
  if [ -d "$cache/$1" ]; then return; fi
  echo "Installing Debian $1: a minute or two the first time"
  rm -rf "$cache/$1.partial"
  mmdebstrap --quiet --variant=apt --include=cloud-init,dbus,libpam-systemd,locales,netplan.io,openssh-server,sudo,systemd-sysv \
    "$1" "$cache/$1.partial"
  mv "$cache/$1.partial" "$cache/$1"
}
export cache
export -f debian
# Both at once; none is left running when the other fails.
printf '%s\n' bookworm trixie | xargs --max-procs=2 --replace bash -euc 'debian {}'

export CGO_ENABLED=0 CHECKPOINT_DISABLE=1

version=$(go list -m -f '{{.Version}}' github.com/hashicorp/packer)
packer=$cache/packer-${version#v}
if [ ! -x "$packer" ]; then
  echo "Building Packer $version: some minutes the first time"
  # Unlike `go build`, `go run` keeps what it has linked, for other checkouts too.
  go run -trimpath -ldflags='-s -w' -exec cp github.com/hashicorp/packer "$packer"
fi
ln -sfn "$packer" "$cache/packer"

if [ -n "${PACKER_PLUGIN_PATH:-}" ]; then
  echo "Using the plugin in PACKER_PLUGIN_PATH"
  exit
fi
export PACKER_PLUGIN_PATH=$cache/plugins
if [ -n "$(find "$PACKER_PLUGIN_PATH" -name 'packer-plugin-proxmox_*' ! -name '*-dev_*' 2>/dev/null)" ]; then
  echo "Using the downloaded plugin"
elif rm -rf "$PACKER_PLUGIN_PATH" && timeout 60 "$packer" init .. >"$cache/init.log" 2>&1; then
  echo "Downloaded the plugin"
else
  echo "The Proxmox plugin cannot be downloaded here ($cache/init.log): using the stand-in, which makes no VM"
  go build -trimpath -o "$cache/packer-plugin-proxmox" ./packer-plugin-proxmox-stand-in
  "$packer" plugins install --path "$cache/packer-plugin-proxmox" github.com/hashicorp/proxmox >/dev/null
fi
