import { TerraformStack, Testing } from "cdktf";
import { DownloadFile } from "../.gen/providers/proxmox/download-file";
import { ImageFactorySchematic } from "../.gen/providers/talos/image-factory-schematic";
import { DownloadedImage, ProxmoxConnection, TalosImage } from "../constructs";
import { newStack, password, problemsOf, synthesizedJson, vmIn } from "./stacks";

test("two images of one stack, with ids of their own, are two", () => {
  const { resource, data } = synthesizedJson((stack) => {
    new TalosImage(stack, "old", { version: "v1.12.6" });
    new TalosImage(stack, "new", { version: "v1.13.9" });
  });
  expect(Object.keys(resource[ImageFactorySchematic.tfResourceType]).sort()).toEqual(["new", "old"]);
  expect(data.talos_image_factory_urls).toMatchObject({
    new: { talos_version: "v1.13.9", schematic_id: "${talos_image_factory_schematic.new.id}" },
    old: { talos_version: "v1.12.6", schematic_id: "${talos_image_factory_schematic.old.id}" },
  });
});

test("an image is downloaded to two nodes", () => {
  const { resource } = synthesizedJson((stack) => {
    const connection = new ProxmoxConnection(stack, "proxmox", password);
    const { file } = new TalosImage(stack, "talos");
    for (const node of ["pve1", "pve2"]) {
      const image = new DownloadedImage(stack, `talos_${node}`, { ...file, connection, node });
      vmIn(stack, { name: node, node, boot: { image } }, password, node);
    }
  });
  expect(resource[DownloadFile.tfResourceType]).toMatchObject({
    talos_pve1: { node_name: "pve1" },
    talos_pve2: { node_name: "pve2" },
  });
  const bootOf = (vm: string) => resource.proxmox_virtual_environment_vm[vm].disk[0].import_from;
  expect(["pve1", "pve2"].map(bootOf)).toEqual([
    "${proxmox_download_file.talos_pve1.id}",
    "${proxmox_download_file.talos_pve2.id}",
  ]);
});

test("addresses are told once for a stack, and not for a stack within it", () => {
  const problems = problemsOf((stack) => {
    vmIn(stack, {}, password, "my.vm");
    const inner = new TerraformStack(stack, "inner");
    vmIn(inner, {}, password, "my.vm");
  });
  expect(problems.map((problem) => problem.split(", of ")[0])).toEqual([
    '[stack] "my.vm_identity"',
    '[stack] "my.vm_known"',
    '[stack] "my.vm_disks"',
    '[stack] "my.vm"',
    '[stack/inner] "my.vm_identity"',
    '[stack/inner] "my.vm_known"',
    '[stack/inner] "my.vm_disks"',
    '[stack/inner] "my.vm"',
  ]);
});

test("addresses are checked by cdktf's own App too", () => {
  const stack = newStack();
  vmIn(stack, {}, password, "1 vm");
  expect(() => Testing.synth(stack, true)).toThrow("[address-name]");
});
