import { TerraformOutput, type TerraformStack, TerraformVariable } from "cdktf";
import { BackupJob } from "../.gen/providers/proxmox/backup-job";
import { DataProxmoxVirtualEnvironmentVms } from "../.gen/providers/proxmox/data-proxmox-virtual-environment-vms";
import { HardwareMappingPci } from "../.gen/providers/proxmox/hardware-mapping-pci";
import { VirtualEnvironmentVm } from "../.gen/providers/proxmox/virtual-environment-vm";
import { PciMapping, ProxmoxConnection, type ProxmoxGpuVm, type ProxmoxGpuVmProps } from "../constructs";
import "./matchers";
import { apiToken, checksAtPlan, synthesized, synthesizedJson, type TerraformJson, vmIn } from "./stacks";

const vm = (props: Partial<ProxmoxGpuVmProps> = {}, connection = undefined as typeof apiToken | undefined) =>
  synthesized((stack) => void vmIn(stack, props, connection));

const block = (props: Partial<ProxmoxGpuVmProps> = {}): TerraformJson =>
  synthesizedJson((stack) => void vmIn(stack, props)).resource[VirtualEnvironmentVm.tfResourceType].talos_node;

describe("ProxmoxGpuVm", () => {
  test("has by default what a Talos guest needs", () => {
    expect(vm()).toHaveResourceWithProperties(VirtualEnvironmentVm, {
      name: "talos-gpu",
      node_name: "pve",
      machine: "q35",
      bios: "ovmf",
      efi_disk: { datastore_id: "local-lvm", type: "4m", pre_enrolled_keys: false },
      cpu: { cores: 4, sockets: 1, type: "host" },
      memory: { dedicated: 8192, floating: 0 },
      scsi_hardware: "virtio-scsi-pci",
      operating_system: { type: "l26" },
      serial_device: [{ device: "socket" }],
      on_boot: true,
      stop_on_destroy: true,
    });
  });

  test("writes every key of a network device, because the provider demands them all", () => {
    expect(block({ networkDevices: [{ bridge: "vmbr1", vlanId: 5 }] }).network_device).toEqual([
      {
        bridge: "vmbr1",
        disconnected: null,
        enabled: null,
        firewall: null,
        mac_address: null,
        model: "virtio",
        mtu: null,
        queues: null,
        rate_limit: null,
        trunks: null,
        vlan_id: 5,
      },
    ]);
  });

  test("is backed up by a job of its own, which goes before the VM", () => {
    const stack = vm({ backup: { datastore: "nas", keep: { last: 2, weekly: 4 } } });
    expect(stack).toHaveResourceWithProperties(BackupJob, {
      id: "vm-${proxmox_virtual_environment_vm.talos_node.vm_id}",
      vmid: ["${proxmox_virtual_environment_vm.talos_node.vm_id}"],
      storage: "nas",
      schedule: "02:00",
      compress: "zstd",
      prune_backups: { "keep-last": "2", "keep-weekly": "4" },
    });
    expect(JSON.parse(stack).resource[BackupJob.tfResourceType]).toHaveProperty("talos_node");
    expect(vm()).not.toHaveResource(BackupJob);
  });

  test("has no EFI disk with seabios", () => {
    expect(block({ bios: "seabios" })).not.toHaveProperty("efi_disk");
  });

  describe("boots", () => {
    test("from an imported image, on its first disk", () => {
      const { disk, boot_order } = block({ disks: [{ size: 50 }, { size: 20, datastore: "tank" }] });
      expect(disk).toMatchObject([
        { interface: "scsi0", size: 50, import_from: "local:import/talos.qcow2", cache: "writethrough", discard: "on" },
        { interface: "scsi1", size: 20, datastore_id: "tank" },
      ]);
      expect(disk[1]).not.toHaveProperty("import_from");
      expect(boot_order).toEqual(["scsi0"]);
    });

    test("from a clone of a template by id, with the template's disks", () => {
      const { clone, disk } = block({ boot: { clone: { id: 9000, node: "pve2" } } });
      expect(clone).toEqual({ vm_id: 9000, node_name: "pve2", full: true });
      expect(disk).toBeUndefined();
    });

    test("from a clone of a template by id, on the node that has it", () => {
      const { clone } = block({ boot: { clone: { id: 9000 } } });
      expect(clone).toEqual({
        vm_id: 9000,
        node_name:
          "${one([for vm in data.proxmox_virtual_environment_vms.same_id.vms : vm.node_name if (vm.vm_id == 9000)])}",
        full: true,
      });
    });

    test("from a clone of the only template of a name, on its own node before others", () => {
      const stack = vm({ boot: { clone: { name: "talos-template" } } });
      const all = "data.proxmox_virtual_environment_vms.talos_template.vms";
      const own = `[for vm in ${all} : vm if (vm.node_name == "pve")]`;
      expect(stack).toHaveDataSourceWithProperties(DataProxmoxVirtualEnvironmentVms, {
        filter: [
          { name: "name", values: ["talos-template"] },
          { name: "template", values: ["true"] },
        ],
      });
      expect(stack).toHaveResourceWithProperties(VirtualEnvironmentVm, {
        clone: expect.objectContaining({
          vm_id: `\${concat(${own}, ${all})[0].vm_id}`,
          node_name: `\${concat(${own}, ${all})[0].node_name}`,
        }),
        lifecycle: expect.objectContaining({
          precondition: expect.arrayContaining([
            {
              condition: `\${((length(${all}) == 1) || (length(${own}) == 1))}`,
              error_message: expect.stringMatching(
                /"talos-template" is not the name of exactly one template.*\[clone-source-once\]/,
              ),
            },
          ]),
        }),
      });
    });

    test("from an ISO, after the disk that it installs to", () => {
      const { cdrom, boot_order, disk } = block({ boot: { iso: { fileId: "local:iso/talos.iso" } } });
      expect(cdrom).toEqual({ file_id: "local:iso/talos.iso", interface: "ide0" });
      expect(boot_order).toEqual(["scsi0", "ide0"]);
      expect(disk).toHaveLength(1);
    });
  });

  describe("passes through", () => {
    const device = { name: "gpu", address: "01:00", deviceId: "10de:2684" };
    const hostpci = (...gpus: ProxmoxGpuVmProps["gpus"] & object) => block({ gpus }).hostpci;

    test.each([
      ["a function of lspci", { address: "01:00" }, "0000:01:00.0"],
      ["an address in full, in lower case", { address: "0000:0A:00.1" }, "0000:0a:00.1"],
      ["the whole device", { address: "01:00", functions: "all" as const }, "0000:01:00"],
      ["several functions", { address: "01:00", functions: [0, 1] }, "0000:01:00.0;0000:01:00.1"],
      ["several devices", { address: "01:00;02:00.1" }, "0000:01:00.0;0000:02:00.1"],
    ])("%s", (_, gpu, id) => {
      expect(hostpci(gpu)).toEqual([{ device: "hostpci0", id, pcie: true, rombar: true, xvga: false }]);
    });

    test("a mapping", () => {
      expect(hostpci({ mapping: "gpu" })).toEqual([
        { device: "hostpci0", mapping: "gpu", pcie: true, rombar: true, xvga: false },
      ]);
    });

    test("devices in slots by their order, in which the provider reads them back", () => {
      const gpus = Array.from({ length: 12 }, (_, index) => ({ mapping: `gpu${index}` }));
      expect(hostpci(...gpus).map(({ device }: TerraformJson) => device)).toEqual(
        gpus.map((_, slot) => `hostpci${slot}`),
      );
    });

    test("with all options, booleans as booleans", () => {
      const gpu = { address: "01:00", pcie: false, rombar: false, xvga: true, romFile: "gpu.rom", mdev: "nvidia-63" };
      expect(hostpci(gpu)).toEqual([
        {
          device: "hostpci0",
          id: "0000:01:00.0",
          pcie: false,
          rombar: false,
          xvga: true,
          rom_file: "gpu.rom",
          mdev: "nvidia-63",
        },
      ]);
    });

    test("a device for which it creates the mapping, so that an API token suffices", () => {
      const stack = vm({ gpus: [{ mapping: { ...device, iommuGroup: 14 } }] }, apiToken);
      expect(stack).toHaveResourceWithProperties(HardwareMappingPci, {
        name: "gpu",
        map: [expect.objectContaining({ node: "pve", path: "0000:01:00", id: "10de:2684", iommu_group: 14 })],
      });
      expect(stack).toHaveResourceWithProperties(VirtualEnvironmentVm, {
        hostpci: [expect.objectContaining({ mapping: "${proxmox_hardware_mapping_pci.gpu.name}" })],
      });
    });

    test("a mapping of the stack, by its name and by itself, of which the VM waits for the resource", () => {
      const { resource } = synthesizedJson((stack) => {
        const connection = new ProxmoxConnection(stack, "proxmox", apiToken);
        const [one, two] = ["one", "two"].map(
          (name, bus) =>
            new PciMapping(stack, name, { ...device, name, address: `0${bus}:00`, connection, node: "pve" }),
        ) as [PciMapping, PciMapping];
        expect(vmIn(stack, { gpus: [{ mapping: one.name }, { mapping: two }] }).pciMappings).toEqual([]);
      });
      expect(resource.proxmox_virtual_environment_vm.talos_node.hostpci).toMatchObject([
        { mapping: "${proxmox_hardware_mapping_pci.one.name}" },
        { mapping: "${proxmox_hardware_mapping_pci.two.name}" },
      ]);
      expect.assertions(2);
    });

    describe("a mapping that it creates,", () => {
      const connected = (stack: TerraformStack) => new ProxmoxConnection(stack, "proxmox", apiToken);
      const mappingOf = (build: (stack: TerraformStack) => void) =>
        Object.values<TerraformJson>(synthesizedJson(build).resource.proxmox_hardware_mapping_pci)[0];

      test("with its ids in lower case, in which Proxmox compares them, variables too", () => {
        const upperCase = { ...device, deviceId: "10DE:26BA", subsystemId: "1458:40BF" };
        expect(mappingOf((stack) => void vmIn(stack, { gpus: [{ mapping: upperCase }] })).map).toEqual([
          expect.objectContaining({ id: "10de:26ba", subsystem_id: "1458:40bf" }),
        ]);
        const withVariables = (stack: TerraformStack) => {
          const id = new TerraformVariable(stack, "id", { type: "string" }).stringValue;
          vmIn(stack, { gpus: [{ mapping: { ...device, deviceId: id, subsystemId: id } }] });
        };
        expect(mappingOf(withVariables).map).toEqual([
          expect.objectContaining({ id: "${lower(var.id)}", subsystem_id: "${lower(var.id)}" }),
        ]);
      });

      test("of the whole device where a variable has no function either", () => {
        const withVariable = (stack: TerraformStack) => {
          const address = new TerraformVariable(stack, "address", { type: "string" }).stringValue;
          vmIn(stack, { gpus: [{ mapping: { ...device, address } }] });
        };
        expect(mappingOf(withVariable).map).toEqual([
          expect.objectContaining({ path: '${lower(replace(var.address, "/^(..:..([.].)?)$/", "0000:$1"))}' }),
        ]);
      });

      test("at an address of its own where its name is taken", () => {
        const { resource } = synthesizedJson(
          (stack) => void vmIn(stack, { gpus: [{ mapping: { ...device, name: "Resource" } }] }),
        );
        expect(resource.proxmox_hardware_mapping_pci).toEqual({
          talos_node_gpu0: expect.objectContaining({ name: "Resource" }),
        });
      });

      const oneFunction = { ...device, address: "01:00.0" };
      const mediated = { mdev: "nvidia-63" };
      test.each<[string, boolean | undefined, (stack: TerraformStack) => void]>([
        ["without mediated devices", undefined, (stack) => void vmIn(stack, { gpus: [{ mapping: oneFunction }] })],
        [
          "for mediated devices where its GPU is one",
          true,
          (stack) => void vmIn(stack, { gpus: [{ mapping: oneFunction, ...mediated }] }),
        ],
        [
          "for mediated devices where a GPU of its name is one",
          true,
          (stack) => {
            const connection = connected(stack);
            new PciMapping(stack, "gpu", { ...oneFunction, connection, node: "pve" });
            vmIn(stack, { gpus: [{ mapping: "gpu", ...mediated }] });
          },
        ],
        [
          "for mediated devices where a GPU before it is one",
          true,
          (stack) => {
            const connection = connected(stack);
            vmIn(stack, { gpus: [{ mapping: "gpu", ...mediated }] });
            new PciMapping(stack, "gpu", { ...oneFunction, connection, node: "pve" });
          },
        ],
        [
          "for mediated devices where a GPU that refers to it is one",
          true,
          (stack) => {
            const connection = connected(stack);
            const mapping = new PciMapping(stack, "gpu", { ...oneFunction, connection, node: "pve" });
            vmIn(stack, { gpus: [{ mapping: mapping.name, ...mediated }] });
          },
        ],
      ])("%s", (_, expected, build) => {
        expect(mappingOf(build).mediated_devices).toBe(expected);
      });
    });

    test("USB devices, by host id, by port and by mapping", () => {
      const usb = [{ host: "1050:0407" }, { host: "1-2.3" }, { mapping: "key" }];
      expect(block({ usb }).usb).toEqual(usb);
      expect(block()).not.toHaveProperty("usb");
    });
  });

  test("guards a VM id against a VM of another name", () => {
    expect(vm({ vmId: 100 })).toHaveDataSource(DataProxmoxVirtualEnvironmentVms);
    expect(block({ vmId: 100 }).lifecycle.precondition).toContainEqual({
      condition:
        '${(lookup(zipmap(data.proxmox_virtual_environment_vms.same_id.vms[*].vm_id, data.proxmox_virtual_environment_vms.same_id.vms[*].name), 100, "talos-gpu") == "talos-gpu")}',
      error_message: expect.stringContaining("[vm-id-free]"),
    });
  });

  describe("once it is made", () => {
    const { identity, lifecycleOf } = {
      identity: (props = {}) =>
        synthesizedJson((stack) => void vmIn(stack, { vmId: 100, disks: [{ size: 20 }], ...props })).resource
          .null_resource.talos_node_identity,
      lifecycleOf: (props = {}) => block({ vmId: 100, ...props }).lifecycle,
    };

    test("is remembered in the state by what it cannot change and stay", () => {
      expect(identity()).toMatchObject({
        triggers: { vm_id: "100", node: "pve", efi_disk_type: "4m", system_disk: "scsi0", system_disk_size: "20" },
        lifecycle: { ignore_changes: ["triggers"] },
      });
    });

    test("is remembered anew where it may be replaced", () => {
      expect(identity({ replaceable: true }).lifecycle).toEqual({ ignore_changes: ['triggers["created"]'] });
      expect(JSON.stringify(lifecycleOf({ replaceable: true }))).not.toContain("vm-kept");
      // With another node or disk the whole record is rewritten, as if the state had not known the VM; another resource still does.
      expect(JSON.stringify(lifecycleOf({ replaceable: true }))).toContain("terraform_data.talos_node_known.input");
    });

    test.each([
      ["an image", { boot: { image: { fileId: "local:import/talos.qcow2" } } }, ["disk[0].import_from"]],
      ["a template", { boot: { clone: { id: 9000 } } }, ["clone"]],
      [
        "an image, with disks of a CSI driver",
        { boot: { image: { fileId: "local:import/talos.qcow2" } }, disksManagedElsewhere: true },
        ["disk"],
      ],
    ])("does not follow what it was made from: %s", (_, props, ignored) => {
      expect(lifecycleOf(props).ignore_changes).toEqual(ignored);
    });
  });

  test("asks for the VMs once, however many it guards", () => {
    const { data } = synthesizedJson((stack) => {
      vmIn(stack, { vmId: 100 });
      vmIn(stack, { vmId: 101 }, undefined, "second");
    });
    expect(Object.keys(data[DataProxmoxVirtualEnvironmentVms.tfResourceType])).toEqual(["same_id"]);
  });

  test("turns the agent on exactly where what it boots contains the agent", () => {
    expect(block().agent).toEqual({ enabled: true, trim: true, type: "virtio" });
    expect(block({ boot: { clone: { id: 9000 } } }).agent.enabled).toBe(false);
    expect(block({ boot: { clone: { id: 9000, guestAgent: true } } }).agent.enabled).toBe(true);
  });

  test.each([
    ["scsi0", "/dev/sda"],
    ["sata1", "/dev/sda"],
    ["virtio0", "/dev/vda"],
  ])("tells Talos the install disk of %s: %s", (bus, device) => {
    let made: ProxmoxGpuVm | undefined;
    synthesized((stack) => {
      made = vmIn(stack, { disks: [{ size: 20, interface: bus }] });
    });
    expect(made?.installDisk).toBe(device);
  });

  test.each([
    [["virtio0", "scsi1"], "/dev/vda"],
    [["scsi0", "virtio1"], "/dev/sda"],
    [[undefined, "virtio1"], "/dev/sda"],
  ])("tells Talos the install disk of the first of %j: %s", (buses, device) => {
    let made: ProxmoxGpuVm | undefined;
    synthesized((stack) => {
      made = vmIn(stack, { disks: buses.map((bus) => ({ size: 20, ...(bus && { interface: bus }) })) });
    });
    expect(made?.installDisk).toBe(device);
  });

  test("leaves the kind of a disk to Proxmox where the bus is a variable, and takes it where it is said", () => {
    const disk = (ssd?: boolean) =>
      synthesizedJson((stack) => {
        const { stringValue } = new TerraformVariable(stack, "value", { type: "string" });
        vmIn(stack, { disks: [{ size: 20, interface: stringValue, ...(ssd !== undefined && { ssd }) }] });
      }).resource[VirtualEnvironmentVm.tfResourceType].talos_node.disk[0];
    expect(disk()).not.toHaveProperty("ssd");
    expect(disk(true).ssd).toBe(true);
    expect(block({ disks: [{ size: 20, interface: "virtio0" }] }).disk[0]).not.toHaveProperty("ssd");
    expect(block({ disks: [{ size: 20 }] }).disk[0].ssd).toBe(true);
  });

  test("exposes its defaults, its resource and its addresses", () => {
    const { output } = synthesizedJson((stack) => {
      const made = vmIn(stack, {
        networkDevices: [{ macAddress: "BC:24:11:00:00:01" }],
        initialization: {
          ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }],
          dnsServers: ["192.168.1.2"],
        },
      });
      expect(made).toMatchObject({
        name: "talos-gpu",
        address: "192.168.1.50/24",
        gateway: "192.168.1.1",
        dnsServers: ["192.168.1.2"],
        macAddress: "BC:24:11:00:00:01",
        cpu: { cores: 4, sockets: 1, type: "host" },
        memory: { dedicated: 8192, floating: 0 },
      });
      expect(made.resource).toBeInstanceOf(VirtualEnvironmentVm);
      new TerraformOutput(stack, "of_vm", { value: [made.id, made.vmId, made.ipv4Addresses] });
    });
    expect(output.of_vm.value).toEqual([
      "${proxmox_virtual_environment_vm.talos_node.id}",
      "${proxmox_virtual_environment_vm.talos_node.vm_id}",
      "${proxmox_virtual_environment_vm.talos_node.ipv4_addresses}",
    ]);
    expect.assertions(3);
  });

  test("writes tags as Proxmox stores them: in lower case, sorted, each once", () => {
    expect(block({ tags: ["Talos", "gpu", "talos"] }).tags).toEqual(["gpu", "talos"]);
    const withVariable = synthesizedJson((stack) => {
      vmIn(stack, { tags: ["Talos", new TerraformVariable(stack, "tag", {}).stringValue] });
    });
    expect(withVariable.resource[VirtualEnvironmentVm.tfResourceType].talos_node.tags).toBe(
      '${sort(distinct(["talos", lower(var.tag)]))}',
    );
  });

  test("writes a description as it is, whatever Terraform would read in it", () => {
    expect(block({ description: "run ${HOME}/%{if}" }).description).toBe("run $${HOME}/%%{if}");
    const lengths = checksAtPlan((stack) => {
      const { stringValue } = new TerraformVariable(stack, "value", { type: "string" });
      vmIn(stack, { description: `say "${stringValue}"` });
    }).filter(({ message }) => message.endsWith("[description-length]"));
    expect(lengths.map(({ condition }) => condition)).toEqual([
      expect.stringContaining('length(join("", ["say \\"", var.value, "\\""]))'),
    ]);
  });

  test("writes a description without blanks around it and with the line ends of Unix, as the provider reads it back", () => {
    expect(block({ description: "\n\t# a node\r\n\r\n  - one\n \u0085" }).description).toBe("# a node\n\n  - one");
    expect(block({ description: " " }).description).toBe("");
    const { resource } = synthesizedJson((stack) => {
      vmIn(stack, { description: new TerraformVariable(stack, "value", { type: "string" }).stringValue });
    });
    expect(resource[VirtualEnvironmentVm.tfResourceType].talos_node.description).toBe(
      '${trimspace(replace(var.value, "\\r\\n", "\\n"))}',
    );
  });

  test("takes an optional list without items for one that is left out", () => {
    const initialization = { ipConfigs: [{ address: "dhcp" }] };
    const empty = { gpus: [], usb: [], tags: [], initialization: { ...initialization, dnsServers: [] } };
    expect(block(empty)).toEqual(block({ initialization }));
  });

  test("leaves alone, when it changes, what the provider does not take away", () => {
    const ignored = (props: Partial<ProxmoxGpuVmProps>) => block(props).lifecycle.ignore_changes;
    const ipConfigs = [{ address: "dhcp" }];
    expect(ignored({ initialization: { ipConfigs, dnsServers: ["192.168.1.1"] } })).toEqual(["disk[0].import_from"]);
    expect(ignored({ initialization: { ipConfigs } })).toEqual(["disk[0].import_from", "initialization[0].dns"]);
  });

  test("warns, when Terraform plans, of what a clone keeps that nobody has named", () => {
    const checks = (boot: ProxmoxGpuVmProps["boot"], props = {}) =>
      Object.values<TerraformJson>(synthesizedJson((stack) => void vmIn(stack, { boot, ...props })).check ?? {});
    expect(checks({ clone: { id: 9000 } }, { bios: "seabios" })).toEqual([
      {
        assert: [
          {
            condition:
              '${(!(proxmox_virtual_environment_vm.talos_node.scsi_hardware == "virtio-scsi-pci") && !(proxmox_virtual_environment_vm.talos_node.bios == "seabios"))}',
            error_message:
              'the clone keeps its template\'s SCSI controller and firmware, which the props do not say; write scsiHardware and bios beside the template as `qm config` shows it, "lsi" and "seabios" where it shows none [clone-template-known]',
          },
        ],
      },
    ]);
    expect(checks({ clone: { id: 9000, scsiHardware: "virtio-scsi-pci" } })).toEqual([]);
    expect(checks({ clone: { id: 9000 } }, { scsiHardware: "pvscsi" })).toEqual([]);
  });

  test("gives both families of one network device to the cloud-init drive, and an unknown address to that of its prop", () => {
    const ipConfigs = [
      { address: "192.168.1.50/24", gateway: "192.168.1.1", ipv6: { address: "2001:db8::50/64", gateway: "fe80::1" } },
    ];
    expect(block({ initialization: { ipConfigs } }).initialization.ip_config).toEqual([
      {
        ipv4: { address: "192.168.1.50/24", gateway: "192.168.1.1" },
        ipv6: { address: "2001:db8::50/64", gateway: "fe80::1" },
      },
    ]);
    const { resource } = synthesizedJson((stack) => {
      const address = new TerraformVariable(stack, "address", {}).stringValue;
      vmIn(stack, { initialization: { ipConfigs: [{ ipv6: { address } }] } });
    });
    expect(resource[VirtualEnvironmentVm.tfResourceType].talos_node.initialization.ip_config).toEqual([
      { ipv6: { address: "${var.address}" } },
    ]);
  });

  test("tells Talos each of its network devices", () => {
    let made: ProxmoxGpuVm | undefined;
    synthesized((stack) => {
      made = vmIn(stack, {
        networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, { macAddress: "BC:24:11:00:00:02" }],
        initialization: {
          ipConfigs: [{ address: "dhcp", reservedAddress: "192.168.1.50" }, { address: "10.0.0.50/24" }],
        },
      });
    });
    expect(made?.address).toBe("192.168.1.50");
    expect(made?.interfaces).toEqual([
      { macAddress: "BC:24:11:00:00:01", addresses: [], gateways: [], dhcp: true, dhcpv6: false },
      { macAddress: "BC:24:11:00:00:02", addresses: ["10.0.0.50/24"], gateways: [], dhcp: false, dhcpv6: false },
    ]);
  });

  test("gives an IPv6 address to the cloud-init drive as such", () => {
    const initialization = { ipConfigs: [{ address: "fd00::50/64", gateway: "fd00::1" }] };
    expect(block({ initialization }).initialization.ip_config).toEqual([
      { ipv6: { address: "fd00::50/64", gateway: "fd00::1" } },
    ]);
  });
});
