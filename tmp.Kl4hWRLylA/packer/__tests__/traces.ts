import type { Machine } from "./machine";

/** What would make a clone resemble the machine it comes from, and a command that prints where it is found. */
const traces = {
  "instance data of cloud-init": "find /var/lib/cloud -mindepth 1",
  "network configuration": `ls -d /etc/netplan/* /etc/network/interfaces.d/* /etc/systemd/network/10-cloud-init-* \
    /etc/NetworkManager/system-connections/* /etc/udev/rules.d/70-persistent-net.rules`,
  "settings of sshd": "ls -d /etc/ssh/sshd_config.d/*",
  "SSH host keys": "ls -d /etc/ssh/ssh_host_*",
  "secrets of systemd": "ls -d /var/lib/systemd/random-seed /var/lib/systemd/credential.secret",
  "a host name": "grep -v '^localhost$' /etc/hostname",
  "DHCP leases": "ls -d /var/lib/dhcp/*lease* /var/lib/dhcpcd/duid",
  "authorized keys": "find /root /home -name 'authorized_keys*'",
  "shell history": "find /root /home -name '.*_history'",
  "sudo rights": "ls /etc/sudoers.d/90-cloud-init-users",
  "package lists": "find /var/lib/apt/lists -mindepth 1",
  "journal files": "find /var/log/journal -mindepth 1",
  "logs with content": "find /var/log -type f -size +0 ! -path '/var/log/journal/*'",
  "rotated logs": "find /var/log -name '*.1' -o -name '*.gz'",
  "temporary files": "find /tmp /var/tmp -mindepth 1",
  "a machine id": "grep . /etc/machine-id",
  "a D-Bus id of its own": "find /var/lib/dbus -name machine-id ! -type l",
};

export type Trace = keyof typeof traces;
export const allTraces = Object.keys(traces) as Trace[];

/** The traces that a machine bears, each with where it was found. */
export async function tracesOf(machine: Machine): Promise<Partial<Record<Trace, string>>> {
  const found: Partial<Record<Trace, string>> = {};
  for (const trace of allTraces) {
    const { output } = await machine.run(`(${traces[trace]}) 2>/dev/null`);
    if (output.trim() !== "") found[trace] = output.trim();
  }
  return found;
}

/** Leaves what a boot in a container does not: the traces of a network, of people and of other daemons. */
export function leaveTraces(machine: Machine): void {
  const id = "0123456789abcdef0123456789abcdef\n";
  for (const [path, text] of Object.entries({
    "/etc/netplan/50-cloud-init.yaml": "network: {version: 2}\n",
    "/etc/network/interfaces.d/50-cloud-init": "iface eth0 inet dhcp\n",
    "/etc/systemd/network/10-cloud-init-eth0.network": "[Match]\nMACAddress=bc:24:11:00:00:01\n",
    "/etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="bc:24:11:00:00:01", NAME="eth0"\n',
    "/etc/ssh/sshd_config.d/50-cloud-init.conf": "PasswordAuthentication yes\n",
    "/var/lib/systemd/random-seed": "seed",
    "/var/lib/systemd/credential.secret": "secret",
    "/var/lib/dhcp/dhclient.eth0.leases": "lease {}\n",
    "/var/lib/dhcpcd/duid": "00:01\n",
    "/root/.ssh/authorized_keys": "ssh-ed25519 AAAA admin\n",
    "/root/.bash_history": "whoami\n",
    "/home/debian/.bash_history": "ls\n",
    "/var/lib/apt/lists/deb.debian.org_dists_InRelease": "Origin: Debian\n",
    "/var/log/auth.log": "sshd: accepted\n",
    "/var/log/syslog.1": "started\n",
    "/var/log/apt/term.log.2.gz": "gz",
    "/tmp/script_1234.sh": "true\n",
    "/var/tmp/download": "data\n",
  })) {
    machine.write(path, text);
  }
  machine.remove("/var/lib/dbus/machine-id");
  machine.write("/var/lib/dbus/machine-id", id);
}
