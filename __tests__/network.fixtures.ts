import { TerraformStack } from "cdktf";
import type { ProxmoxGpuVmProps, TalosClusterProps, TalosMachine, TalosSingleNodeProps } from "../constructs";
import type { RuleFixtures } from "./rules.fixtures";
import { ciliumIn, clusterIn, controlPlanes, machine, machineAt, nodeIn, vmIn, workers } from "./stacks";

type Build = RuleFixtures["valid"][string];
type VmProps = Partial<ProxmoxGpuVmProps>;

const cluster =
  (props: Partial<TalosClusterProps>): Build =>
  (stack) =>
    void clusterIn(stack, props);
const node =
  (props: Partial<TalosSingleNodeProps>): Build =>
  (stack) =>
    void nodeIn(stack, props);
const on = (props: Partial<TalosMachine>): Build => node({ machine: { ...machine, gateway: undefined, ...props } });

const first = "BC:24:11:00:00:01";
const second = "BC:24:11:00:00:02";
/** A VM of two network devices with these addresses. */
const twoDevices = (...ipConfigs: object[]): VmProps => ({
  networkDevices: [{ macAddress: first }, { macAddress: second }],
  initialization: { ipConfigs },
});
const vm =
  (props: VmProps): Build =>
  (stack) =>
    void vmIn(stack, props);
/** VMs of one stack, or of several. */
const vms =
  (...all: VmProps[]): Build =>
  (stack) => {
    for (const [index, props] of all.entries()) vmIn(stack, props, undefined, `vm${index}`);
  };
const vmsOfStacks =
  (one: VmProps, other: VmProps): Build =>
  (stack) => {
    vmIn(new TerraformStack(stack.node.root, "another"), one);
    vmIn(stack, other);
  };
const at = (address: string, props: VmProps = {}): VmProps => ({
  initialization: { ipConfigs: [{ address }] },
  ...props,
});
const ofMac = (macAddress: string, props: VmProps = {}): VmProps => ({ networkDevices: [{ macAddress }], ...props });
const linux: VmProps = { guest: "linux" };

const subnets = (network: object): object => ({ cluster: { network } });
const moved = (key: string, subnet: string): string =>
  `move it, as in configPatches: [{ cluster: { network: { ${key}: ["${subnet}"] } } }]`;

const selecting = (hardwareAddr: string): object => ({
  machine: { network: { interfaces: [{ deviceSelector: { hardwareAddr }, dhcp: true }] } },
});
const selectingText = (selector: string): string =>
  `machine:\n  network:\n    interfaces:\n      - deviceSelector:\n          ${selector}\n        addresses: [FD00::50/64]\n`;
const announcing =
  (blocks: readonly object[], props: Partial<TalosSingleNodeProps> = {}): Build =>
  (stack) =>
    void ciliumIn(stack, { l2Announcements: { addressPools: [{ name: "lan", blocks: blocks as never }] } }, props);

const elsewhere = "is reached from no other machine; write an address or a name that all nodes reach";

