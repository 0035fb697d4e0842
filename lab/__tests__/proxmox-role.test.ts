import { inParallel } from "../in-parallel";
import type { Json } from "../json";
import { Program } from "../program";
import { type ProxmoxVersion, proxmoxVersions } from "../proxmox/interface/refusals";
import type { Terraform } from "../terraform";
import { credentials, documentedRole, root, tokenWithRole } from "./support/accounts";
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

describe.each(proxmoxVersions)("on Proxmox %s the role in docs/host.md", (version) => {
  let program: Program;
  beforeAll(() => {
    program = Program.synthesize("examples/mapping.ts");
  });
  afterAll(() => program.dispose());

  test("is enough to create, change and destroy the example's VM, image and mapping", async () => {
    expect(await life(program, version, documentedRole(version))).toEqual([]);
  });

  test("needs each of its privileges", async () => {
    const role = documentedRole(version);
    const ends = await inParallel(role, async (privilege) => {
      const others = role.filter((each) => each !== privilege);
      return [privilege, (await life(program, version, others))[0]] as const;
    });
    // Proxmox lists no storage for whom it is neither to be read nor to be used.
    const needed = ends.filter(([, what]) =>
      /^Permission check failed|^no addresses$|\[storage-imports\]/.test(what ?? ""),
    );
    expect(ends.filter((end) => !needed.includes(end))).toEqual([]);
    expect(needed).toHaveLength(role.length);
  });

  test("has Datastore.Allocate for removing the image, even where everything can be read", async () => {
    const role = [...documentedRole(version).filter((each) => each !== "Datastore.Allocate"), "Datastore.Audit"];
    const ends = await life(program, version, role);
    expect(ends).toEqual(["Permission check failed (/storage/local, Datastore.Allocate)"]);
  });
});

/** What went wrong while the VM was created, changed and destroyed by a token with these privileges. */
async function life(program: Program, version: ProxmoxVersion, privileges: readonly string[]): Promise<string[]> {
  const lab = await startLab({ node: program.node, version, accounts: [root, tokenWithRole(privileges)] });
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
