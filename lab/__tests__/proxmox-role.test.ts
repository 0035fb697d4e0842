import { inParallel } from "../in-parallel";
import type { Json } from "../json";
import { Program } from "../program";
import type { Acl } from "../proxmox/access";
import { type ProxmoxVersion, proxmoxVersions } from "../proxmox/interface/refusals";
import type { Terraform } from "../terraform";
import { credentials, documentedAcl, root, tokenWithAcl } from "./support/accounts";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

const vm = "-target=proxmox_virtual_environment_vm.talos_node";

/** A change for each privilege that only changes take. */
function edit(configuration: Json): void {
  const { talos_node } = (configuration as never as { resource: { proxmox_virtual_environment_vm: Edited } }).resource
    .proxmox_virtual_environment_vm;
  Object.assign(talos_node.cpu, { cores: 12 });
  Object.assign(talos_node.memory, { dedicated: 24_576 });
  Object.assign(talos_node.initialization.dns, { servers: ["192.168.1.2"] });
  Object.assign(talos_node.disk[0] ?? {}, { size: 120 });
}

interface Edited {
  readonly talos_node: {
    readonly cpu: object;
    readonly memory: object;
    readonly initialization: { readonly dns: object };
    readonly disk: readonly object[];
  };
}

/** An ACL with fewer privileges on a path; without any, the path inherits. */
function without(acl: Acl, path: string, privilege?: string): Acl {
  const { [path]: privileges = [], ...others } = acl;
  return privilege === undefined ? others : { ...others, [path]: privileges.filter((each) => each !== privilege) };
}

// Proxmox lists no storage for whom it is neither to be read nor to be used, and no VM for whom it is not to be read.
const refusals = /^Permission check failed|^no addresses$|\[storage-imports\]|\[storage-known\]|\[vm-storage\]/;

describe.each(proxmoxVersions)("on Proxmox %s the roles in docs/host.md", (version) => {
  let program: Program;
  beforeAll(() => {
    program = Program.synthesize("examples/mapping.ts");
  });
  afterAll(() => program.dispose());

  test("are enough to create, change and destroy the example's VM, image and mapping", async () => {
    expect(await life(program, version, documentedAcl(version))).toEqual([]);
  });

  test("need each of their privileges, on each of their paths", async () => {
    const acl = documentedAcl(version);
    const less = Object.entries(acl).flatMap(([path, privileges]) => [
      ...privileges.map((privilege) => [`${path} ${privilege}`, without(acl, path, privilege)] as const),
      [path, without(acl, path)] as const,
    ]);
    const ends = await inParallel(
      less,
      async ([what, each]) => [what, (await life(program, version, each))[0]] as const,
    );
    // A role for two kinds of paths has on each what only the other one needs.
    const spare = [
      "/mapping/pci SDN.Use",
      "/sdn/zones/localnetwork/vmbr0 Mapping.Modify",
      "/sdn/zones/localnetwork/vmbr0 Mapping.Use",
    ];
    expect(ends.filter(([, end]) => !refusals.test(end ?? "")).map(([what]) => what)).toEqual(spare);
  });
});

/** What went wrong while the VM was created, changed and destroyed by a token with this ACL. */
async function life(program: Program, version: ProxmoxVersion, acl: Acl): Promise<string[]> {
  const lab = await startLab({ node: program.node, version, accounts: [root, tokenWithAcl(acl)] });
  const terraform = lab.terraform(program.placeIn(lab.site), credentials);
  await terraform.init();
  const steps = [
    () => terraform.apply(vm),
    () => {
      program.placeIn(lab.site, edit);
      return terraform.apply(vm);
    },
    () => terraform.destroy(),
  ];
  for (const [n, step] of steps.entries()) {
    const { code, output } = await step();
    if (code !== 0) return [/Permission check failed( \([^)]*\))?/.exec(unwrapped(output))?.[0] ?? output];
    // Without the right to ask the guest agent the provider goes on, and the VM has no addresses.
    if (n === 0 && !(await addresses(terraform)).includes(lab.address)) return ["no addresses"];
  }
  const { host } = lab.proxmox;
  const volumes = host.storages.all.flatMap(({ content }) => content.map(({ volid }) => volid));
  return [...host.vms.keys(), ...host.mappings.all.map(({ id }) => id), ...volumes].map((each) => `${each} is left`);
}

/** What the guest agent of the VM reports. */
async function addresses(terraform: Terraform): Promise<string[]> {
  const { values } = JSON.parse((await terraform.succeed("show", "-json")).output);
  const resources = values.root_module.resources as { values: { ipv4_addresses?: string[][] } }[];
  return resources.flatMap(({ values: { ipv4_addresses = [] } }) => ipv4_addresses.flat());
}
