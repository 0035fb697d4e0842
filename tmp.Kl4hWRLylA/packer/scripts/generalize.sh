#!/usr/bin/env bash
# Removes from this machine what makes it this machine, so that every clone becomes one of its own at first boot.
# It is the last script of a build, and running it again changes nothing.
# The lists it follows: https://systemd.io/BUILDING_IMAGES/
# and https://docs.cloud-init.io/en/latest/reference/cli.html#clean
set -euo pipefail
shopt -s nullglob

# In a chroot there is no systemd to talk to.
booted() { [ -d /run/systemd/system ]; }

# Services that would write at shutdown what is removed below: the random seed, the record of the shutdown, logs.
# They write it now, for the last time; journald goes on in /run.
quiet_services() {
  local unit
  booted || return 0
  # Which of them there are differs from release to release.
  for unit in systemd-random-seed.service systemd-update-utmp.service syslog.socket rsyslog.service; do
    if systemctl --quiet is-active "$unit"; then
      systemctl stop "$unit"
    fi
  done
  journalctl --relinquish-var
}

# cloud-init then takes the next boot for the first. --configs came with 23.4; Debian 12 has 22.4 and leaves the files
# that network, sshd and udev got from the build's cloud-init drive, MAC addresses included.
cloud_init_state() {
  local flags=(--logs --seed) known
  known=$(cloud-init clean --help)
  if [[ $known == *--configs* ]]; then
    flags+=(--configs all)
  fi
  cloud-init clean "${flags[@]}"
  rm -f /etc/netplan/50-cloud-init.yaml \
    /etc/network/interfaces.d/50-cloud-init* \
    /etc/systemd/network/10-cloud-init-* \
    /etc/NetworkManager/system-connections/cloud-init-* \
    /etc/udev/rules.d/70-persistent-net.rules \
    /etc/ssh/sshd_config.d/50-cloud-init.conf \
    /etc/sudoers.d/90-cloud-init-users
}

# cloud-init makes new ones at first boot: https://docs.cloud-init.io/en/latest/reference/modules.html#ssh
ssh_host_keys() {
  rm -f /etc/ssh/ssh_host_*
}

# A shared random seed or credential key is shared by all clones: systemd-random-seed(8), systemd-creds(1)
system_secrets() {
  rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
}

# The stock images' own value, which cloud-init replaces by the clone's name.
hostname_file() {
  echo localhost >/etc/hostname
}

# A lease or DUID taken along gives two clones the same address.
dhcp_leases() {
  rm -f /var/lib/dhcp/*.lease* /var/lib/dhcpcd/*.lease* /var/lib/dhcpcd/duid /var/lib/dhcpcd/secret \
    /var/lib/NetworkManager/*.lease /var/lib/NetworkManager/secret_key
}

# The build user's account stays, but nobody can log in to it until a clone's cloud-init drive brings keys.
logins_and_history() {
  local home
  for home in /root /home/*; do
    rm -f "$home"/.ssh/authorized_keys* "$home"/.ssh/known_hosts* \
      "$home"/.*_history "$home"/.lesshst "$home"/.wget-hsts "$home"/.sudo_as_admin_successful
  done
}

apt_lists() {
  rm -rf /var/lib/apt/lists/*
}

# Rotated logs go; files that services keep open are emptied. Debian 13 keeps logins in databases.
logs() {
  rm -rf /var/log/journal/*
  find /var/log -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.old' -o -name '*.[0-9]' \) -delete
  find /var/log -type f -size +0 -exec truncate --size=0 {} +
  rm -f /var/lib/wtmpdb/wtmp.db /var/lib/lastlog/lastlog2.db
}

# Packer's own script is among them; the running shell keeps it open.
temporary_files() {
  find /tmp /var/tmp -xdev -mindepth 1 -ignore_readdir_race -delete
}

# Empty, not missing: a missing id would make the clone's boot a "first boot" that resets which units are enabled.
# https://www.freedesktop.org/software/systemd/man/latest/machine-id.html
# D-Bus keeps a second id, which systemd would take for the new one unless it is a link to the first.
machine_id() {
  if [ -d /var/lib/dbus ]; then
    ln -sfn /etc/machine-id /var/lib/dbus/machine-id
  fi
  : >/etc/machine-id
}

# Gives freed blocks back to storage that can take them (discard=on), so that clones copy less.
free_space() {
  fstrim --all || echo "no file system here can be trimmed" >&2
  sync
}

quiet_services
cloud_init_state
ssh_host_keys
system_secrets
hostname_file
dhcp_leases
logins_and_history
apt_lists
logs
temporary_files
machine_id
free_space
