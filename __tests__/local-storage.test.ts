import { Environment } from "@marcbachmann/cel-js";
import { parse, parseAllDocuments } from "yaml";
import { HelmInstall, LocalStorage, type LocalStorageProps } from "../constructs";
import { twoDisks } from "./fixtures/local-storage";
import { clusterIn, machine, machineAt, nodeIn, outcomeOf, synthesizedJson, type TerraformJson, vmIn } from "./stacks";

const onNode = (props: Partial<LocalStorageProps> = {}): TerraformJson =>
  synthesizedJson((stack) => {
    const node = nodeIn(stack, { machine: { ...machine, disks: twoDisks } });
    new LocalStorage(stack, "storage", { node, disk: "scsi1", ...props });
  });

/** The documents of a node's patches. */
const patchesOf = (json: TerraformJson, node = "node"): TerraformJson[] =>
  json.data.talos_machine_configuration[node].config_patches.flatMap((patch: string) =>
    parseAllDocuments(patch).map((document) => document.toJS()),
  );
const volumesOf = (json: TerraformJson, node?: string) =>
  patchesOf(json, node).filter(({ kind }) => kind === "UserVolumeConfig");
const labelsOf = (json: TerraformJson, node?: string) =>
  patchesOf(json, node).flatMap(({ machine }) => Object.keys(machine?.nodeLabels ?? {}));
const objectsOf = (json: TerraformJson) => parse(json.resource.helm_release.storage_prerequisites.values[0]).objects;

