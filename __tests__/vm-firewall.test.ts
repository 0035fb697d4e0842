import { CiliumInstall, type CiliumInstallProps, type ProxmoxGpuVmProps, type TalosMachine } from "../constructs";
import { subnetsOfRange } from "../constructs/network/address-order";
import { clusterIn, synthesizedJson, vmIn } from "./stacks";

const address = (number: number) => ({
  initialization: { ipConfigs: [{ address: `192.168.1.${number}/24`, gateway: "192.168.1.1" }] },
});
const firewall = { management: ["192.168.20.0/24"] };

/** A cluster of three control plane nodes and a worker on VMs with a firewall. */
function stackOf(cilium: Partial<CiliumInstallProps> = {}, props: Partial<ProxmoxGpuVmProps> = {}) {
  return synthesizedJson((stack) => {
    const machine = (name: string, number: number): TalosMachine =>
      vmIn(stack, { name, firewall, ...address(number), ...props }, undefined, name) as TalosMachine;
    const node = clusterIn(stack, {
      controlPlanes: [1, 2, 3].map((number) => machine(`control-${number}`, 50 + number)),
      workers: [machine("worker-1", 61)],
    });
    new CiliumInstall(stack, "cilium", { node, ...cilium });
  }).resource;
}

const namesIn = (set: { cidr: { name: string }[] }) => set.cidr.map(({ name }) => name);

describe("a VM's firewall in Proxmox", () => {
  test("lets each node send from its address, the virtual IP, and the LoadBalancer IPs that it announces", () => {
    const blocks = [{ cidr: "192.168.1.240/29" }, { start: "192.168.1.99", stop: "192.168.1.102" }];
    const sets = stackOf({
      l2Announcements: { addressPools: [{ name: "lan", blocks }] },
    }).proxmox_virtual_environment_firewall_ipset;
    expect(namesIn(sets["control-1_net0"])).toEqual(["192.168.1.50", "192.168.1.51"]);
    expect(namesIn(sets["worker-1_net0"])).toEqual([
      "192.168.1.100/31",
      "192.168.1.102",
      "192.168.1.240/29",
      "192.168.1.61",
      "192.168.1.99",
    ]);
    expect(sets["worker-1_net0"]).toMatchObject({ name: "ipfilter-net0", node_name: expect.anything() });
  });

  test("admits who manages the cluster and its nodes to the APIs, and then nobody else", () => {
    const { rule } = stackOf().proxmox_virtual_environment_firewall_rules["worker-1"];
    const ports = "2379:2380,6443,10250,50000:50001";
    const admitted = ["192.168.1.51", "192.168.1.52", "192.168.1.53", "192.168.1.61", "192.168.20.0/24"];
    expect(rule).toEqual([
      ...admitted.map((source) => ({ type: "in", proto: "tcp", dport: ports, action: "ACCEPT", source })),
      { type: "in", proto: "tcp", dport: ports, action: "DROP" },
    ]);
  });

  test("is on at each network device, but for those that say otherwise", () => {
    const networkDevices = [{ macAddress: "BC:24:11:00:00:01" }, { firewall: false }];
    const json = synthesizedJson((stack) => void vmIn(stack, { firewall: {}, networkDevices, ...address(50) }));
    const { proxmox_virtual_environment_vm: vm, ...others } = json.resource;
    expect(vm.talos_node.network_device.map(({ firewall }: { firewall: boolean }) => firewall)).toEqual([true, false]);
    expect(Object.keys(others.proxmox_virtual_environment_firewall_ipset)).toEqual(["talos_node_net0"]);
    expect(others.proxmox_virtual_environment_firewall_options.talos_node).toMatchObject({ enabled: true });
    // Without `management` everyone reaches the VM.
    expect(others).not.toHaveProperty("proxmox_virtual_environment_firewall_rules");
  });
});

test.each([
  ["192.168.1.200", "192.168.1.200", ["192.168.1.200/32"]],
  ["192.168.1.1", "192.168.1.6", ["192.168.1.1/32", "192.168.1.2/31", "192.168.1.4/31", "192.168.1.6/32"]],
  ["0.0.0.0", "255.255.255.255", ["0.0.0.0/0"]],
  ["fd00::", "fd00::1:ffff", ["fd00::/111"]],
])("the addresses from %s to %s are networks", (first, last, subnets) => {
  expect(subnetsOfRange([first, last])).toEqual(subnets);
});
