import type { Construct } from "constructs";
import {
  CiliumInstall,
  DownloadedImage,
  PciMapping,
  ProxmoxConnection,
  ProxmoxGpuVm,
  TalosCluster,
  TalosGpuCluster,
  type TalosGpuClusterProps,
  TalosImage,
  TalosSingleNode,
} from "../constructs";
import { apiToken, ciliumIn, clusterIn, machineAt, password, problemsOf, vmIn } from "./stacks";

/** What plain JavaScript lets through, where nothing checks types. */
const classes = {
  ProxmoxConnection,
  DownloadedImage,
  ProxmoxGpuVm,
  PciMapping,
  TalosImage,
  TalosSingleNode,
  TalosCluster,
  CiliumInstall,
  TalosGpuCluster,
};
const make = (name: keyof typeof classes, props: unknown) =>
  problemsOf(
    (stack) =>
      void new (classes[name] as new (scope: Construct, id: string, props: unknown) => Construct)(stack, "it", props),
  );

describe("plain JavaScript gets an error that tells what to write, not a crash, for", () => {
  test.each(Object.keys(classes) as (keyof typeof classes)[])("%s without props", (name) => {
    const withoutProps = (what: string) =>
      expect.stringMatching(new RegExp(`the props object is ${what}; write an object with .* \\[prop-type\\]$`));
    if (name === "TalosImage") expect(make(name, undefined)).toEqual([]);
    else expect(make(name, undefined)).toContainEqual(withoutProps("missing"));
    expect(make(name, null)).toContainEqual(withoutProps("null"));
  });

  test.each(Object.keys(classes) as (keyof typeof classes)[])("%s with props of the wrong types", (name) => {
    for (const wrong of [
      5,
      "text",
      [],
      true,
      { name: 5, node: {}, gpus: "01:00", boot: 1, machine: 7, controlPlanes: 7, talos: "v1", values: [] },
    ]) {
      expect(make(name, wrong)).toContainEqual(expect.stringMatching(/\[prop-type\]$/));
    }
  });

  test("a VM with nothing that it requires", () => {
    expect(make("ProxmoxGpuVm", {})).toEqual([
      expect.stringContaining("without a matching provider"),
      "[stack/it] connection is missing [prop-type]",
      "[stack/it] name is missing [prop-type]",
      "[stack/it] node is missing [prop-type]",
      "[stack/it] boot is missing [prop-type]",
    ]);
  });

  test.each([
    null,
    1,
    "01:00",
    [],
    { address: 1 },
    { address: "01:00", functions: 5 },
    { mapping: 7 },
    { mapping: {} },
    { mapping: { name: "" } },
  ])("a GPU that is %j", (gpu) => {
    expect(problemsOf((stack) => void vmIn(stack, { gpus: [gpu as never] }))).not.toEqual([]);
  });

  test.each([
    ["gpus", "01:00", 'gpus is "01:00"; write a list'],
    ["cpu", 8, "cpu is 8; write an object with cores, sockets, type"],
    ["disks", [{ size: "100G" }], 'disks[0].size is "100G"; write a number'],
    ["efiDisk", true, "efiDisk is true; write an object with datastore, type, preEnrolledKeys"],
    ["initialization", {}, "initialization.ipConfigs is missing"],
    ["connection", password, "connection is not a ProxmoxConnection; write one made with new ProxmoxConnection(…)"],
  ])("%s that is %j", (prop, value, problem) => {
    expect(problemsOf((stack) => void vmIn(stack, { [prop]: value }))).toContain(
      `[stack/talos_node] ${problem} [prop-type]`,
    );
  });

  test.each<[string, object, string]>([
    ["a Map for its processor", { cpu: new Map([["cores", 8]]) }, "cpu is a Map"],
    ["a Date for its memory", { memory: new Date(0) }, "memory is a Date"],
    ["no boot medium", { boot: null }, "boot is missing"],
    ["a boot medium that is text", { boot: "local:import/talos.qcow2" }, 'boot is "local:import/talos.qcow2"'],
    ["a template that is its id", { boot: { clone: 9000 } }, "boot.clone is 9000"],
    ["a GPU that is text", { gpus: ["01:00"] }, 'gpus[0] is "01:00"'],
    ["a USB device that is text", { usb: ["1-2"] }, 'usb[0] is "1-2"'],
  ])("a VM with %s, told once", (_, props, problem) => {
    expect(problemsOf((stack) => void vmIn(stack, props, apiToken))).toEqual([
      expect.stringMatching(/ \[prop-type\]$/),
    ]);
    expect(problemsOf((stack) => void vmIn(stack, props, apiToken))[0]).toContain(`[stack/talos_node] ${problem}`);
  });

  test.each<[string, object, string]>([
    // biome-ignore lint/suspicious/noSparseArray: that is what is to be refused
    ["a gap among its workers", { workers: [, machineAt("worker-1", 61)] }, "workers[0] is missing"],
    ["no control plane", { controlPlanes: [] }, "controlPlanes is empty"],
    ["a machine without a name", { workers: [machineAt(undefined as never, 61)] }, "workers[0].name is missing"],
    ["a machine whose name is a number", { workers: [machineAt(1 as never, 61)] }, "workers[0].name is 1"],
    ["no name", { clusterName: undefined }, "clusterName is missing"],
    [
      "a machine whose network devices are text",
      { workers: [machineAt("worker-1", 61, { gateway: undefined, interfaces: "eth0" as never })] },
      'workers[0].interfaces is "eth0"; write a list',
    ],
    [
      "a network device without addresses",
      {
        workers: [
          machineAt("worker-1", 61, { gateway: undefined, interfaces: [{ gateways: ["192.168.1.1"] } as never] }),
        ],
      },
      "workers[0].interfaces[0].addresses is missing",
    ],
  ])("a cluster with %s, told once", (_, props, problem) => {
    const problems = problemsOf((stack) => void clusterIn(stack, props));
    expect(problems).toEqual([expect.stringMatching(/ \[prop-type\]$/)]);
    expect(problems[0]).toContain(`[stack/cluster] ${problem}`);
  });

  test.each([new Map(), new Date(0)])("props that are %p", (props) => {
    expect(make("TalosImage", props)).toEqual([
      expect.stringMatching(/the props object is a (Map|Date); write an object with version.* \[prop-type\]$/),
    ]);
  });

  test("a mapping that is another construct", () => {
    const problems = problemsOf((stack) => {
      const mapping = vmIn(stack) as never;
      vmIn(stack, { gpus: [{ mapping }] }, undefined, "second");
    });
    expect(problems).toContainEqual(
      expect.stringMatching(/^\[stack\/second\] gpus\[0\]\.mapping is a ProxmoxGpuVm; write .* \[prop-type\]$/),
    );
  });

  test("all that is wrong at once, each with its path and its rule", () => {
    const problems = problemsOf((stack) => {
      vmIn(stack, {
        name: "talos_gpu",
        vmId: 5,
        cpu: { type: "qemu64" as "host" },
        memory: { floating: 512 },
        gpus: [{ address: "10de:2684", rombar: 1 as never }],
      });
      new TalosImage(stack, "image", { version: "v1.5.0" });
    });
    expect(problems.map((problem) => /^(\[[^\]]*\]).*(\[[^\]]*\])$/.exec(problem)?.slice(1).join(" "))).toEqual([
      "[stack/talos_node] [vm-name-dns]",
      "[stack/talos_node] [vm-id-range]",
      "[stack/talos_node] [rombar-boolean]",
      "[stack/talos_node] [pci-address-format]",
      "[stack/talos_node] [cpu-type-host]",
      "[stack/talos_node] [passthrough-pins-memory]",
      "[stack/image] [talos-version-supported]",
    ]);
  });
});

