import { parseAllDocuments } from "yaml";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { ImageFactorySchematic } from "../.gen/providers/talos/image-factory-schematic";
import { type GpuDriver, TalosImage } from "../constructs";
import { gpuVendors, kernelRecordOf, kernelVendors, recordOf, vendorDrivers } from "../constructs/talos/driver";
import { adviceFor } from "../constructs/talos/gpu-driver";
import { generationIn, gpuGenerations } from "../constructs/talos/gpu-generation";
import { talosMinors } from "../constructs/talos/version";
import { cluster, mapped, plainVm } from "./fixtures/builders";
import { nodeIn, problemsOf, synthesizedJson } from "./stacks";

const drivers: Readonly<Record<string, GpuDriver>> = {
  nvidia: { vendor: "nvidia", kernelModules: "open", branch: "production" },
  amd: { vendor: "amd" },
  i915: { vendor: "intel", kernelModules: "i915" },
  xe: { vendor: "intel", kernelModules: "xe", forceProbe: ["a780", "4680"] },
};

test.each<[unknown, string]>([
  ["amd", 'talos.driver is "amd"; write an object with vendor, kernelModules, branch, forceProbe [prop-type]'],
  [
    { vendor: "nvidia", kernelModules: "open" },
    'talos.driver.branch is missing; write "lts" or "production" [nvidia-driver]',
  ],
  [{ vendor: "intel" }, 'talos.driver.kernelModules is missing; write "i915" or "xe" [gpu-driver]'],
  [
    { vendor: "intel", kernelModules: "xe", forceProbe: ["8086:a780"] },
    'talos.driver.forceProbe[0] "8086:a780" is not a device id; write the four hex digits behind 8086:, such as "a780" [gpu-driver]',
  ],
])("the driver %j is told once", (driver, problem) => {
  const id = JSON.stringify(driver).includes("intel") ? "8086:a780" : "10de:2684";
  const build = cluster({ talos: { driver: driver as GpuDriver }, vm: { ...plainVm, gpus: mapped(id) } });
  expect(problemsOf(build)).toEqual([expect.stringContaining(problem)]);
});

test("every vendor has a driver here", () => {
  expect([...new Set(Object.values(drivers).map(({ vendor }) => vendor))]).toEqual(gpuVendors);
});

const schematicOf = (driver: GpuDriver | readonly GpuDriver[], version: string) =>
  JSON.parse(
    JSON.stringify(
      parseAllDocuments(
        synthesizedJson((stack) => void new TalosImage(stack, "image", { version, driver })).resource[
          ImageFactorySchematic.tfResourceType
        ].image.schematic,
      )[0],
    ),
  ).customization;

const modulesOf = (driver: GpuDriver | readonly GpuDriver[], version: string): string[] =>
  synthesizedJson((stack) => void nodeIn(stack, { talos: { version, driver } }))
    .data[DataTalosMachineConfiguration.tfResourceType].node.config_patches.flatMap((patch: string) =>
      parseAllDocuments(patch).map((document) => document.toJS()),
    )
    .flatMap(
      ({ machine }: { machine?: { kernel?: { modules: { name: string }[] } } }) => machine?.kernel?.modules ?? [],
    )
    .map(({ name }: { name: string }) => name);

describe.each(talosMinors.map(({ minor }) => minor))("Talos %s", (minor) => {
  const version = `v${minor}.4`;
  const its = Object.entries(drivers).filter(([name]) => name !== "xe" || minor !== "1.11");

  test.each(its)("has the extensions, arguments and modules of %s", (_, driver) => {
    const { officialExtensions } = schematicOf(driver, version).systemExtensions;
    const record = recordOf(driver);
    expect(officialExtensions).toEqual([...record.extensions(driver), "siderolabs/qemu-guest-agent"].sort());
    expect(schematicOf(driver, version).extraKernelArgs ?? []).toEqual(record.kernelArgs(driver));
    expect(modulesOf(driver, version).length).toBeGreaterThan(0);
  });

  test("has those of all vendors together", () => {
    const all = its.map(([, driver]) => driver);
    const { officialExtensions } = schematicOf(all, version).systemExtensions;
    for (const driver of all)
      expect(officialExtensions).toEqual(expect.arrayContaining([...recordOf(driver).extensions(driver)]));
    expect(modulesOf(all, version)).toEqual(its.flatMap(([, driver]) => modulesOf(driver, version)));
  });
});

test.each<[string, string[], string[], string[]]>([
  ["amd", ["siderolabs/amd-ucode", "siderolabs/amdgpu"], [], ["amdgpu"]],
  ["i915", ["siderolabs/i915", "siderolabs/intel-ucode", "siderolabs/mei"], [], ["i915"]],
  [
    "xe",
    ["siderolabs/xe", "siderolabs/i915", "siderolabs/intel-ucode", "siderolabs/mei"],
    ["xe.force_probe=a780,4680", "i915.force_probe=!a780,!4680"],
    ["xe"],
  ],
])("Talos is told of %s what its documentation says", (name, extensions, kernelArgs, modules) => {
  const driver = drivers[name] as GpuDriver;
  expect(recordOf(driver).extensions(driver)).toEqual(extensions);
  expect(recordOf(driver).kernelArgs(driver)).toEqual(kernelArgs);
  expect(modulesOf(driver, "v1.13.9")).toEqual(modules);
});

