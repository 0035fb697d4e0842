import type { ProxmoxGpuVmProps } from "../../constructs";
import type { VmFirewall } from "../../constructs/proxmox/vm/firewall";
import type { Lab } from "../lab";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { deployVm, gpuVm, provideImage } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";

const initialization = (lab: Lab) => ({
  ipConfigs: [{ address: `${lab.written(lab.address)}/24`, gateway: lab.written(lab.gateway) }],
});

const deploy = (lab: Lab, firewall?: VmFirewall, props: Partial<ProxmoxGpuVmProps> = {}): Promise<Terraform> =>
  deployVm(lab, gpuVm(lab, { initialization: initialization(lab), firewall, ...props }), credentials);

async function applied(terraform: Terraform, ...args: string[]): Promise<void> {
  succeeded(await terraform.apply(...args));
  await unchanged(terraform);
}

/** What the host's VM may do. */
function vmOf(lab: Lab) {
  const vm = lab.proxmox.host.vm(100);
  const sends = (address: string) => vm.firewall.sendsFrom("net0", address);
  return { sends, admits: (address: string, port: number) => vm.firewall.admits(address, port), net0: vm.get("net0") };
}

test("Proxmox's firewall comes with a VM, changes, comes again with another VM, and goes", async () => {
  const lab = await startLab();
  provideImage(lab);
  const first = { addresses: ["192.168.1.240/28", "fd00::/64"], management: ["192.168.20.0/24"] };
  await applied(await deploy(lab, first));
  const { sends, admits, net0 } = vmOf(lab);
  expect(net0).toContain("firewall=1");
  const asked = [lab.address, "192.168.1.240", "192.168.1.255", "fd00::7", "192.168.1.51", "10.0.0.1", "fd01::1"];
  expect(asked.filter(sends)).toEqual(asked.slice(0, 4));
  const ports = [443, 2379, 6443, 10250, 50000, 50001];
  expect(ports.filter((port) => admits("192.168.20.7", port))).toEqual(ports);
  expect(ports.filter((port) => admits("192.168.1.7", port))).toEqual([443]);

  const second = { addresses: ["192.168.1.60"], management: ["192.168.30.7", "192.168.20.0/24"] };
  await applied(await deploy(lab, second));
  expect(asked.filter(vmOf(lab).sends)).toEqual([lab.address]);
  expect([vmOf(lab).sends("192.168.1.60"), vmOf(lab).admits("192.168.30.7", 6443)]).toEqual([true, true]);
  expect(vmOf(lab).admits("192.168.30.8", 6443)).toBe(false);

  const replaced = await deploy(lab, second, { replaceable: true });
  succeeded(await replaced.apply());
  await applied(replaced, "-replace=proxmox_virtual_environment_vm.node");
  expect([vmOf(lab).sends("10.0.0.1"), vmOf(lab).admits("192.168.1.7", 6443)]).toEqual([false, false]);

  const without = await deploy(lab);
  await applied(without);
  expect([vmOf(lab).sends("10.0.0.1"), vmOf(lab).admits("192.168.1.7", 6443)]).toEqual([true, true]);
  expect(vmOf(lab).net0).not.toContain("firewall=1");
  succeeded(await without.destroy());
  expect(lab.proxmox.host.vms.size).toBe(0);
});
