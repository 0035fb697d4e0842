import type { Plan } from "../review/plan";
import type { Measure } from "../review/version";
import { pins } from "../scripts/pins";

/** On the day on which the default versions were chosen, so that no test depends on today. */
export const measure: Measure = { providers: pins(), day: "2026-11-30" };

/** What no page may show. */
export const secret = "hunter2-the-secret";

/** What a fixture says of a change; the rest is as Terraform writes it. */
interface Planned {
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly replace_paths?: unknown;
}

export const change = (address: string, planned: Planned) => {
  const [type, name] = address.replace(/^data[.]/, "").split(".");
  const mode = address.startsWith("data.") ? "data" : "managed";
  return { address, mode, type, name, change: { before: {}, after: {}, ...planned } };
};

export const planOf = (...changes: readonly unknown[]): Plan => ({
  format_version: "1.2",
  variables: { proxmox_password: { value: secret } },
  resource_changes: changes,
});

const vm = "proxmox_virtual_environment_vm.talos_node";

/** A plan that loses the VM and the secrets of its cluster, and does whatever else a plan can do. */
export const losing: Plan = {
  ...planOf(
    change("data.talos_machine_configuration.node", { actions: ["read"] }),
    change("helm_release.cilium", {
      actions: ["update"],
      before: { version: "1.18.11", values: [`password: ${secret}`], metadata: { revision: 1 } },
      after: { version: "1.18.12", values: [`password: ${secret}2`] },
      after_unknown: { metadata: true },
    }),
    change("local_file.kubeconfig", { actions: ["create", "delete"], after_sensitive: { content: true } }),
    change("null_resource.talos_node_identity", { actions: ["no-op"] }),
    change("null_resource.upgrade_talos", { actions: ["delete", "create"], replace_paths: [["triggers"]] }),
    change("null_resource.wait_for_kubernetes", { actions: ["create"] }),
    change(vm, { actions: ["delete", "create"], replace_paths: [["vm_id"], ["disk", 0, "interface"]] }),
    change("proxmox_virtual_environment_vm.other", {
      actions: ["update"],
      before: {
        cpu: [{ cores: 4 }],
        tags: ["a"],
        disk: [
          { interface: "scsi0", size: 100 },
          { interface: "scsi1", size: 50 },
        ],
        initialization: [{ user_account: [{ password: secret }] }],
      },
      after: {
        cpu: [{ cores: 8 }],
        tags: ["a", "b|c"],
        disk: [{ interface: "scsi0", size: 200 }],
        initialization: [{ user_account: [{ password: `${secret}2` }] }],
      },
      before_sensitive: { initialization: true },
    }),
    change("proxmox_made_up.thing", { actions: ["update"], before: { what: secret }, after: { what: `${secret}2` } }),
    change("talos_machine_configuration_apply.node", {
      actions: ["update"],
      before: { machine_configuration_input: secret },
      after: {},
      after_unknown: { machine_configuration_input: true },
    }),
    change("talos_machine_secrets.cluster", {
      actions: ["delete", "create"],
      before: { machine_secrets: { token: secret } },
      replace_paths: [["talos_version"]],
    }),
  ),
  output_changes: { talos_version: { actions: ["update"], before: "v1.13.9", after: "v1.13.8" } },
  resource_drift: [change(vm, { actions: ["update"] })],
  checks: [
    {
      address: { kind: "check", to_display: "check.gpu_resets" },
      status: "fail",
      instances: [{ status: "fail", problems: [{ message: "an AMD GPU may not reset | see docs [gpu-resets]" }] }],
    },
  ],
};

/** A page without the fingerprint of its stack, which changes with everything. */
export const withoutFingerprint = (page: string): string =>
  page.replace(/^(- \*\*Fingerprint\*\* .*: )`[0-9a-f]{16}`/m, "$1`…`");