test("what a driver is told of stays beside the user's kernel arguments", () => {
  const { extraKernelArgs } = JSON.parse(
    JSON.stringify(
      parseAllDocuments(
        synthesizedJson(
          (stack) => void new TalosImage(stack, "image", { driver: drivers.xe, extraKernelArgs: ["quiet"] }),
        ).resource[ImageFactorySchematic.tfResourceType].image.schematic,
      )[0],
    ),
  ).customization;
  expect(extraKernelArgs).toEqual(["xe.force_probe=a780,4680", "i915.force_probe=!a780,!4680", "quiet"]);
});

test("NVIDIA's driver is the same by either name", () => {
  const stack = (talos: object) =>
    synthesizedJson((scope) => void nodeIn(scope, { talos: { version: "v1.12.4", ...talos } }));
  const nvidia = { kernelModules: "proprietary", branch: "lts" };
  expect(stack({ driver: { vendor: "nvidia", ...nvidia } })).toEqual(stack({ nvidia }));
});

/** Cards that people have, by their ids at https://pci-ids.ucw.cz. */
test.each([
  ["1002:68f9", "TeraScale"],
  ["1002:67b1", "GCN"],
  ["1002:67df", "GCN"],
  ["1002:6841", "TeraScale"],
  ["1002:6fdf", "GCN"],
  ["1002:687f", "Vega"],
  ["1002:1638", "Vega"],
  ["1002:731f", "RDNA 1"],
  ["1002:73bf", "RDNA 2"],
  ["1002:164e", "RDNA 2"],
  ["1002:13c0", "RDNA 2"],
  ["1002:744c", "RDNA 3"],
  ["1002:15bf", "RDNA 3"],
  ["1002:1586", "RDNA 3"],
  ["1002:164f", "RDNA 3"],
  ["1002:1902", "RDNA 3"],
  ["1002:7550", "RDNA 4"],
  ["1002:7590", "RDNA 4"],
  ["1002:740f", "CDNA"],
  ["1002:74a1", "CDNA"],
  ["8086:1912", "before Tiger Lake"],
  ["8086:5912", "before Tiger Lake"],
  ["8086:3e92", "before Tiger Lake"],
  ["8086:9bc5", "before Tiger Lake"],
  ["8086:4680", "Tiger Lake to Raptor Lake"],
  ["8086:46d1", "Tiger Lake to Raptor Lake"],
  ["8086:A780", "Tiger Lake to Raptor Lake"],
  ["8086:56a0", "Arc A or Flex"],
  ["8086:56c1", "Arc A or Flex"],
  ["8086:7d55", "Meteor Lake or Arrow Lake"],
  ["8086:7d67", "Meteor Lake or Arrow Lake"],
  ["8086:64a0", "Lunar Lake, Panther Lake or Arc B"],
  ["8086:e20b", "Lunar Lake, Panther Lake or Arc B"],
  ["8086:fd80", "Lunar Lake, Panther Lake or Arc B"],
  ["8086:0bda", "Data Center GPU Max"],
  ["8086:1572", undefined],
])("%s is of the generation %s", (id, generation) => {
  const found = kernelVendors.flatMap((vendor) => {
    const { generations, vendorId } = kernelRecordOf(vendor);
    return generationIn(generations, id, vendorId)?.name ?? [];
  });
  expect(found).toEqual(generation === undefined ? [] : [generation]);
});

test.each(kernelVendors)("the generations of %s do not overlap", (vendor) => {
  const ranges = kernelRecordOf(vendor)
    .generations.flatMap(({ devices }) => devices)
    .toSorted(([one], [other]) => one - other);
  for (const [index, [first, last]] of ranges.entries()) {
    expect(last).toBeGreaterThanOrEqual(first);
    expect(first).toBeGreaterThan(ranges[index - 1]?.[1] ?? -1);
  }
});

test("a generation that a Talos has no driver for is told the last that has one", () => {
  const pascal = gpuGenerations.find(({ name }) => name === "Pascal") as (typeof gpuGenerations)[number];
  const minors = [
    { minor: "1.14", nvidiaDriver: { lts: 580, production: 595 }, nvidiaOpenOnly: [] },
    { minor: "1.15", nvidiaDriver: { lts: 620, production: 595 }, nvidiaOpenOnly: ["lts"] },
  ] as never;
  expect(adviceFor("v1.15.0", pascal, "talos", minors)).toBe(
    'no driver of "v1.15.0" does, and Talos 1.14 is the last with one; write a version of it, with talos.nvidia of kernelModules "proprietary"',
  );
  expect(adviceFor("v1.14.1", pascal, "talos", minors)).toBe(
    'write talos.nvidia with kernelModules "proprietary" and branch "lts"',
  );
});

test("every vendor has a PCI vendor id of its own and says what to write", () => {
  const records = gpuVendors.map((vendor) => vendorDrivers[vendor]);
  expect(new Set(records.map(({ vendorId }) => vendorId)).size).toBe(gpuVendors.length);
  for (const { example } of records) expect(example).toMatch(/^(nvidia|driver): \{ .+ \}$/);
});
