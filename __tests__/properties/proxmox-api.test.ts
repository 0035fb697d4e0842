import { isDeepStrictEqual } from "node:util";
import { DefaultTokenResolver, StringConcat, type TerraformResource, type TerraformStack, Tokenization } from "cdktf";
import type { Construct } from "constructs";
import fc from "fast-check";
import { ProxmoxConnection, ProxmoxGpuVm, type ProxmoxGpuVmProps, type VmBackup } from "../../constructs";
import { cpuTypes } from "../../constructs/proxmox/vm/cpu";
import type { Case } from "../../lab/changes/cases";
import { after, before } from "../../lab/changes/props";
import { proxmoxVersions, refusals } from "../../lab/proxmox/interface/refusals";
import {
  backupParameters,
  cloneParameters,
  createParameters,
  downloadParameters,
  mappingParameters,
} from "../proxmox-call";
import { newStack, password, synthesizedJson, type TerraformJson } from "../stacks";
import { build, type Subject, subjects } from "../subjects";

/** Of these props of one stack, the resources of those that the constructs accept. */
function accepted<Made extends Construct & { readonly resource: TerraformResource }>(
  all: readonly object[],
  make: (stack: TerraformStack, id: string, props: object) => Made,
  resourceOf: (made: Made) => TerraformResource | undefined = ({ resource }) => resource,
): TerraformJson[] {
  const stack = newStack();
  return all
    .map((props, index) => make(stack, `it${index}`, props))
    .filter(({ node }) => node.validate().length === 0)
    .flatMap((made) => resourceOf(made) ?? [])
    .map(attributesOf);
}

const resolver = new DefaultTokenResolver(new StringConcat());

/** The resource as Terraform reads it, without the rest of its stack. */
function attributesOf(resource: TerraformResource): TerraformJson {
  const { [resource.terraformResourceType]: named = {} } = resource.toTerraform().resource;
  return Tokenization.resolve(Object.values(named)[0], { scope: resource, resolver, preparing: false });
}

/** Each is of a cluster of its own, so that none takes anything from another. */
const connectionOf = (stack: TerraformStack, id: string) =>
  new ProxmoxConnection(stack, `proxmox_${id}`, {
    ...password,
    endpoint: `https://${id}.example:8006/`,
    // What the host would say is not known here.
    checkHost: false,
  });

const boot = { image: { fileId: "local:import/talos.qcow2", guestAgent: true } };
const makeVm = (stack: TerraformStack, id: string, props: object) => {
  const base = { connection: connectionOf(stack, id), name: "talos-gpu", node: "pve", boot };
  return new ProxmoxGpuVm(stack, id, { ...base, ...props } as ProxmoxGpuVmProps);
};
const acceptedVms = (all: readonly object[]) => accepted(all, makeVm);

/** What Proxmox, in any supported version, refuses of the calls that make the VM. */
function refused(vm: TerraformJson): object[] {
  const { vmid, template: _, ...configuration } = createParameters(vm);
  return proxmoxVersions.flatMap((version) => {
    const node = encodeURIComponent(vm.node_name);
    const qemu = `/nodes/${node}/qemu`;
    const calls = vm.clone
      ? [
          refusals(version, "POST", `${qemu}/${vm.clone.vm_id}/clone`, cloneParameters(vm)),
          refusals(version, "PUT", `${qemu}/${vmid}/config`, configuration),
        ]
      : [refusals(version, "POST", qemu, createParameters(vm))];
    return calls.flatMap(any);
  });
}

const any = (refusals: object): object[] => (Object.keys(refusals).length > 0 ? [refusals] : []);

const nasty = fc.constantFrom(..."aZ09-_.:;,=+/ %$\\\n\"'ä€{}[]\0");

/** The text, with a few of its characters changed, left out or doubled; and any text at all. */
const nearly = (...texts: string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...texts),
    fc
      .tuple(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(fc.nat(40), fc.nat(1), fc.oneof(nasty, fc.constant(""))), { minLength: 1, maxLength: 3 }),
      )
      .map(([text, changes]) =>
        changes.reduce((changed, [at, without, insert]) => {
          const index = at % (changed.length + 1);
          return changed.slice(0, index) + insert + changed.slice(index + without);
        }, text),
      ),
    fc.string({ maxLength: 60 }),
    fc.string({ unit: "grapheme", maxLength: 60 }),
  );

/** Numbers at and around these, and any at all. */
const around = (...numbers: number[]): fc.Arbitrary<number> =>
  fc.oneof(
    fc.tuple(fc.constantFrom(...numbers), fc.integer({ min: -2, max: 2 })).map(([number, off]) => number + off),
    fc.integer(),
    // Far below, cdktf hides what only Terraform knows in numbers.
    fc.double({ min: -1e200 }),
    fc.maxSafeInteger(),
  );

