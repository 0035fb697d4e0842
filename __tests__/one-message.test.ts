import { type TerraformStack, TerraformVariable } from "cdktf";
import { NvidiaInstall, TalosImage, TalosSingleNode } from "../constructs";
import { cilium, gpu, image, ipConfig, node, pool, reserved, vm, vmOfImage } from "./fixtures/builders";
import {
  clusterIn,
  machine,
  machineAt,
  nodeIn,
  password,
  problemsOf,
  synthesized,
  synthesizedJson,
  vmIn,
} from "./stacks";

type Build = (stack: TerraformStack) => void;

const agent = { agent: { enabled: true } };
const talos = (version: string) => ({
  talos: { version, installer: "factory.talos.dev/nocloud-installer/a:v1.13.9" },
});
const cluster =
  (props: object): Build =>
  (stack) =>
    void clusterIn(stack, props);
const worker = (props: object) => cluster({ workers: [machineAt("worker-1", 61, props)] });
const mapping = { name: "gpu", address: "01:00" };

/** Mistakes, each in one place, and the beginning of the only message. */
const mistakes: Readonly<Record<string, readonly [Build, string]>> = {
  "nothing to boot from, beside an agent": [vm({ boot: {}, ...agent }), "boot has nothing;"],
  "a template without a name, beside an agent": [vm({ boot: { clone: {} }, ...agent }), "boot.clone has neither"],
  "a misspelt boot medium": [vm({ boot: { imagee: { fileId: "local:import/a.raw" } } }), "boot.imagee is not a prop;"],
  "a boot medium that is none": [vm({ boot: { disk: {} } }), "boot.disk is not a prop;"],
  "a misspelt template": [vm({ boot: { clone: { nmae: "talos" } } }), "boot.clone.nmae is not a prop;"],
  "a misspelt GPU": [gpu({ adress: "01:00" }), "gpus[0].adress is not a prop;"],
  "a GPU by another name": [gpu({ pci: "01:00" }), "gpus[0].pci is not a prop;"],
  "a USB device by another name": [vm({ usb: [{ id: "1050:0407" }] }), "usb[0].id is not a prop;"],
  "a misspelt address": [ipConfig({ adress: "192.168.1.50/24" }), "initialization.ipConfigs[0].adress is not a prop;"],
  "a prop without a name": [ipConfig({ "": "dhcp" }), 'initialization.ipConfigs[0][""] is not a prop;'],
  "a virtual IP in another network than three machines": [
    cluster({ virtualAddress: "192.168.2.50" }),
    'virtualAddress "192.168.2.50" is not in the subnet of controlPlanes[0],',
  ],
  "subnets of etcd without any of three machines": [
    cluster({ configPatches: [{ cluster: { etcd: { advertisedSubnets: ["10.9.0.0/16"] } } }] }),
    'configPatches[0] has cluster.etcd.advertisedSubnets ["10.9.0.0/16"], and the node has no address in it: etcd would not start; add "192.168.1.0/24"',
  ],
  "the gateway's address as virtual IP": [
    cluster({ virtualAddress: "192.168.1.1" }),
    'virtualAddress "192.168.1.1" is an address of controlPlanes[0] or its gateway;',
  ],
  "an IPv4 address as IPv6, with its gateway": [
    ipConfig({ address: "::ffff:192.168.1.5/120", gateway: "192.168.1.1" }),
    'initialization.ipConfigs[0].address "::ffff:192.168.1.5/120" is an IPv4 address written as IPv6;',
  ],
  "a loopback address, with a gateway": [
    ipConfig({ address: "127.0.0.5/8", gateway: "192.168.1.1" }),
    'initialization.ipConfigs[0].address "127.0.0.5/8" is not a node',
  ],
  "a misspelt block of addresses": [
    pool({ cird: "192.168.1.240/28" } as never),
    "l2Announcements.addressPools[0].blocks[0].cird is not a prop;",
  ],
  "a block with all that is taken": [
    pool({ cidr: "192.168.1.0/24" }),
    'l2Announcements.addressPools[0].blocks[0] contains the node\'s own address, "192.168.1.50";',
  ],
  "a block of all addresses": [
    pool({ cidr: "0.0.0.0/0" }),
    'l2Announcements.addressPools[0].blocks[0] has "0.0.0.0/0", which is',
  ],
  "a block of IPv6 in a cluster of IPv4": [
    pool({ cidr: "2001:db8::/120" }),
    "l2Announcements.addressPools[0].blocks[0] has IPv6 addresses,",
  ],
  "a misspelt number of backups": [
    vm({ backup: { datastore: "local", keep: { lasts: 3 } } }),
    "backup.keep.lasts is not a prop;",
  ],
  "memory below nothing": [vm({ memory: { dedicated: -1 } }), "memory.dedicated is -1;"],
  "a balloon that is no number, beside a GPU": [
    vm({ gpus: [{ mapping: "gpu" }], memory: { floating: Number.NaN } }),
    "memory.floating is NaN with",
  ],
  "a machine type that is none, beside a GPU": [
    vm({ gpus: [{ mapping: "gpu", pcie: true }], machine: "q36" }),
    'machine "q36" is not',
  ],
  "a node that is none, and a mapping of it": [
    vm({ node: "p v", gpus: [{ mapping }] }),
    'node "p v" is not the name of a node;',
  ],
  "a node that is none, of an alternative": [
    gpu({ mapping: { ...mapping, alternatives: [{ node: "a\u001b[31mb", address: "02:00" }] } }),
    'gpus[0].mapping.alternatives[0].node "a\\u001b[31mb" is not',
  ],
  "an address that is none, beside a reservation": [
    reserved({ address: "x", reservedAddress: "192.168.1.50" }),
    'initialization.ipConfigs[0].address "x" is not an address',
  ],
  "a disk that is none, beside another": [
    node({ machine: { ...machine, installDisk: "sda" }, installDisk: "/dev/sda" }),
    'machine.installDisk "sda" is not a device;',
  ],
  "a Talos that is none, beside an installer": [node(talos("x\n")), 'talos.version "x\\n" is not a supported'],
  "a Talos that is none, beside those of machines": [
    cluster({ ...talos("x"), workers: [{ machine: machineAt("worker-1", 61), talos: talos("v1.13.9").talos }] }),
    'talos.version "x" is not a supported',
  ],
  "a second cluster in a stack": [
    (stack) => {
      nodeIn(stack);
      new TalosSingleNode(stack, "second", {
        clusterName: "second",
        machine: machineAt("second", 77),
        talos: { version: "v1.13.9" },
      });
    },
    "the stack has the cluster stack/cluster already;",
  ],
  "a name that is none": [worker({ name: "" }), 'workers[0].name "" is not a host name;'],
  "an address of a machine that is none, beside its devices": [
    worker({ address: "x", gateway: undefined, interfaces: [{ addresses: ["192.168.1.61/24"] }] }),
    'workers[0].address is "x"; give it a static one',
  ],
  "an address of a device that is none": [
    worker({ gateway: undefined, interfaces: [{ addresses: ["192.168.1.61"] }] }),
    'workers[0].interfaces[0].addresses[0] "192.168.1.61" is not an address',
  ],
  "an encryption that is none": [cilium({ encryption: " " }), 'encryption is " "; write'],
  "an encryption that is no text": [cilium({ encryption: Number.NaN }), "encryption is NaN; write"],
  "a method that is what every object has": [
    (stack) => void new NvidiaInstall(stack, "it", { node: nodeIn(stack, nvidia), method: "__proto__" as never }),
    'method is "__proto__"; write',
  ],
  "an address of all hosts": [
    worker({ address: "0.0.0.0/0" }),
    'workers[0].address "0.0.0.0/0" is not a node address:',
  ],
  "an address of all hosts, of a VM": [
    ipConfig({ address: "0.0.0.0/0" }),
    'initialization.ipConfigs[0].address "0.0.0.0/0" is not an address',
  ],
  "a deletion of what no machine has": [
    cluster({
      configPatches: [{ apiVersion: "v1alpha1", kind: "UserVolumeConfig", name: "models", $patch: "delete" }],
    }),
    "configPatches[0] deletes UserVolumeConfig models, which no node has; leave that out",
  ],
  "a deletion of an item that no machine has": [
    cluster({ configPatches: [{ machine: { network: { interfaces: [{ interface: "eth7", $patch: "delete" }] } } }] }),
    "configPatches[0] deletes machine.network.interfaces[interface=eth7], which no node has; leave that out",
  ],
  "a deletion of the whole machine": [
    cluster({ configPatches: [{ machine: { $patch: "delete" } }] }),
    "configPatches[0] deletes machine, and machine.type with it; leave that out",
  ],
  "a deletion of the whole cluster": [
    cluster({ configPatches: [{ cluster: { $patch: "delete" } }] }),
    "configPatches[0] deletes cluster, and cluster.clusterName with it; leave that out",
  ],
  "a deletion without a name": [
    cluster({ configPatches: [{ $patch: "delete" }] }),
    "configPatches[0] deletes a document, but not which;",
  ],
  "a subnet of pods with all machines in it": [
    cluster({ configPatches: [{ cluster: { network: { podSubnets: ["192.168.0.0/16"] } } }] }),
    'controlPlanes[0].address "192.168.1.51/24", like controlPlanes[1].address, controlPlanes[2].address, workers[0].address and workers[1].address, is in the subnet of the pods,',
  ],
  "port 0 at the virtual IP": [
    cluster({ endpoint: "https://192.168.1.50:0" }),
    'endpoint "https://192.168.1.50:0" is not an https URL',
  ],
  "an IPv6 worker with its IPv4 gateway": [
    worker({ address: "2001:db8::61/64" }),
    'workers[0].gateway "192.168.1.1" is not in the subnet of "2001:db8::61/64";',
  ],
  "a machine that is something else": [
    cluster({ workers: [{ vm: machineAt("worker-1", 61) }] }),
    "workers[0].vm is not a prop;",
  ],
  "an object with nothing of what is due": [
    vm({ backup: { storage: "local" } }),
    "backup.storage is not a prop; the props here are datastore, schedule, keep, and datastore and keep are missing",
  ],
  "an item with nothing of what is due": [vm({ disks: [{ gb: 100 }] }), "disks[0].gb is not a prop;"],
  "a device without an address, with its gateway": [
    worker({ gateway: undefined, interfaces: [{ addresses: [], gateways: ["192.168.1.1"] }] }),
    "workers[0].interfaces[0].addresses lacks the machine's own,",
  ],
  "no network device, beside addresses": [
    vm({ networkDevices: [], initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } }),
    "initialization.ipConfigs has 1 entries for 0 network devices;",
  ],
  "a reserved address alone": [
    vm({
      networkDevices: [{ macAddress: "BC:24:11:00:00:01" }],
      initialization: { ipConfigs: [{ reservedAddress: "192.168.1.50" }] },
    }),
    "initialization.ipConfigs[0] has no address;",
  ],
  "credentials that are none, beside a raw address": [
    vm({ gpus: [{ address: "01:00" }] }, { ...password, credentials: "canary" as never }),
    "credentials must be one of",
  ],
  "a user that is none, beside a raw address": [
    vm({ gpus: [{ address: "01:00" }] }, { ...password, username: "root" }),
    'username "root" is not a user name with its realm;',
  ],
  "a version with a line end, of an image": [
    (stack) => void vmOfImage(stack, new TalosImage(stack, "image", { version: "v1.13.9\n" })),
    'version "v1.13.9\\n" is not a supported',
  ],
  "GPUs that are no list": [
    (stack) => {
      const machine = vmIn(stack, {
        gpus: "01:00" as never,
        initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
      });
      new NvidiaInstall(stack, "it", { node: nodeIn(stack, { ...nvidia, machine }) });
    },
    'gpus is "01:00"; write a list',
  ],
  "an argument of two lines": [image({ extraKernelArgs: ["a\nb"] }), "extraKernelArgs[0]"],
};
const nvidia = { talos: { version: "v1.13.9", nvidia: { kernelModules: "open", branch: "production" } as const } };

