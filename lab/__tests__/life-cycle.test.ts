import { edit, livesItsLife, traces } from "./support/life-cycle";
import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";
import { unchanged } from "./support/unchanged";

describe.each([
  ["the default stack", "examples/default.ts"],
  ["the example with a template", "examples/template.ts"],
  ["the example with a stack of its own", "examples/own-stack.ts"],
])("%s", (_, file) => {
  test("is created, stays as it is, is updated in place and destroyed without a trace", () => livesItsLife(file));
});

describe("the example with a golden image", () => {
  test("is created, stays as it is, is updated in place and destroyed without a trace", async () => {
    const { program, lab, terraform, vmid } = await placed("examples/golden-image.ts");
    const before = traces(lab);

    succeeded(await terraform.apply());
    expect(lab.proxmox.host.vm(vmid)).toMatchObject({ running: true, config: { cores: 4, memory: "8192" } });

    program.placeIn(lab.site, edit);
    const changes = (await terraform.changes()).map(({ address, change }) => `${change.actions} ${address}`);
    expect(changes).toEqual(["update proxmox_virtual_environment_vm.workstation"]);
    succeeded(await terraform.applyPlanned());
    await unchanged(terraform);
    expect(lab.proxmox.host.vm(vmid)).toMatchObject({ running: true, config: { cores: 12, memory: "24576" } });

    succeeded(await terraform.destroy());
    expect(await terraform.addresses()).toEqual([]);
    expect(traces(lab)).toEqual(before);
  });
});
