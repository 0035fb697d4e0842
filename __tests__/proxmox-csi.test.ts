import { parse, parseAllDocuments } from "yaml";
import { certificate } from "./certificate";
import { csi, csiOnWorkers } from "./fixtures/proxmox-csi";
import { synthesizedJson, type TerraformJson, withVariable } from "./stacks";

const releaseOf = (json: TerraformJson) => json.resource.helm_release.csi;
const valuesOf = (json: TerraformJson): string => releaseOf(json).values[0];
const labelsOf = (json: TerraformJson, node: string) =>
  Object.assign(
    {},
    ...json.data.talos_machine_configuration[node].config_patches.flatMap((patch: string) =>
      parseAllDocuments(patch).map((document) => document.toJS().machine?.nodeLabels ?? {}),
    ),
  );

describe("ProxmoxCsi", () => {
  const json = synthesizedJson(csi({ storageClasses: [{ storage: "local-lvm" }, { storage: "nas", name: "slow" }] }));

  test("creates an account that may use its VM and its storages, and nothing else", () => {
    const { proxmox_virtual_environment_role: roles, proxmox_acl: acls } = json.resource;
    expect(roles.csi_vm).toMatchObject({ role_id: "csi-talos-gpu-vm", privileges: ["VM.Audit", "VM.Config.Disk"] });
    expect(roles.csi_storage).toMatchObject({
      role_id: "csi-talos-gpu-storage",
      privileges: ["Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.Audit"],
    });
    expect(json.resource.proxmox_virtual_environment_user.csi.user_id).toBe("csi-talos-gpu@pve");
    expect(
      Object.values<TerraformJson>(acls)
        .map(({ path, role_id }) => [path, role_id])
        .sort(),
    ).toEqual([
      ["/storage/local-lvm", "${proxmox_virtual_environment_role.csi_storage.role_id}"],
      ["/storage/nas", "${proxmox_virtual_environment_role.csi_storage.role_id}"],
      ["/vms/${proxmox_virtual_environment_vm.talos_gpu.id}", "${proxmox_virtual_environment_role.csi_vm.role_id}"],
    ]);
    expect(releaseOf(json).depends_on).toEqual(
      expect.arrayContaining(["proxmox_acl.csi_storage_local-lvm", "proxmox_acl.csi_storage_nas"]),
    );
  });

  test("gives the chart the secret of the token where no plan and no state has it", () => {
    const { set_wo: secret, set_wo_revision: revision } = releaseOf(json);
    expect(secret).toEqual([
      {
        name: "config.clusters[0].token_secret",
        type: "string",
        value: expect.stringContaining('split(\\"=\\", proxmox_user_token.csi.value)[1]'.replaceAll("\\", "")),
      },
    ]);
    expect(revision).toBe("${helm_release.csi_inputs.metadata.revision}");
    // With another token the provider has to read it again.
    expect(json.resource.helm_release.csi_inputs.values[0]).toContain(
      "nonsensitive(sha256(proxmox_user_token.csi.value))",
    );
    expect(json.terraform.required_version).toBe(">= 1.11");
    expect(valuesOf(json)).not.toContain("proxmox_user_token.csi.value");
    expect(valuesOf(json)).toContain("proxmox_user_token.csi.id");
  });

  test("has the part that mounts volumes on every node, whatever its taints", () => {
    expect(valuesOf(json)).toMatch(/"node" = \{\s*"tolerations" = \[\s*\{\s*"operator" = "Exists"/);
  });

  test("installs a storage class for each storage, of which the first is the default", () => {
    const values = valuesOf(json);
    for (const part of ['"name" = "proxmox-local-lvm"', '"name" = "slow"', '"storage" = "nas"'])
      expect(values).toContain(part);
    expect(values.match(/is-default-class" = "(true|false)"/g)).toEqual([
      'is-default-class" = "true"',
      'is-default-class" = "false"',
    ]);
    expect(values).toContain('"url" = "https://pve.example:8006/api2/json"');
  });

  test("puts names into quotes that the chart's template would not leave text", () => {
    const valueFor = (name: string): string => {
      const values = valuesOf(synthesizedJson(csi({ storageClasses: [{ storage: "tank", name }] })));
      return /"name" = (.*), "storage" = "tank"/.exec(values)?.[1] ?? values;
    };
    for (const name of ["on", "no", "true", "null", "yes", "off", "1e3", "0x10", "007", "1.5", "2026-01-01"])
      expect(valueFor(name)).toBe(JSON.stringify(JSON.stringify(name)));
    for (const name of ["online", "nope", "1tb", "e3", "local-lvm"]) expect(valueFor(name)).toBe(JSON.stringify(name));
    const storages = valuesOf(
      synthesizedJson(csi({ storageClasses: [{ storage: "on" }, { storage: "Null", name: "other" }] })),
    );
    for (const part of ['"proxmox-on", "storage" = "\\"on\\""', '"storage" = "\\"Null\\""'])
      expect(storages).toContain(part);
    const variable = withVariable((stack, storage) => csi({ storageClasses: [{ storage, name: "tank" }] })(stack));
    expect(valuesOf(synthesizedJson(variable))).toMatch(
      /"storage" = \(!can\(regex\(.*, var.value\)\) \? var.value : jsonencode\(var.value\)\)/,
    );
  });

  test("leaves the disks of the VMs to the driver", () => {
    const { lifecycle } = json.resource.proxmox_virtual_environment_vm.talos_gpu;
    expect(lifecycle.ignore_changes).toEqual(["initialization[0].dns", "disk"]);
  });

  test("labels each node with the Proxmox node of its VM", () => {
    const cluster = synthesizedJson(csiOnWorkers(["pve", "pve-2"], { region: "home" }));
    expect(["worker-1", "worker-2", "control-1"].map((node) => labelsOf(cluster, node))).toEqual([
      { "topology.kubernetes.io/region": "home", "topology.kubernetes.io/zone": "pve" },
      { "topology.kubernetes.io/region": "home", "topology.kubernetes.io/zone": "pve-2" },
      {},
    ]);
    expect(Object.keys(cluster.resource.proxmox_acl).sort()).toEqual([
      "csi_storage_local-lvm",
      "csi_vm_worker_1",
      "csi_vm_worker_2",
    ]);
  });

  test("lets the driver trust the CA of Proxmox", () => {
    const trusting = synthesizedJson(csi({ certificateAuthority: certificate }));
    const [, ca] = parse(trusting.resource.helm_release.csi_prerequisites.values[0]).objects;
    expect(ca).toMatchObject({ kind: "ConfigMap", data: { "proxmox-ca.pem": certificate } });
    expect(valuesOf(trusting)).toContain('"mountPath" = "/etc/pki/tls/certs"');
    expect(parse(json.resource.helm_release.csi_prerequisites.values[0]).objects).toHaveLength(1);
  });

  test("proves a volume of each class on each node, and lists at the end which stay", () => {
    const [{ "local-exec": test }] = json.resource.null_resource.csi_test.provisioner;
    expect(test.environment).toMatchObject({
      STORAGE_CLASSES: "proxmox-local-lvm slow",
      VOLUME_NODES: "talos-gpu=192.168.1.50",
      PROVISIONER: "proxmox-csi-plugin-controller",
      VOLUME: "",
    });
    const [{ "local-exec": report }] = json.resource.null_resource.csi_volumes.provisioner;
    expect(report).toMatchObject({
      when: "destroy",
      environment: { DRIVER: "csi.proxmox.sinextra.dev", OUTLIVE: "yes" },
    });
  });
});