test.each(Object.entries(mistakes))("one message tells %s", (_, [build, message]) => {
  const problems = problemsOf(build).map((problem) => problem.replace(/^\[[^\]]*\] /, ""));
  expect(problems).toEqual([expect.stringMatching(/ \[[a-z0-9-]+\]$/)]);
  expect(problems[0]).toContain(message);
  expect(problems[0]?.indexOf(message)).toBe(0);
});

describe("what only Terraform knows", () => {
  afterEach(() => jest.restoreAllMocks());

  test("in a part of a text is written without a warning of cdktf", () => {
    const warn = jest.spyOn(console, "warn").mockImplementation();
    const log = jest.spyOn(console, "log").mockImplementation();
    const json = synthesized((stack) => {
      const last = new TerraformVariable(stack, "last", {}).stringValue;
      vmIn(stack, {
        gpus: [{ address: `01:${last}` }],
        initialization: { ipConfigs: [{ address: `192.168.2.${last}/24`, gateway: `192.168.2.${last}` }] },
      });
      clusterIn(stack, { talos: { version: `v1.13.${last}` }, virtualAddress: `192.168.1.${last}` });
    });
    expect(json).not.toMatch(/TfToken/);
    expect([...warn.mock.calls, ...log.mock.calls]).toEqual([]);
  });

  test("may be null, as a variable is by default", () => {
    const json = synthesizedJson((stack) => {
      vmIn(stack, {
        description: new TerraformVariable(stack, "text", { type: "string", default: null }).stringValue,
      });
    });
    expect(json.variable.text).toEqual({ type: "string", default: null });
  });

  test("is no list where one value is due", () => {
    const problems = problemsOf((stack) => {
      const list = new TerraformVariable(stack, "list", { type: "list(string)" }).listValue as never;
      vmIn(stack, { name: list, pool: list, cpu: { cores: list }, onBoot: list });
    });
    expect(problems).toEqual([
      "[stack/talos_node] name is a list; write a string [prop-type]",
      "[stack/talos_node] cpu.cores is a list; write a number [prop-type]",
      "[stack/talos_node] onBoot is a list; write a boolean [prop-type]",
      "[stack/talos_node] pool is a list; write a string [prop-type]",
    ]);
  });
});