describe("a whole cluster gets an error, in plain JavaScript too, for", () => {
  const site: TalosGpuClusterProps = {
    proxmox: password,
    vm: { name: "talos-gpu", node: "pve", initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } },
    cluster: { clusterName: "talos-gpu" },
  };
  const problemsWith = (props: object) =>
    problemsOf((stack) => void new TalosGpuCluster(stack, "site", { ...site, ...props }));
  const names = "the props here are proxmox, vm, talos, boot, cluster, cilium";

  test.each<[string, object, string]>([
    ["cillium: false", { cillium: false }, `cillium is not a prop; ${names}`],
    ["images:", { images: { version: "v1.13.9" } }, `images is not a prop; ${names}`],
    ["gpus: at the top level", { gpus: [{ address: "01:00" }] }, `gpus is not a prop; ${names}`],
    ["image: beside boot", { image: {}, boot: { clone: { id: 9000 } } }, `image is not a prop; ${names}`],
    [
      "vm.boot",
      { vm: { ...site.vm, boot: { clone: { id: 9000 } } } },
      "vm.boot comes from boot beside vm; leave it out",
    ],
    [
      "vm.connection",
      { vm: { ...site.vm, connection: password } },
      "vm.connection comes from proxmox beside vm; leave it out",
    ],
    [
      "cluster.talos",
      { cluster: { ...site.cluster, talos: { version: "v1.12.6" } } },
      "cluster.talos comes from talos beside cluster; leave it out",
    ],
    [
      "cluster.machine",
      { cluster: { ...site.cluster, machine: {} } },
      "cluster.machine comes from vm beside cluster; leave it out",
    ],
    ["cilium.node", { cilium: { node: {} } }, "cilium.node comes from cluster beside cilium; leave it out"],
    ["nvidia.node", { nvidia: { node: {} } }, "nvidia.node comes from cluster beside nvidia; leave it out"],
    ["cilium: true", { cilium: true }, "cilium is true; write an object"],
    ["vm: a list", { vm: [site.vm] }, "vm is a list; write an object"],
  ])("%s", (_, props, problem) => {
    expect(problemsWith(site)).toEqual([]);
    expect(problemsWith(props)).toContainEqual(expect.stringContaining(`[stack/site] ${problem}`));
  });

  test("props that a function forgot to return", () => {
    expect(problemsOf((stack) => void new TalosGpuCluster(stack, "site", (() => {}) as never))).toContainEqual(
      expect.stringContaining("[stack/site] the props object is missing; write an object with proxmox, vm, talos"),
    );
  });
});