/** The props with one of them changed or added. */
const anyOneOf = (props: object, values: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.oneof(...Object.entries(values).map(([name, value]) => value.map((changed) => ({ ...props, [name]: changed }))));

const addresses = ["192.168.1.50/24", "10.0.0.50/8", "2001:db8::50/64", "fd00::ffff:192.168.1.1/8", "dhcp", "auto"];
const gateways = ["192.168.1.1", "fe80::1", "2001:db8::1", "10.1.2.3"];
const disk = (props: object) => ({ disks: [{ size: 20, ...props }] });
const device = (props: object) => ({ networkDevices: [props] });
const initialized = (props: object) => ({ initialization: { ipConfigs: [], ...props } });

/** Values of a grammar, and of several props at once, right and wrong, and the VM that has them. */
const props: Record<string, [fc.Arbitrary<unknown>, (value: never) => object]> = {
  "boot.clone": [
    fc.tuple(around(100, 999_999_999), nearly("pve"), fc.boolean()),
    ([id, node, full]: [number, string, boolean]) => ({ boot: { clone: { id, node, full } } }),
  ],
  "cpu.type": [fc.constantFrom(...cpuTypes), (type) => ({ guest: "linux", cpu: { type } })],
  memory: [
    fc.tuple(around(64, 2048, 268_435_456), around(0, 64, 2048)),
    ([dedicated, floating]: [number, number]) => ({ guest: "linux", memory: { dedicated, floating } }),
  ],
  "disks.interface": [
    fc.tuple(
      fc.oneof(
        nearly("scsi0", "scsi30", "virtio15", "sata5", "ide3"),
        fc.stringMatching(/^(scsi|virtio|sata|ide)\d\d?$/),
      ),
      fc.constantFrom(true, false, undefined),
    ),
    ([bus, ssd]: [string, boolean | undefined]) => disk({ interface: bus, ssd }),
  ],
  "networkDevices.macAddress": [
    fc.oneof(nearly("BC:24:11:00:00:01"), fc.stringMatching(/^[0-9a-f]{2}(:[0-9a-fA-F]{2}){5}$/)),
    (macAddress) => device({ macAddress }),
  ],
  "initialization.dnsServers": [
    fc.array(fc.oneof(nearly(...gateways), fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
    (dnsServers) => initialized({ dnsServers }),
  ],
  "initialization.ipConfigs": [
    fc.record(
      {
        address: fc.oneof(
          nearly(...addresses),
          fc.tuple(fc.ipV4(), around(8, 32)).map((parts) => parts.join("/")),
        ),
        gateway: nearly(...gateways),
      },
      { requiredKeys: ["address"] },
    ),
    (ipConfig) => initialized({ ipConfigs: [ipConfig] }),
  ],
  "initialization.ipConfigs.ipv6": [
    fc.record(
      {
        address: fc.oneof(
          nearly(...addresses),
          fc.tuple(fc.ipV6(), around(8, 128)).map((parts) => parts.join("/")),
        ),
        gateway: nearly(...gateways),
      },
      { requiredKeys: ["address"] },
    ),
    (ipv6) => initialized({ ipConfigs: [{ address: "192.168.1.50/24", ipv6 }] }),
  ],
  machine: [
    fc.oneof(
      nearly("q35", "pc", "virt", "q35,viommu=intel", "pc-q35-9.2+pve1", "pc-i440fx-9.0.pxe"),
      fc.stringMatching(/^(pc|virt|pc-q35|q35|pc-i440fx)(-\d+(\.\d+){1,20})?(\+pve\d+)?(\.pxe)?$/),
    ),
    (machine) => ({ machine }),
  ],
  "gpus.address": [
    fc.tuple(
      nearly("01:00", "0000:0A:00.1", "01:00;02:00"),
      fc.oneof(fc.constantFrom(undefined, "all"), fc.array(around(0, 7), { maxLength: 3 })),
    ),
    ([address, functions]: [string, unknown]) => ({ gpus: [{ address, functions }] }),
  ],
  gpus: [
    anyOneOf(
      { mapping: "gpu" },
      { mapping: nearly("gpu", "g"), romFile: nearly("gpu.rom"), mdev: nearly("nvidia-63") },
    ),
    (gpu) => ({ gpus: [gpu] }),
  ],
  serialDevices: [
    fc.array(nearly("socket", "/dev/ttyS0", "/dev/serial/by-id/usb-1"), { maxLength: 6 }),
    (serialDevices) => ({ serialDevices }),
  ],
  "vga.type": [
    nearly("std", "none", "serial0", "serial3", "virtio", "virtio-gl", "qxl", "qxl4", "vmware", "cirrus"),
    (type) => ({ vga: { type } }),
  ],
  startup: [
    fc.record({ order: around(0), upDelay: around(0), downDelay: around(0) }, { requiredKeys: ["order"] }),
    (startup) => ({ startup }),
  ],
  tags: [fc.array(nearly("gpu", "_x", "a+b", "A.b"), { maxLength: 4 }), (tags) => ({ tags })],
  description: [
    fc.oneof(
      nearly("a node"),
      fc.integer({ min: 8190, max: 8194 }).map((length) => "é".repeat(length)),
    ),
    (description) => ({ description }),
  ],
};

/** A construct of the table of props, and what Proxmox refuses of its resource. */
interface Called {
  readonly subject: Subject;
  readonly refused: (resource: TerraformJson) => object[];
  /** Props by which it refers to another resource, whose own props Proxmox checks. */
  readonly references?: RegExp;
}

const inEachVersion = (refusalsOf: (version: (typeof proxmoxVersions)[number]) => object): object[] =>
  proxmoxVersions.flatMap((version) => any(refusalsOf(version)));

const called: Readonly<Record<string, Called>> = {
  ProxmoxGpuVm: {
    subject: subjects.ProxmoxGpuVm,
    refused,
    references: /^gpus\[0\][.]mapping[.]|^boot[.]clone[.]name$/,
  },
  PciMapping: {
    subject: subjects.PciMapping,
    refused: (mapping) =>
      inEachVersion((version) => refusals(version, "POST", "/cluster/mapping/pci", mappingParameters(mapping))),
  },
  DownloadedImage: {
    subject: subjects.DownloadedImage,
    refused: (file) => {
      const path = `/nodes/${file.node_name}/storage/${file.datastore_id}/download-url`;
      return inEachVersion((version) => refusals(version, "POST", path, downloadParameters(file)));
    },
  },
};

const scalarTypes = ["string", "number", "boolean"];
/** The rows of scalars in the table of props, each prop once. */
const rowsOf = ({ subject: { cases, onlyChecked = [] }, references }: Called) =>
  [...new Map([...cases, ...onlyChecked].map((row) => [row.prop, row]))].filter(
    ([prop, { to }]) => scalarTypes.includes(typeof to) && !references?.test(prop),
  );

/** Values near the one that the row has, and near the one before. */
function near(row: Case, props: object): fc.Arbitrary<unknown> {
  const values = [row.to, valueAt(before(row, props), row.prop)];
  const numbers = values.filter((value) => typeof value === "number");
  const texts = values.filter((value) => typeof value === "string");
  if (numbers.length > 0) return around(...numbers);
  return texts.length > 0 ? nearly(...texts) : fc.boolean();
}

const valueAt = (props: object, prop: string): unknown =>
  (prop.match(/[^.[\]]+/g) ?? []).reduce<unknown>((inside, key) => Object(inside)[key], props);

/** What Terraform does with a prop, without telling Proxmox when it makes the VM. */
const notSent: Readonly<Record<string, string>> = {
  "boot.clone.name": "looks for the template's id",
  "boot.clone.scsiHardware": "says what the template has",
  "firewall.addresses[0]": "is in resources of its own",
  "firewall.management[0]": "is in resources of its own",
  "initialization.ipConfigs[0].reservedAddress": "is what the DHCP server gives",
  "agent.timeout": "is how long the provider waits",
  replaceable: "is for the plan",
  disksManagedElsewhere: "is for the plan",
};

/** What the provider sends to Proxmox for the VM, its mappings and its backups. */
function callsFor(props: object): unknown {
  const { resource } = synthesizedJson((stack) => build(subjects.ProxmoxGpuVm, stack, props));
  const all = (type: string): TerraformJson[] => Object.values(resource[type] ?? {});
  return {
    vms: all("proxmox_virtual_environment_vm").map((each) => [
      each.node_name,
      each.clone && [each.clone.node_name, each.clone.vm_id, cloneParameters(each)],
      createParameters(each),
    ]),
    mappings: all("proxmox_hardware_mapping_pci").map(mappingParameters),
    backups: all("proxmox_backup_job").map(backupParameters),
  };
}

const { props: vmProps, cases: vmCases }: Subject = subjects.ProxmoxGpuVm;
test.each(vmCases.map((row) => [row.prop, row] as const))(
  "the provider tells Proxmox of %s, as proxmox-call.ts has it",
  (prop, row) => {
    const isSent = !isDeepStrictEqual(callsFor(after(row, vmProps)), callsFor(before(row, vmProps)));
    const advice = "add it to createParameters of proxmox-call.ts, or to notSent with the reason";
    expect(isSent || prop in notSent ? [] : [`${prop}: ${advice}`]).toEqual([]);
    expect(isSent && prop in notSent).toBe(false);
  },
);

/** As many samples as it takes for one to be accepted, or nothing would be shown. */
function assertTaken(
  values: fc.Arbitrary<unknown>,
  refusedOf: (sample: readonly unknown[]) => object[][],
  numRuns = 2,
): void {
  let accepted = 0;
  const samples = fc.property(fc.array(values, { minLength: 25, maxLength: 25, size: "max" }), (sample) => {
    const all = refusedOf(sample);
    accepted += all.length;
    expect(all.flat()).toEqual([]);
  });
  for (let round = 0; accepted === 0 && round < 40; round++) fc.assert(samples, { numRuns });
  expect(accepted).toBeGreaterThan(0);
}

describe.each(Object.entries(called))("Proxmox, in every supported version, takes what %s accepts of", (_, each) => {
  const { create, props } = each.subject;
  const make = (stack: TerraformStack, id: string, some: object) =>
    new create(stack, id, { connection: connectionOf(stack, id), ...some } as never) as ProxmoxGpuVm;
  test.each(rowsOf(each))("%s", (_, row) => {
    assertTaken(
      near(row, props),
      (sample) =>
        accepted(
          sample.map((to) => after({ ...row, to }, props)),
          make,
        ).map(each.refused),
      1,
    );
  });
});

describe("Proxmox, in every supported version, takes what the constructs accept of", () => {
  test.each(Object.entries(props))("%s", (_, [values, vmWith]) => {
    assertTaken(values, (sample) => acceptedVms(sample.map((value) => vmWith(value as never))).map(refused));
  });

  test("every CPU type", () => {
    const vms = acceptedVms(cpuTypes.map((type) => ({ guest: "linux", cpu: { type } })));
    expect(vms).toHaveLength(cpuTypes.length);
    expect(vms.flatMap(refused)).toEqual([]);
  });

  test.each<[string, readonly string[], (value: string) => object]>([
    ["disks.cache", ["none", "directsync", "writethrough", "writeback", "unsafe"], (cache) => disk({ cache })],
    ["disks.discard", ["on", "ignore"], (discard) => disk({ discard })],
    ["efiDisk.type", ["4m", "2m"], (type) => ({ guest: "linux", efiDisk: { type } })],
    ["networkDevices.model", ["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"], (model) => device({ model })],
    ["agent.type", ["virtio", "isa"], (type) => ({ agent: { type } })],
    ["bios", ["ovmf", "seabios"], (bios) => ({ bios })],
    [
      "scsiHardware",
      ["virtio-scsi-pci", "virtio-scsi-single", "lsi", "lsi53c810", "megasas", "pvscsi"],
      (scsiHardware) => ({ scsiHardware }),
    ],
    ["vga.type", ["std", "none", "virtio", "virtio-gl", "vmware", "cirrus"], (type) => ({ vga: { type } })],
    ["vga.type with several screens", ["qxl", "qxl2", "qxl3", "qxl4"], (type) => ({ vga: { type } })],
    ["vga.type at a port", ["serial0", "serial1", "serial2", "serial3"], (type) => ({ vga: { type } })],
  ])("every value of %s", (_, values, vmWith) => {
    const vms = acceptedVms(values.map(vmWith));
    expect(vms).toHaveLength(values.length);
    expect(vms.flatMap(refused)).toEqual([]);
  });

  test("a backup job", () => {
    const backups = anyOneOf(
      { datastore: "local", keep: { last: 3 } },
      {
        datastore: nearly("local"),
        schedule: nearly(
          "02:30",
          "sat 04:00",
          "mon..fri 22:00",
          "mon,wed 8..17,22:0/15",
          "*-*-1 03:00",
          "daily",
          "*/30",
        ),
        keep: fc.record({ last: around(1), daily: around(1), yearly: around(1) }, { requiredKeys: [] }),
      },
    );
    assertTaken(backups, (sample) =>
      accepted(
        (sample as VmBackup[]).map((backup) => ({ backup })),
        makeVm,
        ({ backup }) => backup,
      ).map((job) =>
        proxmoxVersions.flatMap((version) => any(refusals(version, "POST", "/cluster/backup", backupParameters(job)))),
      ),
    );
  });
});