/** What the addresses of machines are held to, one beside another. */
export const networkFixtures: Readonly<Record<string, RuleFixtures>> = {
  "gateway-once": {
    valid: {
      "one of each family": vm(
        twoDevices(
          { address: "192.168.1.50/24", gateway: "192.168.1.1" },
          { address: "10.0.0.50/24", ipv6: { address: "2001:db8::50/64", gateway: "fe80::1" } },
        ),
      ),
      "the second of a DHCP server": vm(
        twoDevices({ address: "192.168.1.50/24", gateway: "192.168.1.1" }, { address: "dhcp" }),
      ),
    },
    invalid: {
      "two of IPv4": [
        vm(
          twoDevices(
            { address: "192.168.1.50/24", gateway: "192.168.1.1" },
            { address: "10.0.0.50/24", gateway: "10.0.0.1" },
          ),
        ),
        'initialization.ipConfigs[1].gateway "10.0.0.1" is a second default gateway of its family, beside initialization.ipConfigs[0].gateway "192.168.1.1"; leave one of them out',
      ],
      "two of IPv6, of another Linux": [
        vm({
          ...twoDevices(
            { address: "2001:db8::50/64", gateway: "fe80::1" },
            { ipv6: { address: "2001:db8:1::50/64", gateway: "2001:db8:1::1" } },
          ),
          ...linux,
        }),
        'initialization.ipConfigs[1].ipv6.gateway "2001:db8:1::1" is a second default gateway of its family, beside initialization.ipConfigs[0].gateway "fe80::1"; leave one of them out',
      ],
      "of a machine that is no VM": [
        on({ interfaces: [{ addresses: ["192.168.1.50/24"], gateways: ["192.168.1.1", "192.168.1.2"] }] }),
        'machine.interfaces[0].gateways[1] "192.168.1.2" is a second default gateway of its family, beside machine.interfaces[0].gateways[0] "192.168.1.1"; leave one of them out',
      ],
    },
    atPlan: {
      "one of two is a variable": {
        type: "string",
        build: (stack, gateway: never) =>
          on({ interfaces: [{ addresses: ["192.168.1.50/24", "fd00::50/64"], gateways: ["192.168.1.1", gateway] }] })(
            stack,
          ),
        passes: ["fe80::1"],
        fails: ["192.168.1.2"],
      },
    },
  },
  "ip-address-once": {
    valid: {
      "addresses of their own": vms(at("192.168.1.50/24"), at("192.168.1.51/24", linux)),
      "both by DHCP": vms(at("dhcp"), at("dhcp", linux)),
      "a machine of a cluster that is a VM of another stack": (stack) => {
        vmIn(new TerraformStack(stack.node.root, "another"), at("192.168.1.50/24"));
        nodeIn(stack);
      },
      "the address of a VM at the load balancer's endpoint": (stack) => {
        vmIn(stack, at("192.168.1.40/24", linux));
        clusterIn(stack, { virtualAddress: undefined, endpoint: "https://192.168.1.40:6443" });
      },
      "the gateway is another VM": vms(at("192.168.1.1/24", linux), {
        initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
      }),
    },
    invalid: {
      "two VMs of one stack": [
        vms(at("192.168.1.50/24"), at("192.168.1.50/16", linux)),
        'initialization.ipConfigs[0].address "192.168.1.50/16" is already that of stack/vm0; choose another one',
      ],
      "two VMs of two stacks, in another spelling": [
        vmsOfStacks(at("2001:db8::50/64", linux), at("2001:0DB8:0::50/64", linux)),
        'initialization.ipConfigs[0].address "2001:0DB8:0::50/64" is already that of another/talos_node; choose another one',
      ],
      "two network devices of one VM": [
        vm(twoDevices({ address: "192.168.1.50/24" }, { address: "192.168.1.50/24" })),
        'initialization.ipConfigs[1].address "192.168.1.50/24" is already that of initialization.ipConfigs[0].address; choose another one',
      ],
      "a reservation": [
        vms(at("192.168.1.50/24"), {
          ...ofMac(first),
          initialization: { ipConfigs: [{ address: "dhcp", reservedAddress: "192.168.1.50" }] },
        }),
        'initialization.ipConfigs[0].reservedAddress "192.168.1.50" is already that of stack/vm0; choose another one',
      ],
      "a node beside another Linux": [
        (stack) => {
          vmIn(new TerraformStack(stack.node.root, "another"), at("192.168.1.50/24", linux));
          nodeIn(stack);
        },
        'machine.address "192.168.1.50/24" is already that of another/talos_node; choose another one',
      ],
      "the virtual address": [
        (stack) => {
          vmIn(stack, at("192.168.1.50/24", linux));
          clusterIn(stack);
        },
        'virtualAddress "192.168.1.50" is already that of stack/talos_node; choose another one',
      ],
      "the virtual address, of a VM that comes later": [
        (stack) => {
          clusterIn(new TerraformStack(stack.node.root, "another"));
          vmIn(stack, at("192.168.1.50/24"));
        },
        'initialization.ipConfigs[0].address "192.168.1.50/24" is already that of another/cluster; choose another one',
      ],
      "further addresses of two nodes": [
        cluster({
          workers: workers.map((each) => ({
            ...each,
            gateway: undefined,
            interfaces: [{ addresses: [each.address ?? "", "10.0.0.50/24"] }],
          })),
        }),
        'workers[1].interfaces[0].addresses[1] "10.0.0.50/24" is already that of stack/cluster/worker-1; choose another one',
      ],
    },
    atPlan: {
      "that of one of two VMs": {
        type: "string",
        build: (stack, address: never) => vms(at("192.168.1.50/24"), at(address, linux))(stack),
        passes: ["192.168.1.51/24", "dhcp"],
        fails: ["192.168.1.50/24", "192.168.1.50/16"],
      },
      "that of two network devices": {
        type: "string",
        build: (stack, address: never) =>
          vm(twoDevices({ address: "dhcp", ipv6: { address: "2001:db8::50/64" } }, { ipv6: { address } }))(stack),
        passes: ["2001:db8::51/64", "auto"],
        fails: ["2001:0db8:0::50/64"],
      },
      "those of two VMs": {
        type: "string",
        build: (stack, address: never) => vms(at(address), at(address, linux))(stack),
        passes: ["dhcp"],
        fails: ["192.168.1.50/24"],
      },
      "the virtual address": {
        type: "string",
        build: (stack, virtualAddress: never) => {
          vmIn(stack, at("192.168.1.50/24", linux));
          clusterIn(stack, { virtualAddress });
        },
        passes: ["192.168.1.60"],
        fails: ["192.168.1.50"],
      },
    },
  },
  "mac-address-once": {
    valid: {
      "addresses of their own": vms(ofMac(first), ofMac(second, linux)),
      "a machine of a cluster that is a VM of another stack": (stack) => {
        vmIn(new TerraformStack(stack.node.root, "another"), ofMac(first));
        nodeIn(stack, { machine: { ...machine, macAddress: first } });
      },
    },
    invalid: {
      "two VMs of two stacks, in another spelling": [
        vmsOfStacks(ofMac(first), ofMac(first.toLowerCase(), linux)),
        `networkDevices[0].macAddress "${first.toLowerCase()}" is already that of another/talos_node; choose another one`,
      ],
      "two network devices of another Linux": [
        vm({ guest: "linux", networkDevices: [{ macAddress: first }, { macAddress: first }] }),
        `networkDevices[1].macAddress "${first}" is already that of networkDevices[0].macAddress; choose another one`,
      ],
      "the second has no address": [
        vm({ ...at("dhcp"), networkDevices: [{ macAddress: first }, { macAddress: first }] }),
        `networkDevices[1].macAddress "${first}" is already that of networkDevices[0].macAddress; choose another one`,
      ],
      "machines of two clusters": [
        (stack) => {
          const another = new TerraformStack(stack.node.root, "another");
          nodeIn(another, { clusterName: "another", machine: machineAt("one", 50, { macAddress: first }) });
          nodeIn(stack, { machine: machineAt("other", 51, { macAddress: first }) });
        },
        `machine.macAddress "${first}" is already that of another/cluster; choose another one`,
      ],
    },
    atPlan: {
      "that of one of two VMs": {
        type: "string",
        build: (stack, macAddress: never) => vms(ofMac(first), ofMac(macAddress, linux))(stack),
        passes: [second],
        fails: [first, first.toLowerCase()],
      },
    },
  },
  "address-family": {
    valid: {
      "IPv4 of all": cluster({}),
      "IPv6 of all": cluster({
        controlPlanes: [machineAt("control-1", 0, { address: "2001:db8::1/64", gateway: "fe80::1" })],
        workers: [machineAt("worker-1", 0, { address: "2001:db8::2/64", gateway: "fe80::1" })],
        virtualAddress: undefined,
      }),
      "of two families": cluster({
        workers: [
          machineAt("worker-1", 61, {
            gateway: undefined,
            interfaces: [{ addresses: ["192.168.1.61/24", "2001:db8::61/64"], gateways: ["192.168.1.1", "fe80::1"] }],
          }),
        ],
      }),
    },
    invalid: {
      "a worker of IPv6": [
        cluster({ workers: [machineAt("worker-1", 0, { address: "2001:db8::61/64", gateway: "fe80::1" })] }),
        'workers[0].address "2001:db8::61/64" is of another family than that of controlPlanes[0], "192.168.1.51/24"; write addresses of one family for all nodes',
      ],
    },
    atPlan: {
      "that of a worker": {
        type: "string",
        build: (stack, address: never) =>
          cluster({ workers: [machineAt("worker-1", 0, { address, gateway: undefined })] })(stack),
        passes: ["192.168.1.61/24"],
        fails: ["2001:db8::61/64"],
      },
    },
  },
  "api-endpoint": {
    valid: {
      "the node's own": node({ endpoint: "https://192.168.1.50:6443" }),
      "the virtual address": cluster({ endpoint: "https://192.168.1.50:6443" }),
      "a load balancer at another port": cluster({ endpoint: "https://192.168.1.40:443" }),
      "a name": cluster({ virtualAddress: undefined, endpoint: "https://talos.example:8443" }),
      "the only control plane of a cluster": cluster({
        controlPlanes: controlPlanes.slice(0, 1),
        virtualAddress: undefined,
        endpoint: "https://192.168.1.51:6443",
      }),
    },
    invalid: {
      "one of several control planes": [
        cluster({ endpoint: "https://192.168.1.52:6443" }),
        'endpoint "https://192.168.1.52:6443" is at controlPlanes[1] alone, and gone with it; write the virtual address or a load balancer of the control planes',
      ],
      "another address of one of them": [
        cluster({
          virtualAddress: undefined,
          controlPlanes: controlPlanes.map((each, index) => ({
            ...each,
            gateway: undefined,
            interfaces: [{ addresses: [each.address ?? "", `10.0.0.${index + 1}/24`] }],
          })),
          endpoint: "https://10.0.0.1:6443",
        }),
        'endpoint "https://10.0.0.1:6443" is at controlPlanes[0] alone, and gone with it; write the virtual address or a load balancer of the control planes',
      ],
      "a worker": [
        cluster({ endpoint: "https://192.168.1.62:6443" }),
        'endpoint "https://192.168.1.62:6443" is at workers[1], a worker, which has no Kubernetes API; write the virtual address or a load balancer of the control planes',
      ],
      "the gateway": [
        node({ endpoint: "https://192.168.1.1:6443" }),
        'endpoint "https://192.168.1.1:6443" is at a gateway of the nodes, "192.168.1.1"; write the virtual address or a load balancer, one on the router by its name or an address of its own',
      ],
      "another port of the node": [
        node({ endpoint: "https://192.168.1.50:8443" }),
        'endpoint "https://192.168.1.50:8443" is at machine, where the Kubernetes API is at port 6443; write ":6443" behind the address',
      ],
      "no port of the node, which is 443": [
        node({
          machine: { ...machine, address: "2001:db8::50/64", gateway: "fe80::1" },
          endpoint: "https://[2001:DB8::50]",
        }),
        'endpoint "https://[2001:DB8::50]" is at machine, where the Kubernetes API is at port 6443; write ":6443" behind the address',
      ],
      "another port of the virtual address": [
        cluster({ endpoint: "https://192.168.1.50:443" }),
        'endpoint "https://192.168.1.50:443" is at the virtual address, where the Kubernetes API is at port 6443; write ":6443" behind the address',
      ],
      ...Object.fromEntries(
        [
          ...["127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255"],
          ...["[::1]", "[::]", "[fe80::1]", "[ff02::1]", "[::ffff:192.168.1.50]"],
        ].map((host) => [
          `no other machine reaches ${host}`,
          [node({ endpoint: `https://${host}:6443` }), `endpoint "https://${host}:6443" ${elsewhere}`] as const,
        ]),
      ),
    },
    atPlan: {
      "that of a node": {
        type: "string",
        build: (stack, endpoint: never) => node({ endpoint })(stack),
        passes: ["https://192.168.1.50:6443", "https://192.168.1.40:443", "https://talos.example:443"],
        fails: [
          ...["https://192.168.1.1:6443", "https://192.168.1.50:443", "https://192.168.1.50", "https://localhost:6443"],
          ...["https://127.0.0.1:6443", "https://[::1]:6443", "https://[fe80::1]:6443"],
        ],
      },
      "that of several control planes": {
        type: "string",
        build: (stack, endpoint: never) => cluster({ endpoint })(stack),
        passes: ["https://192.168.1.50:6443", "https://192.168.1.40:443"],
        fails: ["https://192.168.1.52:6443", "https://192.168.1.62:6443", "https://192.168.1.50:8443"],
      },
      "that of IPv6, in another spelling": {
        type: "string",
        build: (stack, endpoint: never) =>
          node({ machine: { ...machine, address: "2001:db8::50/64", gateway: "fe80::1" }, endpoint })(stack),
        passes: ["https://[2001:db8::50]:6443", "https://[2001:db8::40]:443"],
        fails: ["https://[2001:0db8::50]:443", "https://[2001:db8:0::50]"],
      },
      "a worker's address": {
        type: "string",
        build: (stack, address: never) =>
          cluster({
            virtualAddress: undefined,
            endpoint: "https://192.168.1.40:6443",
            workers: [machineAt("worker-1", 0, { address, gateway: undefined })],
          })(stack),
        passes: ["192.168.1.61/24"],
        fails: ["192.168.1.40/24"],
      },
    },
  },
  "api-endpoint-port": {
    valid: { said: node({ endpoint: "https://talos.example:443" }), "of the node itself": node({}) },
    invalid: {
      "left out": [
        node({ endpoint: "https://talos.example" }),
        'endpoint "https://talos.example" has no port, which is 443; write ":6443" behind it, or ":443" where a load balancer listens there',
      ],
    },
    atPlan: {
      "of a variable": {
        type: "string",
        build: (stack, endpoint: never) => node({ endpoint })(stack),
        passes: ["https://talos.example:6443", "https://192.168.1.50"],
        fails: ["https://talos.example", "https://[2001:db8::40]"],
      },
    },
  },
  "cluster-subnets": {
    valid: {
      "an address of neither": on({ address: "10.112.0.50/12" }),
      "Talos's own subnets in the local network, which has more": on({ address: "10.0.0.50/8" }),
      "an address of Talos's own subnet, which a patch moves": node({
        machine: { ...machine, address: "10.100.0.50/24", gateway: "10.100.0.1" },
        configPatches: [subnets({ serviceSubnets: ["10.43.0.0/16"] })],
      }),
      "a patch that comes later": (stack) => {
        const { nodes } = nodeIn(stack, { machine: { ...machine, address: "10.244.0.50/24", gateway: undefined } });
        nodes[0].addConfigPatch(subnets({ podSubnets: ["10.42.0.0/16"] }));
      },
      "the last patch wins": node({
        configPatches: [
          subnets({ podSubnets: ["192.168.0.0/16"] }),
          "cluster:\n  network:\n    podSubnets: [10.42.0.0/16]\n",
        ],
      }),
      "IPv6 beside the node's family": node({
        configPatches: [
          subnets({
            podSubnets: ["10.42.0.0/16", "fd00:10:42::/56"],
            serviceSubnets: ["10.43.0.0/16", "fd00:10:43::/112"],
          }),
        ],
      }),
      "an address of IPv6": on({ address: "fc00:db8:30::50/64" }),
      "a further address in the subnet of the other family": on({
        interfaces: [{ addresses: ["192.168.1.50/24", "fc00:db8:10::50/64"] }],
      }),
    },
    invalid: {
      "the node in the subnet of the pods": [
        on({ address: "10.244.7.50/24", gateway: "10.244.7.1" }),
        `machine.address "10.244.7.50/24" is in the subnet of the pods, "10.244.0.0/16"; choose another address, or ${moved("podSubnets", "10.42.0.0/16")}`,
      ],
      "the node in that of the services, by its reservation": [
        on({ address: "10.111.255.50", interfaces: [{ addresses: [], dhcp: true }] }),
        `machine.address "10.111.255.50" is in the subnet of the services, "10.96.0.0/12"; choose another address, or ${moved("serviceSubnets", "10.43.0.0/16")}`,
      ],
      "IPv6 in the subnet of the pods": [
        on({ address: "FC00:DB8:10:0::50/64" }),
        `machine.address "FC00:DB8:10:0::50/64" is in the subnet of the pods, "fc00:db8:10::/56"; choose another address, or ${moved("podSubnets", "fd00:10:42::/56")}`,
      ],
      "IPv6 in that of the services": [
        on({ address: "fc00:db8:20::50/112" }),
        `machine.address "fc00:db8:20::50/112" is in the subnet of the services, "fc00:db8:20::/112"; choose another address, or ${moved("serviceSubnets", "fd00:10:43::/112")}`,
      ],
      "a VM": [
        (stack) => void nodeIn(stack, { machine: vmIn(stack, at("10.96.0.50/24")) }),
        `machine.address "10.96.0.50/24" is in the subnet of the services, "10.96.0.0/12"; choose another address, or ${moved("serviceSubnets", "10.43.0.0/16")}`,
      ],
      "a further address": [
        on({ interfaces: [{ addresses: ["192.168.1.50/24", "10.244.1.50/24"] }] }),
        `machine.interfaces[0].addresses[1] "10.244.1.50/24" is in the subnet of the pods, "10.244.0.0/16"; choose another address, or ${moved("podSubnets", "10.42.0.0/16")}`,
      ],
      "the gateway, which would be a pod": [
        on({ address: "10.0.0.50/8", gateway: "10.244.0.1" }),
        `machine.gateway "10.244.0.1" is in the subnet of the pods, "10.244.0.0/16"; choose another address, or ${moved("podSubnets", "172.20.0.0/16")}`,
      ],
      "a worker": [
        cluster({ workers: [machineAt("worker-1", 0, { address: "10.244.0.61/24", gateway: undefined })] }),
        `workers[0].address "10.244.0.61/24" is in the subnet of the pods, "10.244.0.0/16"; choose another address, or ${moved("podSubnets", "10.42.0.0/16")}`,
      ],
      "the virtual address": [
        cluster({
          controlPlanes: [1, 2, 3].map((number) =>
            machineAt(`control-${number}`, 0, { address: `10.0.0.${number}/8`, gateway: undefined }),
          ),
          virtualAddress: "10.244.0.60",
        }),
        `virtualAddress "10.244.0.60" is in the subnet of the pods, "10.244.0.0/16"; choose another address, or ${moved("podSubnets", "172.20.0.0/16")}`,
      ],
      "the endpoint": [
        node({ endpoint: "https://10.96.0.1:443" }),
        `endpoint "https://10.96.0.1:443" is in the subnet of the services, "10.96.0.0/12"; choose another address, or ${moved("serviceSubnets", "10.43.0.0/16")}`,
      ],
      "a patch takes the node's subnet": [
        node({ configPatches: [subnets({ podSubnets: ["192.168.0.0/16"] })] }),
        `machine.address "192.168.1.50/24" is in the subnet of the pods, "192.168.0.0/16"; choose another address, or ${moved("podSubnets", "10.42.0.0/16")}`,
      ],
      "a patch takes the other half of the node's subnet": [
        node({ configPatches: [subnets({ serviceSubnets: ["192.168.1.128/25"] })] }),
        'machine.address "192.168.1.50/24" has addresses of the services in its subnet, "192.168.1.128/25"; write another subnet as cluster.network.serviceSubnets of the patches, such as "10.43.0.0/16"',
      ],
      "a patch of one node": [
        (stack) => clusterIn(stack).nodes[4]?.addConfigPatch(subnets({ podSubnets: ["192.168.0.0/16"] })),
        `workers[1].address "192.168.1.62/24" is in the subnet of the pods, "192.168.0.0/16"; choose another address, or ${moved("podSubnets", "10.42.0.0/16")}`,
      ],
      "pods and services alike": [
        node({ configPatches: [subnets({ podSubnets: ["10.100.0.0/16"] })] }),
        'cluster.network of the patches has pods in "10.100.0.0/16" and services in "10.96.0.0/12", which have addresses in common; write apart subnets',
      ],
      "the other family alone": [
        node({ configPatches: [subnets({ serviceSubnets: ["fd00:10:43::/112", "10.43.0.0/16"] })] }),
        'cluster.network.serviceSubnets of the patches is "fd00:10:43::/112" and "10.43.0.0/16", and nodes such as "192.168.1.50/24" are of the other family; write a subnet of theirs first',
      ],
      "no subnet": [
        node({ configPatches: [subnets({ podSubnets: ["10.42.0.0"] })] }),
        'cluster.network.podSubnets of the patches has "10.42.0.0", which is no subnet; write it as in "10.42.0.0/16"',
      ],
    },
    atPlan: {
      "the node's address": {
        type: "string",
        build: (stack, address: never) => on({ address })(stack),
        passes: ["192.168.1.50/24", "10.0.0.50/8", "10.112.0.50/12", "2001:db8::50/64"],
        fails: ["10.244.0.50/24", "10.96.0.50/8", "fc00:0db8:10::50/64", "fc00:db8:20:0::50/112"],
      },
      "the virtual address": {
        type: "string",
        build: (stack, virtualAddress: never) =>
          cluster({
            controlPlanes: [machineAt("control-1", 0, { address: "10.0.0.1/8", gateway: undefined })],
            virtualAddress,
          })(stack),
        passes: ["10.0.0.60"],
        fails: ["10.244.0.60"],
      },
      "the endpoint": {
        type: "string",
        build: (stack, endpoint: never) => node({ endpoint })(stack),
        passes: ["https://192.168.1.40:443", "https://talos.example:6443"],
        fails: ["https://10.96.0.1:443"],
      },
      "the address of a VM": {
        type: "string",
        build: (stack, address: never) => void nodeIn(stack, { machine: vmIn(stack, at(address)) }),
        passes: ["192.168.1.50/24"],
        fails: ["10.244.0.50/24"],
      },
      "a patch": {
        type: "string",
        build: (stack, patch: never) => node({ configPatches: [patch] })(stack),
        passes: [
          "machine:\n  sysctls: {}\n",
          "cluster:\n  network:\n    podSubnets: [10.42.0.0/16]\n",
          '{"cluster": {"network": {"podSubnets": ["10.42.0.0/16", "fd00:10:42::/56"]}}}',
          "cluster:\n  network:\n    podSubnets: [192.168.0.0/16]\n---\ncluster:\n  network:\n    podSubnets: [10.42.0.0/16]\n",
        ],
        fails: [
          "cluster:\n  network:\n    podSubnets: [192.168.0.0/16]\n",
          "cluster:\n  network:\n    podSubnets: [192.168.1.128/25]\n",
          "cluster:\n  network:\n    podSubnets: [10.100.0.0/16]\n",
          "cluster:\n  network:\n    serviceSubnets: [fd00:10:43::/112]\n",
          '{"cluster": {"network": {"serviceSubnets": ["192.168.1.0/24"]}}}',
        ],
      },
      "one subnet of a patch": {
        type: "string",
        build: (stack, subnet: never) => node({ configPatches: [subnets({ podSubnets: [subnet] })] })(stack),
        passes: ["10.42.0.0/16"],
        fails: ["192.168.0.0/16", "192.168.1.128/25", "10.96.0.0/16", "fd00:10:42::/56", "10.42.0.0"],
      },
      "the subnets of a patch": {
        type: "list(string)",
        build: (stack, podSubnets: never) => node({ configPatches: [subnets({ podSubnets })] })(stack),
        passes: [["10.42.0.0/16"], ["10.42.0.0/16", "fd00:10:42::/56"]],
        fails: [["192.168.0.0/16"], ["10.42.0.0/16", "192.168.1.128/25"], ["fd00:10:42::/56"], ["10.96.0.0/16"]],
      },
    },
  },
  "dns-server-local": {
    valid: {
      "one of the local network": on({ dnsServers: ["192.168.1.1", "10.96.0.10"] }),
    },
    invalid: {
      "that of Kubernetes alone": [
        on({ dnsServers: ["10.96.0.10"] }),
        'machine.dnsServers has "10.96.0.10" alone, in the subnets of pods and services; write a server of the local network',
      ],
    },
    atPlan: {
      "a variable": {
        type: "string",
        build: (stack, server: never) => on({ dnsServers: [server] })(stack),
        passes: ["192.168.1.1"],
        fails: ["10.96.0.10"],
      },
    },
  },
  "device-selector-case": {
    valid: {
      "in lower case": node({ configPatches: [selecting("bc:24:11:00:00:*")] }),
      "in upper case elsewhere": node({
        configPatches: [{ machine: { nodeLabels: { hardwareAddr: "rack-a", bay: "A" } } }],
      }),
    },
    invalid: {
      "Talos finds no device": [
        node({ configPatches: [selecting("BC:24:11:00:00:01")] }),
        'configPatches[0].machine.network.interfaces[0].deviceSelector.hardwareAddr "BC:24:11:00:00:01" is in upper case, in which Talos finds no device; write "bc:24:11:00:00:01"',
      ],
      "a member of a bond": [
        node({
          configPatches: [
            "machine:\n  network:\n    interfaces:\n      - interface: bond0\n        bond:\n          deviceSelectors:\n            - permanentAddr: BC:24:*\n",
          ],
        }),
        'configPatches[0].machine.network.interfaces[0].bond.deviceSelectors[0].permanentAddr "BC:24:*" is in upper case, in which Talos finds no device; write "bc:24:*"',
      ],
    },
    atPlan: {
      "a patch": {
        type: "string",
        build: (stack, patch: never) => node({ configPatches: [patch] })(stack),
        passes: [selectingText("hardwareAddr: bc:24:11:00:00:01"), "machine:\n  sysctls: {A: B}\n"],
        fails: [
          selectingText("hardwareAddr: BC:24:11:00:00:01"),
          selectingText('permanentAddr: "bc:24:11:00:00:0A"'),
          '{"machine": {"network": {"interfaces": [{"deviceSelector": {"hardwareAddr": "BC:24:*"}}]}}}',
        ],
      },
      "an address of a patch": {
        type: "string",
        build: (stack, mac: never) => node({ configPatches: [selecting(mac)] })(stack),
        passes: ["bc:24:11:00:00:01"],
        fails: ["BC:24:11:00:00:01"],
      },
    },
  },
  "address-pool-subnets": {
    valid: {
      "of the local network": announcing([{ cidr: "192.168.1.240/28" }, { start: "10.112.0.1", stop: "10.112.0.9" }]),
      "Talos's own, which patches move": announcing([{ cidr: "10.100.0.240/28" }], {
        configPatches: [subnets({ serviceSubnets: ["10.43.0.0/16"] })],
      }),
    },
    invalid: {
      "addresses of services": [
        announcing([{ cidr: "10.96.0.240/28" }]),
        'l2Announcements.addressPools[0].blocks[0] has addresses of the services, "10.96.0.0/12"; write addresses of the local network',
      ],
      "a range around those of pods": [
        announcing([{ start: "10.243.0.1", stop: "10.245.0.1" }]),
        'l2Announcements.addressPools[0].blocks[0] has addresses of the pods, "10.244.0.0/16"; write addresses of the local network',
      ],
    },
    atPlan: {
      "a subnet": {
        type: "string",
        build: (stack, cidr: never) => announcing([{ cidr }])(stack),
        passes: ["192.168.1.240/28"],
        fails: ["10.96.0.240/28", "10.244.0.0/15"],
      },
      "the first of a range": {
        type: "string",
        build: (stack, start: never) => announcing([{ start, stop: "10.112.0.9" }])(stack),
        passes: ["10.112.0.1"],
        fails: ["10.111.255.250"],
      },
    },
  },
};
