import type { Construct } from "constructs";
import { CiliumInstall, PciMapping, ProxmoxConnection, ProxmoxGpuVm, TalosImage, TalosSingleNode } from "../constructs";
import { password, problemsOf, vmIn } from "./stacks";

/** What plain JavaScript lets through, where nothing checks types. */
const classes = { ProxmoxConnection, ProxmoxGpuVm, PciMapping, TalosImage, TalosSingleNode, CiliumInstall };
const make = (name: keyof typeof classes, props: unknown) =>
  problemsOf(
    (stack) =>
      void new (classes[name] as new (scope: Construct, id: string, props: unknown) => Construct)(stack, "it", props),
  );

describe("plain JavaScript gets an error that tells what to write, not a crash, for", () => {
  test.each(Object.keys(classes) as (keyof typeof classes)[])("%s without props", (name) => {
    const problems = make(name, undefined);
    if (name === "TalosImage") expect(problems).toEqual([]);
    else
      expect(problems).toContainEqual(
        expect.stringMatching(/the props object is nothing; write an object with .* \[prop-type\]$/),
      );
  });

  test.each(Object.keys(classes) as (keyof typeof classes)[])("%s with props of the wrong types", (name) => {
    for (const wrong of [
      5,
      "text",
      [],
      true,
      { name: 5, node: {}, gpus: "01:00", boot: 1, machine: 7, talos: "v1", values: [] },
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
      "[stack/it] boot has nothing; write one of image, clone and iso [boot-medium]",
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

  test("a mapping that is another construct", () => {
    const problems = problemsOf((stack) => {
      const mapping = vmIn(stack) as never;
      vmIn(stack, { gpus: [{ mapping }] }, undefined, "second");
    });
    expect(problems).toContainEqual(expect.stringMatching(/^\[stack\/second\/.*address is missing \[prop-type\]$/));
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
