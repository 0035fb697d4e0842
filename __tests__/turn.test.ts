import { TerraformVariable } from "cdktf";
import { CiliumInstall, ProxmoxConnection, ProxmoxGpuVm, type ProxmoxGpuVmProps, TalosCluster } from "../constructs";
import { synthesizedJson, type TerraformJson } from "./stacks";

type Changed = Partial<ProxmoxGpuVmProps>;

/** A control plane node and a worker, of which the worker has other props. */
const cluster = (changed: Changed = {}, workers = 1, cores?: number): TerraformJson =>
  synthesizedJson((stack) => {
    const connection = new ProxmoxConnection(stack, "proxmox", {
      endpoint: "https://pve.example:8006/",
      credentials: "password",
    });
    const variable = new TerraformVariable(stack, "cores", { type: "number", default: cores });
    const machine = (name: string, number: number, props: Changed = {}) =>
      new ProxmoxGpuVm(stack, name, {
        connection,
        name,
        node: "pve",
        vmId: number,
        boot: { iso: { fileId: "local:iso/talos.iso" } },
        initialization: { ipConfigs: [{ address: `192.168.1.${number}/24`, gateway: "192.168.1.1" }] },
        ...(cores !== undefined && { cpu: { cores: variable.numberValue } }),
        ...props,
      });
    const node = new TalosCluster(stack, "cluster", {
      clusterName: "rolling",
      talos: { version: "v1.13.9" },
      controlPlanes: [machine("control-1", 101)],
      workers: Array.from({ length: workers }, (_, index) => machine(`worker-${index + 1}`, 102 + index, changed)),
    });
    new CiliumInstall(stack, "cilium", { node });
  });

const steps = (stack: TerraformJson) => stack.resource.terraform_data;
const turnOf = (stack: TerraformJson) => steps(stack)["worker-1_machine_turn"];

test("a machine and its configuration change after those of the machine before", () => {
  const stack = cluster();
  const { proxmox_virtual_environment_vm: vms, talos_machine_configuration_apply: configurations } = stack.resource;
  expect(vms["worker-1"].depends_on).toContain("terraform_data.worker-1_machine_turn");
  expect(turnOf(stack).depends_on).toContain("proxmox_virtual_environment_vm.control-1");
  expect(configurations["worker-1"].depends_on).toContain("terraform_data.worker-1_configuration_turn");
  expect(steps(stack)["worker-1_configuration_turn"].depends_on).toContain(
    "talos_machine_configuration_apply.control-1",
  );
  expect(steps(stack)["control-1_configuration_turn"].depends_on).toContain("null_resource.upgrade_kubernetes");
});

test.each<[string, Changed, boolean]>([
  ["cores", { cpu: { cores: 8 } }, true],
  ["memory", { memory: { dedicated: 16384 } }, true],
  ["a GPU", { gpus: [{ address: "01:00" }] }, true],
  ["tags", { tags: ["lab"] }, false],
  ["a description", { description: "lab" }, false],
  ["another disk", { disks: [{ size: 100 }, { size: 10 }] }, false],
])("a machine waits for the others if it restarts: %s", (_, changed, restarts) => {
  const isSame =
    JSON.stringify(turnOf(cluster(changed)).triggers_replace) === JSON.stringify(turnOf(cluster()).triggers_replace);
  expect(isSame).toBe(!restarts);
});

test("what Terraform alone knows of a restart is a trigger of its own", () => {
  const { settings, ...variables } = turnOf(cluster({}, 1, 4)).triggers_replace;
  expect(variables).toEqual({ variable_1: "${var.cores}" });
  expect(settings).toMatch(/^[0-9a-f]{16}$/);
});

test("a cluster of one machine waits for no other", () => {
  expect(Object.keys(steps(cluster({}, 0))).filter((name) => name.includes("turn"))).toEqual([]);
});
