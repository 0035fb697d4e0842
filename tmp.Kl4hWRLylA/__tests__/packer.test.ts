import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@cdktf/hcl2json";
import { VirtualEnvironmentVm } from "../.gen/providers/proxmox/virtual-environment-vm";
import proxmoxClone from "../packer/tools/packer-plugin-proxmox-stand-in/proxmox-clone.json";
import { synthesizedJson, vmIn } from "./stacks";

const directory = join(__dirname, "../packer");
const files = readdirSync(directory);
const read = (file: string): string => readFileSync(join(directory, file), "utf8");
const readHcl = (file: string): Promise<Record<string, unknown>> => parse(file, read(file));

interface Variable {
  readonly type?: string;
  readonly description?: string;
  readonly sensitive?: boolean;
  readonly validation?: readonly { readonly error_message: string }[];
}

let variables: Record<string, Variable>;
let source: Record<string, unknown>;

beforeAll(async () => {
  const blocks = (await readHcl("variables.pkr.hcl")).variable as Record<string, [Variable]>;
  variables = Object.fromEntries(Object.entries(blocks).map(([name, [variable]]) => [name, variable]));
  const template = (await readHcl("cloud-image.pkr.hcl")) as {
    source: { "proxmox-clone": { "cloud-image": [Record<string, unknown>] } };
  };
  source = template.source["proxmox-clone"]["cloud-image"][0];
});

const images = files.filter((file) => file.endsWith(".pkrvars.hcl") && !file.endsWith(".auto.pkrvars.hcl"));
const imageOf = (file: string): Promise<Record<string, string | number>> =>
  readHcl(file) as Promise<Record<string, string | number>>;

describe("Packer's variables", () => {
  test("all have a type, a description, and a validation that names them", () => {
    expect(Object.keys(variables).length).toBeGreaterThan(10);
    for (const [name, { type, description, validation }] of Object.entries(variables)) {
      expect([name, type, description]).toEqual([name, expect.any(String), expect.stringMatching(/\.$/)]);
      expect(validation?.[0]?.error_message).toContain(`The ${name} must be`);
    }
  });

  test("hide the secret, and only that", () => {
    const sensitive = Object.entries(variables).filter(([, variable]) => variable.sensitive);
    expect(sensitive.map(([name]) => name)).toEqual(["proxmox_token"]);
  });

  test.each([...images, "site.auto.pkrvars.hcl.example"])("are all that %s sets", async (file) => {
    for (const name of Object.keys(await readHcl(file))) expect(Object.keys(variables)).toContain(name);
  });
});

describe("Packer's template", () => {
  test("uses only keys that the builder has", () => {
    const { attributes, blocks, repeatedBlocks } = proxmoxClone;
    for (const [key, value] of Object.entries(source)) {
      const nested = { ...blocks, ...repeatedBlocks }[key as keyof (typeof blocks & typeof repeatedBlocks)];
      expect([key, key in attributes || nested !== undefined]).toEqual([key, true]);
      const inner = nested ? (value as Record<string, unknown>[]).flatMap((block) => Object.keys(block)) : [];
      for (const name of inner) expect(Object.keys(nested ?? {})).toContain(name);
    }
  });

  test("states all hardware that a clone does not inherit", () => {
    const stated = [
      "os",
      "bios",
      "machine",
      "cpu_type",
      "sockets",
      "cores",
      "memory",
      "scsi_controller",
      "network_adapters",
    ];
    expect(Object.keys(source)).toEqual(expect.arrayContaining(stated));
  });

  test("adds no disk to the one that comes with the clone", () => {
    expect(source).not.toHaveProperty("disks");
    expect(source).not.toHaveProperty("efi_config");
  });
});

describe.each(images)("the template that %s describes", (file) => {
  test("can be cloned by name or by id, and has the hardware of its clones", async () => {
    const image = await imageOf(file);
    for (const clone of [{ name: String(image.template_name) }, { id: Number(image.template_vm_id) }]) {
      const stack = synthesizedJson(
        (scope) => void vmIn(scope, { boot: { clone: { ...clone, guestAgent: true } }, disks: undefined }),
      );
      const vm = stack.resource[VirtualEnvironmentVm.tfResourceType].talos_node;
      expect(vm).toMatchObject({
        agent: { enabled: source.qemu_agent },
        bios: source.bios,
        machine: source.machine,
        cpu: { type: source.cpu_type },
        scsi_hardware: source.scsi_controller,
        operating_system: { type: source.os },
        serial_device: (source.serials as string[]).map((device) => ({ device })),
      });
    }
  });

  test("has ids that no other image has", async () => {
    const all = await Promise.all(images.map(imageOf));
    const ids = all.flatMap((image) => [image.template_vm_id, image.cloud_image_vm_id]);
    expect(new Set(ids).size).toBe(2 * images.length);
    expect(all.map((image) => `${image.template_name}.pkrvars.hcl`)).toEqual(images);
  });

  test("is found in the README and in the import script", () => {
    const name = file.replace(".pkrvars.hcl", "");
    expect(read("README.md")).toContain(name);
    expect(read("import-cloud-image.sh")).toMatch(new RegExp(`^  ${name}\\)$`, "m"));
  });
});