describe("LocalStorage", () => {
  test("has Talos format the disk, and no other", () => {
    expect(volumesOf(onNode())).toEqual([
      {
        apiVersion: "v1alpha1",
        kind: "UserVolumeConfig",
        name: "local",
        provisioning: {
          diskSelector: {
            match: '"/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-scsi1" in disk.symlinks && !system_disk',
          },
          minSize: "1GiB",
          grow: true,
        },
      },
    ]);
  });

  test("keeps volumes where the disk is mounted, on nodes that have it, where the pod is scheduled", () => {
    const [namespace, storageClass] = objectsOf(onNode({ storageClass: "fast", defaultClass: false }));
    expect(namespace.metadata.labels).toEqual({ "pod-security.kubernetes.io/enforce": "privileged" });
    expect(storageClass).toMatchObject({
      metadata: { name: "fast", annotations: { "storageclass.kubernetes.io/is-default-class": "false" } },
      provisioner: "openebs.io/local",
      volumeBindingMode: "WaitForFirstConsumer",
      allowedTopologies: [{ matchLabelExpressions: [{ key: "local-storage/fast", values: ["true"] }] }],
    });
    expect(parse(storageClass.metadata.annotations["cas.openebs.io/config"])).toEqual([
      { name: "StorageType", value: "hostpath" },
      { name: "BasePath", value: "/var/mnt/fast" },
    ]);
    expect(objectsOf(onNode())[1].metadata.annotations).toMatchObject({
      "storageclass.kubernetes.io/is-default-class": "true",
    });
  });

  test("gives each machine of a cluster that has the disk a volume of its own, and no other a label", () => {
    const json = synthesizedJson((stack) => {
      const node = clusterIn(stack, {
        workers: [
          machineAt("worker-1", 61, { disks: twoDisks }),
          machineAt("worker-2", 62, { disks: twoDisks.slice(0, 1) }),
        ],
      });
      new LocalStorage(stack, "storage", { node, disk: "scsi1" });
    });
    const has = (node: string) => [volumesOf(json, node).length, labelsOf(json, node).includes("local-storage/local")];
    expect(["worker-1", "worker-2", "control-1"].map(has)).toEqual([
      [1, true],
      [0, false],
      [0, false],
    ]);
    const [{ "local-exec": test }] = json.resource.null_resource.storage_test.provisioner;
    expect(test.environment.VOLUME_NODES).toBe("worker-1=192.168.1.61");
  });

  test("knows the disks of a VM", () => {
    const json = synthesizedJson((stack) => {
      const vm = vmIn(stack, {
        disks: [{ size: 32 }, { size: 100 }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
      });
      new LocalStorage(stack, "storage", { node: nodeIn(stack, { machine: vm }), disk: "scsi1" });
    });
    expect(volumesOf(json)).toHaveLength(1);
  });

  test("proves that a volume outlives its pod, before any chart that uses one", () => {
    const json = synthesizedJson((stack) => {
      const node = nodeIn(stack, { machine: { ...machine, disks: twoDisks } });
      new HelmInstall(stack, "models", {
        node,
        chart: "ollama",
        repository: "https://charts.example/",
        version: "1.2.3",
      });
      new LocalStorage(stack, "storage", { node, disk: "scsi1" });
    });
    expect(json.resource.helm_release.models.depends_on).toContain("null_resource.storage_test");
    const { triggers, provisioner } = json.resource.null_resource.storage_test;
    expect(triggers.release).toContain("helm_release.storage.metadata.revision");
    const { environment } = provisioner[0]["local-exec"];
    expect(environment.STORAGE_CLASSES).toBe("local");
    const commands = ["WRITER", "READER"].map(
      (name) => parse(environment[name]).spec.template.spec.containers[0].command[2],
    );
    expect(commands).toEqual([
      "echo 'written by the pod before' >/data/text && sync",
      "test \"$(cat /data/text)\" = 'written by the pod before'",
    ]);
  });

  test("leaves the test out, and is waited for all the same", () => {
    const json = onNode({ storageTest: false });
    expect(Object.keys(json.resource.null_resource)).not.toContain("storage_test");
    expect(Object.keys(json.resource.null_resource)).toContain("wait_for_storage");
  });
});

describe("the volume of LocalStorage", () => {
  const upTo = (bus: string, count: number) => Array.from({ length: count }, (_, number) => `${bus}${number}`);
  const interfaces = [...upTo("scsi", 31), ...upTo("virtio", 16), ...upTo("sata", 6), "ide0", "ide1", "ide3"];
  const systems = ["scsi0", "scsi1", "scsi15", "scsi30", "virtio0", "virtio15", "sata0", "ide0"];
  const address = { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] };
  const linkOf = (name: string) => `/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_${name}`;
  /** What Linux names a disk by: up to QEMU 9 the serial number takes the place of the interface. */
  const linksOf = (place: string, serial?: string) =>
    place.startsWith("scsi") ? [linkOf(serial ?? `drive-${place}`)] : [`/dev/disk/by-id/virtio-${serial ?? place}`];
  const environment = new Environment().registerVariable("disk", "map").registerVariable("system_disk", "bool");
  const isOn = (match: string, symlinks: string[], system: boolean): unknown =>
    environment.evaluate(match, { disk: { symlinks }, system_disk: system });

  // Each with a disk beside it that has the name of the volume's as its serial number.
  test.each(systems)("is on its own disk alone, with the system on %s", (system) => {
    const tried = ["scsi0", "scsi1", "scsi30"].filter((place) => place !== system);
    const outcomes = tried.map((place) => {
      const outcome = outcomeOf((stack) => {
        const disks = [
          { size: 32, interface: system },
          { size: 100, interface: place },
        ];
        const node = nodeIn(stack, { machine: vmIn(stack, { disks, initialization: address }) });
        new LocalStorage(stack, "storage", { node, disk: place });
      });
      if (outcome.problems().length > 0) return "refused";
      const [volume] = volumesOf(JSON.parse(outcome.synthesized()));
      const { match } = volume.provisioning.diskSelector;
      expect(isOn(match, linksOf(place), false)).toBe(true);
      for (const serial of [undefined, `drive-${place}`])
        expect(isOn(match, linksOf(system, serial), true)).toBe(false);
      for (const other of interfaces.filter((each) => each !== place))
        expect(isOn(match, linksOf(other), false)).toBe(false);
      return "its own";
    });
    // On other buses than SCSI and virtio the system disk may not be the first.
    expect(outcomes).toContain(/^(sata|ide)|^scsi30$/.test(system) ? "refused" : "its own");
  });

  test.each(systems)("is never on the disk that the machine boots from, %s", (system) => {
    const { problems } = outcomeOf((stack) => {
      const disks = [{ size: 32, interface: system }];
      const node = nodeIn(stack, { machine: vmIn(stack, { disks, initialization: address }) });
      new LocalStorage(stack, "storage", { node, disk: system });
    });
    expect(problems().join()).toContain("[local-storage-disk]");
  });
});