describe("a value that no file can hold gets an error with its path and its rule, not a crash:", () => {
  const cycle: Record<string, unknown> = {};
  cycle.inner = [cycle];
  // biome-ignore lint/suspicious/noSparseArray: that is what is to be refused
  const sparse = [1, , 3];
  const values: [string, unknown, string][] = [
    ["BigInt", 1n, "values.a is 1n, which YAML cannot hold"],
    ["a sparse list", sparse, "values.a[1] is missing, which YAML cannot hold"],
    ["a function", () => 1, "values.a is a function, which YAML cannot hold"],
    ["a symbol", Symbol("x"), "values.a is Symbol(x), which YAML cannot hold"],
    ["a cycle", cycle, "values.a.inner[0] contains itself; write each value out"],
    ["no number", Number.NaN, "values.a is NaN, which YAML cannot hold"],
    ["a date", new Date(0), "values.a is a Date, which YAML cannot hold"],
  ];

  test.each(values)("%s", (_, value, problem) => {
    const problems = problemsOf((stack) => void ciliumIn(stack, { values: { a: value } }));
    expect(problems).toEqual([expect.stringMatching(/^\[stack\/cilium\] .* \[prop-type\]$/)]);
    expect(problems[0]).toContain(problem);
  });

  test("anywhere else", () => {
    for (const [, value] of values) {
      expect(problemsOf((stack) => void vmIn(stack, { name: value as string, tags: [value as string] }))).toEqual([
        expect.stringMatching(/^\[stack\/talos_node\] name is .*; write a string \[prop-type\]$/),
        expect.stringMatching(/^\[stack\/talos_node\] tags\[0\] is .*; write a string \[prop-type\]$/),
      ]);
    }
  });
});
