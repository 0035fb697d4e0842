import { Resource as NullResource } from "@cdktf/provider-null/lib/resource";
import { TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import {
  CiliumInstall,
  PciMapping,
  type PciMappingProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  type ProxmoxGpuVmProps,
  TalosGpuCluster,
  type TalosGpuClusterProps,
  TalosImage,
  type TalosImageProps,
  type TalosSingleNodeProps,
} from "../constructs";
import { apiToken, ciliumIn, machine, nodeIn, password, vmIn } from "./stacks";

type Build = (stack: TerraformStack) => void;

export interface AtPlan {
  readonly build: (stack: TerraformStack, value: never) => void;
  /** Type of the variable. */
  readonly type?: string;
  /** Values that the rule lets pass, now and at plan. */
  readonly passes?: readonly unknown[];
  /** Values that it refuses, now and at plan. */
  readonly fails?: readonly unknown[];
}

/** For each rule, what it lets pass and what it refuses, with the reason. */
export interface RuleFixtures {
  readonly valid: Readonly<Record<string, Build>>;
  /** What is refused, and the message without the rule's id. */
  readonly invalid: Readonly<Record<string, readonly [Build, problem: string]>>;
  /** What Terraform decides where a value is a variable, or known to Proxmox alone. */
  readonly atPlan?: Readonly<Record<string, AtPlan>>;
}

const vm =
  (props: object, connection?: ProxmoxConnectionProps): Build =>
  (stack) =>
    void vmIn(stack, props as Partial<ProxmoxGpuVmProps>, connection);
const gpu = (props: object, connection?: ProxmoxConnectionProps): Build => vm({ gpus: [props] }, connection);
const node =
  (props: object): Build =>
  (stack) =>
    void nodeIn(stack, props);
const cilium =
  (props: object, nodeProps = {}): Build =>
  (stack) =>
    void ciliumIn(stack, props, nodeProps);
const pool = (...blocks: object[]): Build => cilium({ l2Announcements: { addressPools: [{ name: "lan", blocks }] } });
const image =
  (props: TalosImageProps): Build =>
  (stack) =>
    void new TalosImage(stack, "image", props);
const connection =
  (props: object): Build =>
  (stack) =>
    void new ProxmoxConnection(stack, "proxmox", { ...password, ...props });
const mapping =
  (props: Partial<PciMappingProps>): Build =>
  (stack) => {
    new ProxmoxConnection(stack, "proxmox", apiToken);
    new PciMapping(stack, "gpu", { name: "gpu", node: "pve", address: "01:00", deviceId: "10de:2684", ...props });
  };

const anotherStack = (stack: TerraformStack) => new TerraformStack(stack.node.root as Construct, "another");
const inAnotherStack = (stack: TerraformStack, build: Build): void => build(anotherStack(stack));

/** A site of one cluster, as a user writes it. */
const cluster =
  (props: Partial<TalosGpuClusterProps>): Build =>
  (stack) =>
    void new TalosGpuCluster(stack, "site", {
      proxmox: password,
      vm: { name: "talos-gpu", node: "pve", initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } },
      cluster: { clusterName: "talos-gpu" },
      ...props,
    });
const template = { clone: { id: 9000, guestAgent: true } };

/** A cluster, after one of another name and address in another stack. */
const twoClusters =
  (earlier: Partial<TalosSingleNodeProps>, props: Partial<TalosSingleNodeProps>): Build =>
  (stack) => {
    const other = { clusterName: "other", machine: { ...machine, address: "192.168.1.51/24" } };
    inAnotherStack(stack, (another) => nodeIn(another, { ...other, ...earlier }));
    nodeIn(stack, props);
  };

export const fixtures: Readonly<Record<string, RuleFixtures>> = {
  "prop-type": {
    valid: { "all props are known and of their type": vm({ description: "a node" }) },
    invalid: {
      "a misspelt prop would be ignored": [
        gpu({ address: "01:00", romBar: false }),
        "gpus[0].romBar is not a prop; the props here are address, functions, mapping, pcie, rombar, xvga, romFile, mdev",
      ],
      "a number is no name": [vm({ description: 5 }), "description is 5; write a string"],
      "a required prop is missing": [vm({ node: undefined }), "node is missing"],
    },
  },
  "address-once": {
    valid: {
      "two ids": (stack) => {
        vmIn(stack);
        vmIn(stack, {}, password, "second");
      },
      "the same id in two stacks": (stack) => {
        vmIn(stack);
        inAnotherStack(stack, (another) => vmIn(another));
      },
    },
    invalid: {
      "two VMs would become one": [
        (stack) => {
          vmIn(stack);
          vmIn(new Construct(stack, "second"));
        },
        "proxmox_virtual_environment_vm.talos_node is the address of both stack/talos_node/Resource and stack/second/talos_node/Resource; give one of them an id of its own",
      ],
      "two mappings would become one": [
        (stack) => {
          const mapped = { name: "gpu", address: "01:00", deviceId: "10de:2684" };
          vmIn(stack, { gpus: [{ mapping: mapped }] });
          vmIn(stack, { gpus: [{ mapping: { ...mapped, address: "02:00" } }] }, password, "second");
        },
        "proxmox_hardware_mapping_pci.gpu is the address of both stack/talos_node/gpu/Resource and stack/second/gpu/Resource; give one of them an id of its own",
      ],
      "two images would become one, of the later version": [
        (stack) => {
          new TalosImage(new Construct(stack, "a"), "talos", { version: "v1.13.9" });
          new TalosImage(new Construct(stack, "b"), "talos", { version: "v1.12.6" });
        },
        "data.talos_image_factory_urls.talos is the address of both stack/a/talos/Urls and stack/b/talos/Urls; give one of them an id of its own",
      ],
      "a resource of the user's own takes the address": [
        (stack) => {
          nodeIn(stack);
          new NullResource(stack, "wait").overrideLogicalId("wait_for_kubernetes");
        },
        "null_resource.wait_for_kubernetes is the address of both stack/cluster/WaitForKubernetes and stack/wait; give one of them an id of its own",
      ],
      "a variable of the user's own takes the secret's name": [
        (stack) => {
          new TerraformVariable(stack, "proxmox_password", {});
          new ProxmoxConnection(stack, "proxmox", password);
        },
        "var.proxmox_password is the address of both stack/proxmox_password and stack/proxmox/password; give one of them an id of its own",
      ],
    },
  },
  "address-name": {
    valid: { "letters, digits, _ and -": (stack) => void vmIn(stack, {}, password, "_vm-1") },
    invalid: {
      "a blank, and a digit first": [
        (stack) => void vmIn(stack, {}, password, "1 vm"),
        '"1 vm", of stack/1 vm/Resource, is no name for proxmox_virtual_environment_vm; write letters, digits, "_" and "-", and no digit first',
      ],
      "a dot": [
        (stack) => void vmIn(stack, {}, password, "my.vm"),
        '"my.vm", of stack/my.vm/Resource, is no name for proxmox_virtual_environment_vm; write letters, digits, "_" and "-", and no digit first',
      ],
      "a mapping named by a number": [
        gpu({ mapping: { name: "4090", address: "01:00", deviceId: "10de:2684" } }),
        '"4090", of stack/talos_node/4090/Resource, is no name for proxmox_hardware_mapping_pci; write letters, digits, "_" and "-", and no digit first',
      ],
      "an output of the user's own": [
        (stack) => {
          vmIn(stack);
          new TerraformOutput(stack, "size", { value: 1 }).overrideLogicalId("size in GiB");
        },
        '"size in GiB", of stack/size, is no name for output; write letters, digits, "_" and "-", and no digit first',
      ],
    },
  },
  "talos-source": {
    valid: {
      "an image of the Image Factory": cluster({ talos: { version: "v1.13.9", datastore: "nas" } }),
      neither: cluster({}),
      "another boot medium, and what is on it": cluster({
        boot: { iso: { fileId: "local:iso/talos.iso" } },
        talos: {
          version: "v1.12.6",
          nvidia: { kernelModules: "open", branch: "lts" },
          installer: "x/installer:v1.12.6",
        },
      }),
    },
    invalid: {
      "no image is made for another boot medium: extensions": [
        cluster({ boot: template, talos: { version: "v1.13.9", extensions: ["siderolabs/iscsi-tools"] } }),
        "talos.extensions is given beside boot, which no image is made for; leave one of them out",
      ],
      "no image is made for another boot medium: factory": [
        cluster({ boot: template, talos: { version: "v1.13.9", factory: "https://factory.example" } }),
        "talos.factory is given beside boot, which no image is made for; leave one of them out",
      ],
      "no image is made for another boot medium: datastore": [
        cluster({ boot: template, talos: { version: "v1.13.9", datastore: "nas" } }),
        "talos.datastore is given beside boot, which no image is made for; leave one of them out",
      ],
      "the version on another boot medium is anybody's guess": [
        cluster({ boot: template }),
        'talos.version is missing beside boot; write the version on the boot medium, such as "v1.13.9"',
      ],
      "an image of the Image Factory brings its own installer": [
        cluster({ talos: { installer: "x/installer:v1.13.9" } }),
        "talos.installer is given without boot; leave it out, the image of the Image Factory brings its own",
      ],
    },
  },
  "endpoint-https": {
    valid: {
      "the API of Proxmox": connection({ endpoint: "https://10.0.0.2:8006" }),
      "the API of Kubernetes": node({ endpoint: "https://talos.example:6443" }),
    },
    invalid: {
      "Proxmox serves TLS only": [
        connection({ endpoint: "http://pve.example:8006" }),
        'endpoint "http://pve.example:8006" is not an https URL; write it as in "https://pve.example:8006/"',
      ],
      "Kubernetes serves TLS only": [
        node({ endpoint: "192.168.1.50:6443" }),
        'endpoint "192.168.1.50:6443" is not an https URL without a path; write it as in "https://192.168.1.50:6443"',
      ],
    },
    atPlan: {
      "the endpoint of Proxmox is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, {}, { ...password, endpoint: value }),
        passes: ["https://pve.example:8006/"],
        fails: ["http://pve.example:8006/", "pve.example"],
      },
      "the endpoint of Kubernetes is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { endpoint: value }),
        passes: ["https://192.168.1.50:6443"],
        fails: ["https://192.168.1.50:6443/api", "192.168.1.50"],
      },
    },
  },
  "credentials-kind": {
    valid: { "the environment of the provider": connection({ credentials: "environment" }) },
    invalid: {
      "a secret would be written to the stack": [
        connection({ credentials: { password: "hunter2" } }),
        'credentials is something else, not shown as it may be a secret; write one of "password", "api-token", "ticket", "environment"',
      ],
    },
  },
  "username-realm": {
    valid: { "a user of the realm pve": connection({ username: "terraform@pve" }) },
    invalid: {
      "the realm is missing": [
        connection({ username: "root" }),
        'username "root" has no realm; write it as in "root@pam"',
      ],
    },
    atPlan: {
      "the user is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, {}, { ...password, username: value }),
        passes: ["root@pam"],
        fails: ["root", "@pam"],
      },
    },
  },
  "vm-name-dns": {
    valid: { "letters, digits and hyphens": vm({ name: "talos-gpu-1" }) },
    invalid: {
      "Proxmox refuses underscores": [
        vm({ name: "talos_gpu" }),
        'name "talos_gpu" is not a host name; write letters, digits and hyphens, as in "talos-gpu"',
      ],
      "a label has 63 characters at most": [
        vm({ name: "a".repeat(64) }),
        `name "${"a".repeat(64)}" is not a host name; write letters, digits and hyphens, as in "talos-gpu"`,
      ],
    },
    atPlan: {
      "the name is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { name: value }),
        passes: ["talos-gpu", "a"],
        fails: ["talos_gpu", "-talos", "a".repeat(64)],
      },
    },
  },
  "vm-id-range": {
    valid: { "the first id": vm({ vmId: 100 }), "the last id": vm({ vmId: 999_999_999 }) },
    invalid: {
      "Proxmox keeps the ids below 100": [
        vm({ vmId: 99 }),
        "vmId 99 is no VM id; write a whole number from 100 to 999999999",
      ],
      "half an id": [vm({ vmId: 100.5 }), "vmId 100.5 is no VM id; write a whole number from 100 to 999999999"],
    },
    atPlan: {
      "the id is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { vmId: value }),
        passes: [100, 999_999_999],
        fails: [99, 1_000_000_000, 100.5],
      },
    },
  },
  "vm-id-once": {
    valid: {
      "two ids": (stack) => {
        vmIn(stack, { vmId: 100 });
        vmIn(stack, { vmId: 101 }, password, "second");
      },
      "the same id in two Proxmox clusters": (stack) => {
        vmIn(stack, { vmId: 100 });
        inAnotherStack(stack, (another) =>
          vmIn(another, { vmId: 100 }, { ...password, endpoint: "https://other.example:8006/" }),
        );
      },
    },
    invalid: {
      "the second VM would take the first one over": [
        (stack) => {
          vmIn(stack, { vmId: 100 });
          vmIn(stack, { vmId: 100 }, password, "second");
        },
        "vmId 100 is already that of stack/talos_node; choose another id",
      ],
      "also from another stack": [
        (stack) => {
          inAnotherStack(stack, (another) => vmIn(another, { vmId: 100 }));
          vmIn(stack, { vmId: 100 });
        },
        "vmId 100 is already that of another/talos_node; choose another id",
      ],
    },
    atPlan: {
      "one id is a variable": {
        type: "number",
        build: (stack, value: never) => {
          vmIn(stack, { vmId: 100 });
          vmIn(stack, { vmId: value }, password, "second");
        },
        passes: [101],
        fails: [100],
      },
      "the first id is the variable": {
        type: "number",
        build: (stack, value: never) => {
          vmIn(stack, { vmId: value });
          vmIn(stack, { vmId: 100 }, password, "second");
        },
        passes: [101],
        fails: [100],
      },
    },
  },
  "vm-id-free": {
    valid: { "Proxmox chooses the id": vm({}) },
    invalid: {},
    atPlan: {
      "only Proxmox knows its VMs": { build: vm({ vmId: 100 }) },
    },
  },
  "clone-source-once": {
    valid: { "the id of a template": vm({ boot: { clone: { id: 9000 } } }) },
    invalid: {},
    atPlan: {
      "only Proxmox knows its templates": { build: vm({ boot: { clone: { name: "talos-template" } } }) },
    },
  },
  "scsi-controller": {
    valid: { "the controller that Talos documents": vm({ scsiHardware: "virtio-scsi-pci" }) },
    invalid: {
      "Talos documents against it": [
        vm({ scsiHardware: "virtio-scsi-single" }),
        'scsiHardware is "virtio-scsi-single", with which Talos has been seen to hang; write "virtio-scsi-pci"',
      ],
    },
    atPlan: {
      "the controller is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { scsiHardware: value }),
        passes: ["virtio-scsi-pci"],
        fails: ["virtio-scsi-single"],
      },
    },
  },
  "boot-medium": {
    valid: { "an ISO": vm({ boot: { iso: { fileId: "local:iso/talos.iso" } } }) },
    invalid: {
      "nothing to boot from": [vm({ boot: {} }), "boot has nothing; write one of image, clone and iso"],
      "one of them would be ignored": [
        vm({ boot: { image: { fileId: "local:import/a.qcow2" }, clone: { id: 9000 } } }),
        "boot has image and clone; write one of image, clone and iso",
      ],
    },
  },
  "clone-source": {
    valid: { "a name": vm({ boot: { clone: { name: "talos-template" } } }) },
    invalid: {
      "name and id may differ": [
        vm({ boot: { clone: { name: "talos-template", id: 9000 } } }),
        'boot.clone has both name "talos-template" and id 9000; write one of them',
      ],
      "nothing to clone": [vm({ boot: { clone: {} } }), "boot.clone has neither name nor id; write one of them"],
      "no such id": [
        vm({ boot: { clone: { id: 1 } } }),
        "boot.clone.id 1 is no VM id; write a whole number from 100 to 999999999",
      ],
    },
    atPlan: {
      "the id is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { boot: { clone: { id: value } } }),
        passes: [9000],
        fails: [9],
      },
    },
  },
  "agent-needs-extension": {
    valid: {
      "the image has the agent": vm({ agent: { enabled: true } }),
      "the agent is off": vm({ boot: { iso: { fileId: "local:iso/talos.iso" } }, agent: { enabled: false } }),
      "the template is said to have it": vm({
        boot: { clone: { id: 9000, guestAgent: true } },
        agent: { enabled: true },
      }),
    },
    invalid: {
      "Terraform would wait 15 minutes": [
        vm({ boot: { iso: { fileId: "local:iso/talos.iso" } }, agent: { enabled: true } }),
        "agent.enabled is true, but nothing says that the boot medium contains the agent; write guestAgent: true beside what it boots from if it does, or agent: { enabled: false }",
      ],
    },
    atPlan: {
      "the agent is a variable": {
        type: "bool",
        build: (stack, value: never) => void vmIn(stack, { boot: { clone: { id: 9000 } }, agent: { enabled: value } }),
        passes: [false],
        fails: [true],
      },
    },
  },
  "rombar-boolean": {
    valid: { "false as a boolean": gpu({ address: "01:00", rombar: false }), "left out": gpu({ address: "01:00" }) },
    invalid: {
      "Proxmox writes 0": [gpu({ address: "01:00", rombar: 0 }), "gpus[0].rombar is 0; write false"],
      "Proxmox writes 1": [gpu({ address: "01:00", rombar: 1 }), "gpus[0].rombar is 1; write true"],
      "zero as text": [gpu({ address: "01:00", rombar: "0" }), 'gpus[0].rombar is "0"; write false'],
      "Proxmox's documentation writes on": [
        gpu({ address: "01:00", rombar: "on" }),
        'gpus[0].rombar is "on"; write true',
      ],
      "no boolean at all": [gpu({ address: "01:00", rombar: {} }), "gpus[0].rombar is {}; write true or false"],
    },
    atPlan: {
      "rombar is a variable": {
        type: "any",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: "01:00", rombar: value }] }),
        passes: [true, false],
        fails: [1, "on", "0"],
      },
    },
  },
  "pci-address-format": {
    valid: {
      "as lspci prints it": gpu({ address: "01:00.0" }),
      "with a domain": gpu({ address: "0000:01:00" }),
      "two devices": gpu({ address: "01:00;02:00" }),
      "functions by number": gpu({ address: "01:00", functions: [0, 1] }),
      "of a mapping": mapping({ address: "0000:0A:00.1" }),
    },
    invalid: {
      "vendor and device id": [
        gpu({ address: "10de:2684" }),
        'gpus[0].address "10de:2684" is not a PCI address; it is a vendor and device id; `lspci -D -d 10de:2684` prints the address, such as "0000:01:00.0"',
      ],
      "no hex": [
        gpu({ address: "0g:00.0" }),
        'gpus[0].address "0g:00.0" is not a PCI address; write it as `lspci -D` prints it, such as "0000:01:00.0"',
      ],
      "there is no function 8": [
        gpu({ address: "01:00.8" }),
        'gpus[0].address "01:00.8" is not a PCI address; write it as `lspci -D` prints it, such as "0000:01:00.0"',
      ],
      "two functions would contradict each other": [
        gpu({ address: "01:00.1", functions: "all" }),
        'gpus[0].address "01:00.1" names a function beside functions; leave one of them out',
      ],
      "a function that no device has": [
        gpu({ address: "01:00", functions: [0, 8] }),
        'gpus[0].functions has 8; write "all" or a list of numbers from 0 to 7',
      ],
      "of a mapping": [
        mapping({ address: "10de:2684" }),
        'address "10de:2684" is not a PCI address; it is a vendor and device id; `lspci -D -d 10de:2684` prints the address, such as "0000:01:00.0"',
      ],
    },
    atPlan: {
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: value }] }),
        passes: ["01:00", "0000:0A:00.1"],
        fails: ["10de:2684", "01:00.8", "0g:00"],
      },
      "the address of a mapping is a variable": {
        type: "string",
        build: (stack, value: never) => mapping({ address: value })(stack),
        passes: ["0000:01:00"],
        fails: ["10de:2684"],
      },
    },
  },
  "pci-address-or-mapping": {
    valid: { "by address": gpu({ address: "01:00" }), "by mapping": gpu({ mapping: "gpu" }) },
    invalid: {
      "Proxmox does not know which device": [
        gpu({ pcie: true }),
        'gpus[0] has neither address nor mapping; write one, such as address: "01:00"',
      ],
      "Proxmox refuses both": [
        gpu({ address: "01:00", mapping: "gpu" }),
        'gpus[0] has both address "01:00" and a mapping; write one of them',
      ],
    },
  },
  "pci-address-needs-root-password": {
    valid: {
      "root's password": gpu({ address: "01:00" }),
      "a mapping with a token": gpu({ mapping: "gpu" }, apiToken),
      "root by name, its password in the environment": gpu(
        { address: "01:00" },
        { credentials: "environment", username: "root@pam" },
      ),
    },
    invalid: {
      "no token may set a raw address": [
        gpu({ address: "01:00" }, apiToken),
        'gpus[0].address "01:00" is raw, which no API token may set; use credentials: "password" with root@pam, or give the GPU by mapping',
      ],
      "no token may set a ROM file": [
        gpu({ mapping: "gpu", romFile: "gpu.rom" }, apiToken),
        'gpus[0].romFile "gpu.rom" is raw, which no API token may set; use credentials: "password" with root@pam, or leave romFile out',
      ],
      "no other user may": [
        gpu({ address: "01:00" }, { ...password, username: "terraform@pve" }),
        'gpus[0].address "01:00" is raw, which only root@pam may set, not "terraform@pve"; use username: "root@pam", or give the GPU by mapping',
      ],
      "nothing says that the environment is root's": [
        gpu({ address: "01:00" }, { credentials: "environment" }),
        'gpus[0].address "01:00" is raw, which only root@pam may set, not whoever the environment names; use username: "root@pam", or give the GPU by mapping',
      ],
    },
    atPlan: {
      "the user is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, { gpus: [{ address: "01:00" }] }, { ...password, username: value }),
        passes: ["root@pam"],
        fails: ["terraform@pve"],
      },
      "the ticket tells its user": { build: gpu({ address: "01:00" }, { ...password, credentials: "ticket" }) },
    },
  },
  "pci-device-once": {
    valid: {
      "two functions in two slots": vm({ gpus: [{ address: "01:00.0" }, { address: "01:00.1" }] }),
      "the same address on two hosts": (stack) => {
        vmIn(stack, { gpus: [{ address: "01:00" }] });
        vmIn(stack, { gpus: [{ address: "01:00" }], node: "pve2" }, password, "second");
      },
    },
    invalid: {
      "one device in two slots": [
        vm({ gpus: [{ address: "01:00" }, { address: "0000:01:00.0" }] }),
        'gpus[1].address "0000:01:00.0" is already passed through by gpus[0]; choose another device',
      ],
      "one function twice in one slot": [
        gpu({ address: "01:00", functions: [0, 0] }),
        'gpus[0].address "0000:01:00.0" is already passed through by gpus[0]; choose another device',
      ],
      "a function of a device that is passed through whole": [
        vm({ gpus: [{ address: "01:00", functions: "all" }, { address: "01:00.1" }] }),
        'gpus[1].address "0000:01:00.1" is already passed through by gpus[0]; choose another device',
      ],
      "one device in two VMs of a host": [
        (stack) => {
          inAnotherStack(stack, (another) => vmIn(another, { gpus: [{ address: "01:00", functions: "all" }] }));
          vmIn(stack, { gpus: [{ address: "01:00.1" }] });
        },
        'gpus[0].address "0000:01:00.1" is already passed through by another/talos_node; choose another device',
      ],
    },
    atPlan: {
      "one address is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: "01:00" }, { address: value }] }),
        passes: ["02:00", "01:00.1"],
        fails: ["01:00", "0000:01:00.0"],
      },
      "one address is a variable, in another VM": {
        type: "string",
        build: (stack, value: never) => {
          vmIn(stack, { gpus: [{ address: value }] });
          vmIn(stack, { gpus: [{ address: "01:00" }] }, password, "second");
        },
        passes: ["02:00", "01:00.1"],
        fails: ["01:00", "0000:01:00.0"],
      },
    },
  },
  "hostpci-slots": {
    valid: { "sixteen devices": vm({ gpus: Array.from({ length: 16 }, (_, index) => ({ mapping: `gpu${index}` })) }) },
    invalid: {
      "there is no hostpci16": [
        vm({ gpus: Array.from({ length: 17 }, (_, index) => ({ mapping: `gpu${index}` })) }),
        "gpus has 17 entries; pass through 16 devices at most, or functions of one device in one entry",
      ],
    },
  },
  "pcie-needs-q35": {
    valid: {
      "PCI on another machine": vm({ machine: "pc", gpus: [{ mapping: "gpu", pcie: false }] }),
      "a versioned q35": vm({ machine: "pc-q35-9.2", gpus: [{ mapping: "gpu" }] }),
    },
    invalid: {
      "i440fx has no PCI Express": [
        vm({ machine: "pc", gpus: [{ mapping: "gpu" }] }),
        'gpus[0].pcie is true with machine "pc"; write machine: "q35" or pcie: false',
      ],
    },
    atPlan: {
      "the machine is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { machine: value, gpus: [{ mapping: "gpu" }] }),
        passes: ["q35", "pc-q35-9.2"],
        fails: ["pc"],
      },
      "pcie is a variable": {
        type: "bool",
        build: (stack, value: never) => void vmIn(stack, { machine: "pc", gpus: [{ mapping: "gpu", pcie: value }] }),
        passes: [false],
        fails: [true],
      },
    },
  },
  "mdev-one-function": {
    valid: { "one function": gpu({ address: "01:00.0", mdev: "nvidia-63" }) },
    invalid: {
      "Proxmox makes no mediated device of several functions": [
        gpu({ address: "01:00", functions: "all", mdev: "nvidia-63" }),
        'gpus[0].mdev "nvidia-63" is used with 0000:01:00; name one function, such as 0000:01:00.0',
      ],
    },
  },
  "pci-device-id": {
    valid: { "as lspci prints it": mapping({ deviceId: "10de:2684", subsystemId: "1458:40bf" }) },
    invalid: {
      "an address": [
        mapping({ deviceId: "01:00.0" }),
        'deviceId "01:00.0" is not a vendor and device id; write it as `lspci -nn` prints it, such as "10de:2684"',
      ],
    },
    atPlan: {
      "the id is a variable": {
        type: "string",
        build: (stack, value: never) => mapping({ deviceId: value })(stack),
        passes: ["10de:2684"],
        fails: ["01:00.0"],
      },
    },
  },
  "cpu-type-host": {
    valid: { "the host's CPU": vm({ cpu: { type: "host" } }) },
    invalid: {
      "Talos does not boot": [
        vm({ cpu: { type: "qemu64" } }),
        'cpu.type is "qemu64", which may lack the x86-64-v2 instructions that Talos needs; write "host"',
      ],
    },
    atPlan: {
      "the type is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { cpu: { type: value } }),
        passes: ["host"],
        fails: ["qemu64", "kvm64"],
      },
    },
  },
  "cpu-cores": {
    valid: { "two cores": vm({ cpu: { cores: 2 } }) },
    invalid: {
      "too few for a control plane": [vm({ cpu: { cores: 1 } }), "cpu.cores is 1; write a whole number from 2 to 2304"],
      "no sockets": [vm({ cpu: { sockets: 0 } }), "cpu.sockets is 0; write a whole number from 1 to 16"],
    },
    atPlan: {
      "the cores are a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { cpu: { cores: value } }),
        passes: [2, 64],
        fails: [1, 2.5],
      },
    },
  },
  "passthrough-pins-memory": {
    valid: {
      "no ballooning": vm({ gpus: [{ mapping: "gpu" }], memory: { floating: 0 } }),
      "no device": vm({ memory: { floating: 1024 } }),
    },
    invalid: {
      "the host pins all memory": [
        vm({ gpus: [{ mapping: "gpu" }], memory: { floating: 1024 } }),
        "memory.floating is 1024 with 1 passed-through devices; write 0 or leave it out",
      ],
    },
    atPlan: {
      "the balloon is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ mapping: "gpu" }], memory: { floating: value } }),
        passes: [0],
        fails: [1024],
      },
    },
  },
  "memory-size": {
    valid: { "two GiB": vm({ memory: { dedicated: 2048 } }) },
    invalid: {
      "too little for a control plane": [
        vm({ memory: { dedicated: 1024 } }),
        "memory.dedicated is 1024; write a whole number of MiB, 2048 or more",
      ],
    },
    atPlan: {
      "the memory is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { memory: { dedicated: value } }),
        passes: [2048],
        fails: [1024],
      },
    },
  },
  "bios-known": {
    valid: { seabios: vm({ bios: "seabios" }) },
    invalid: { "no such firmware": [vm({ bios: "uefi" }), 'bios is "uefi"; write "ovmf" or "seabios"'] },
    atPlan: {
      "the firmware is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { bios: value }),
        passes: ["ovmf", "seabios"],
        fails: ["uefi"],
      },
    },
  },
  "ovmf-needs-efi-disk": {
    valid: {
      "the default disk": vm({ bios: "ovmf" }),
      "seabios needs none": vm({ bios: "seabios", efiDisk: false }),
    },
    invalid: {
      "the firmware would forget its entries": [
        vm({ efiDisk: false }),
        'efiDisk is false with bios "ovmf"; leave efiDisk out, or write bios: "seabios"',
      ],
      "too small for Secure Boot variables": [vm({ efiDisk: { type: "2m" } }), 'efiDisk.type is "2m"; write "4m"'],
      "Secure Boot refuses Talos": [
        vm({ efiDisk: { preEnrolledKeys: true } }),
        "efiDisk.preEnrolledKeys is true; write false or leave it out",
      ],
    },
    atPlan: {
      "the type is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { efiDisk: { type: value } }),
        passes: ["4m"],
        fails: ["2m"],
      },
      "the keys are a variable": {
        type: "bool",
        build: (stack, value: never) => void vmIn(stack, { efiDisk: { preEnrolledKeys: value } }),
        passes: [false],
        fails: [true],
      },
      "the firmware is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { bios: value, efiDisk: false }),
        passes: ["seabios"],
        fails: ["ovmf"],
      },
    },
  },
  "disk-interface": {
    valid: { "a virtio disk": vm({ disks: [{ size: 20, interface: "virtio15" }] }) },
    invalid: {
      "no such bus": [
        vm({ disks: [{ size: 20, interface: "nvme0" }] }),
        'disks[0].interface "nvme0" does not exist; write one such as "scsi0"',
      ],
      "no such number": [
        vm({ disks: [{ size: 20, interface: "scsi31" }] }),
        'disks[0].interface "scsi31" does not exist; write one such as "scsi0"',
      ],
    },
    atPlan: {
      "the interface is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { disks: [{ size: 20, interface: value }] }),
        passes: ["scsi0", "scsi30", "virtio15"],
        fails: ["nvme0", "scsi31"],
      },
    },
  },
  "disk-interface-once": {
    valid: { "numbered by place": vm({ disks: [{ size: 20 }, { size: 20 }] }) },
    invalid: {
      "one of them would be lost": [
        vm({ disks: [{ size: 20 }, { size: 20, interface: "scsi0" }] }),
        'disks[1].interface "scsi0" is taken by disks[0]; choose another number',
      ],
    },
    atPlan: {
      "an interface is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { disks: [{ size: 20 }, { size: 20, interface: value }] }),
        passes: ["scsi1"],
        fails: ["scsi0"],
      },
    },
  },
  "disk-size": {
    valid: {
      "ten GiB": vm({ disks: [{ size: 10 }] }),
      "a small second disk": vm({ disks: [{ size: 10 }, { size: 1 }] }),
    },
    invalid: {
      "too small for Talos": [
        vm({ disks: [{ size: 8 }] }),
        "disks[0].size is 8; write a whole number of GiB, 10 or more for the system disk",
      ],
    },
    atPlan: {
      "the size is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { disks: [{ size: value }] }),
        passes: [10],
        fails: [8, 10.5],
      },
    },
  },
  "mac-address": {
    valid: { "six pairs": vm({ networkDevices: [{ macAddress: "BC:24:11:00:00:01" }] }) },
    invalid: {
      "hyphens between the pairs": [
        vm({ networkDevices: [{ macAddress: "BC-24-11-00-00-01" }] }),
        'networkDevices[0].macAddress "BC-24-11-00-00-01" is not a MAC address; write it as in "BC:24:11:00:00:01"',
      ],
    },
    atPlan: {
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { networkDevices: [{ macAddress: value }] }),
        passes: ["BC:24:11:00:00:01"],
        fails: ["BC-24-11-00-00-01"],
      },
    },
  },
  "node-address": {
    valid: {
      "with prefix length": vm({ initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } }),
      "a VM may use DHCP": vm({ initialization: { ipConfigs: [{ address: "dhcp" }] } }),
      IPv6: node({ machine: { ...machine, address: "fd00::50/64", gateway: "fd00::1" } }),
    },
    invalid: {
      "no prefix length": [
        vm({ initialization: { ipConfigs: [{ address: "192.168.1.50" }] } }),
        'initialization.ipConfigs[0].address "192.168.1.50" is not an address with prefix length; write it as in "192.168.1.50/24"',
      ],
      "no such address": [
        vm({ initialization: { ipConfigs: [{ address: "192.168.1.500/24" }] } }),
        'initialization.ipConfigs[0].address "192.168.1.500/24" is not an address with prefix length; write it as in "192.168.1.50/24"',
      ],
      "a node must not move": [
        node({ machine: { ...machine, address: "dhcp" } }),
        'the machine\'s address is "dhcp"; give it a static one with prefix length, such as "192.168.1.50/24"',
      ],
    },
    atPlan: {
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { initialization: { ipConfigs: [{ address: value }] } }),
        passes: ["192.168.1.50/24", "dhcp"],
        fails: ["192.168.1.50", "192.168.1.500/24"],
      },
      "the node's address is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { machine: { ...machine, address: value } }),
        passes: ["192.168.1.50/24", "fd00::50/64"],
        fails: ["192.168.1.50", "dhcp"],
      },
    },
  },
  "gateway-in-subnet": {
    valid: {
      "in the network": vm({ initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] } }),
      "in the IPv6 network": vm({ initialization: { ipConfigs: [{ address: "fd00::50/64", gateway: "fd00::1" }] } }),
    },
    invalid: {
      "the node could not reach it": [
        vm({ initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.2.1" }] } }),
        'initialization.ipConfigs[0].gateway "192.168.2.1" is not in the network of "192.168.1.50/24"; write the router\'s address in that network',
      ],
    },
    atPlan: {
      "the gateway is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: value }] },
          }),
        passes: ["192.168.1.1"],
        fails: ["192.168.2.1", "router", "fd00::1"],
      },
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            initialization: { ipConfigs: [{ address: value, gateway: "192.168.1.1" }] },
          }),
        passes: ["192.168.1.50/24"],
        fails: ["192.168.2.50/24"],
      },
    },
  },
  "extension-name": {
    valid: { "a name of the factory": image({ extensions: ["siderolabs/iscsi-tools"] }) },
    invalid: {
      "the author is missing": [
        image({ extensions: ["iscsi-tools"] }),
        'extensions[0] "iscsi-tools" is not the name of an extension; write it as in "siderolabs/iscsi-tools"',
      ],
    },
    atPlan: {
      "the name is a variable": {
        type: "string",
        build: (stack, value: never) => image({ extensions: [value] })(stack),
        passes: ["siderolabs/iscsi-tools"],
        fails: ["iscsi-tools"],
      },
    },
  },
  "factory-url": {
    valid: { "a factory of one's own": image({ factory: "https://factory.example:8080" }) },
    invalid: {
      "no scheme": [
        image({ factory: "factory.example" }),
        'factory "factory.example" is not the URL of an Image Factory; write it as in "https://factory.talos.dev"',
      ],
    },
    atPlan: {
      "the URL is a variable": {
        type: "string",
        build: (stack, value: never) => image({ factory: value })(stack),
        passes: ["https://factory.example"],
        fails: ["factory.example"],
      },
    },
  },
  "nvidia-driver": {
    valid: { "open modules, long-term support": image({ nvidia: { kernelModules: "open", branch: "lts" } }) },
    invalid: {
      "no such modules": [
        image({ nvidia: { kernelModules: "nouveau" as "open", branch: "lts" } }),
        'nvidia.kernelModules is "nouveau"; write "open" or "proprietary"',
      ],
      "no such branch": [
        image({ nvidia: { kernelModules: "open", branch: "570" as "lts" } }),
        'nvidia.branch is "570"; write "lts" or "production"',
      ],
    },
  },
  "talos-version-supported": {
    valid: {
      "the oldest minor": node({ talos: { version: "v1.11.6" } }),
      "the newest minor": image({ version: "v1.14.1" }),
    },
    invalid: {
      "a minor from before": [
        node({ talos: { version: "v1.10.0" } }),
        'Talos version "v1.10.0" is not supported; write one of 1.11, 1.12, 1.13, 1.14 in full, such as "v1.13.9"',
      ],
      "the factory wants the v": [
        image({ version: "1.13.9" }),
        'Talos version "1.13.9" is not supported; write one of 1.11, 1.12, 1.13, 1.14 in full, such as "v1.13.9"',
      ],
    },
    atPlan: {
      "the node's version is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { talos: { version: value } }),
        passes: ["v1.11.6", "v1.14.1", "v1.14.0-rc.1"],
        fails: ["v1.10.0", "v1.15.0", "1.13.9", "v1.13"],
      },
      "the image's version is a variable": {
        type: "string",
        build: (stack, value: never) => image({ version: value })(stack),
        passes: ["v1.13.9"],
        fails: ["v1.1.0"],
      },
    },
  },
  "kubernetes-version-supported": {
    valid: { "the last minor of Talos 1.13": node({ kubernetesVersion: "1.36.3" }) },
    invalid: {
      "too new for Talos 1.13": [
        node({ kubernetesVersion: "1.37.0" }),
        'kubernetesVersion "1.37.0" is not supported by Talos "v1.13.9"; write one of 1.31 to 1.36 in full, such as "1.35.4"',
      ],
      "no patch version": [
        node({ kubernetesVersion: "1.35" }),
        'kubernetesVersion "1.35" is not supported by Talos "v1.13.9"; write one of 1.31 to 1.36 in full, such as "1.35.4"',
      ],
    },
    atPlan: {
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { kubernetesVersion: value }),
        passes: ["1.31.0", "v1.36.3"],
        fails: ["1.30.9", "1.37.0", "1.35"],
      },
      "the version of Talos is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { talos: { version: value }, kubernetesVersion: "1.31.0" }),
        passes: ["v1.11.6", "v1.13.9"],
        fails: ["v1.14.1"],
      },
    },
  },
  "install-disk-matches-bus": {
    valid: { "another disk of the same bus": node({ installDisk: "/dev/sdb" }) },
    invalid: {
      "a scsi disk has no virtio name": [
        node({ installDisk: "/dev/vda" }),
        'installDisk "/dev/vda" is not on the bus of the machine\'s disk; write "/dev/sda" or leave it out',
      ],
    },
    atPlan: {
      "the disk is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { installDisk: value }),
        passes: ["/dev/sda", "/dev/sdb"],
        fails: ["/dev/vda", "sda"],
      },
      "the bus is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, {
            machine: vmIn(stack, {
              disks: [{ size: 20, interface: value }],
              initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
            }),
            installDisk: "/dev/vda",
          }),
        passes: ["virtio0"],
        fails: ["scsi0"],
      },
    },
  },
  "cluster-name": {
    valid: { "letters, digits and hyphens": node({ clusterName: "talos-gpu-1" }) },
    invalid: {
      "a directory of its own": [
        node({ clusterName: "../talos" }),
        'clusterName "../talos" has other characters; write one such as "talos-gpu"',
      ],
    },
    atPlan: {
      "the name is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { clusterName: value }),
        passes: ["talos-gpu"],
        fails: ["../talos"],
      },
    },
  },
  "ready-timeout": {
    valid: { "one minute": node({ readyTimeout: 60 }) },
    invalid: {
      "no time at all": [node({ readyTimeout: 0 }), "readyTimeout is 0; write whole seconds, from 1 to 86400"],
    },
    atPlan: {
      "the time is a variable": {
        type: "number",
        build: (stack, value: never) => void nodeIn(stack, { readyTimeout: value }),
        passes: [60],
        fails: [0, 1.5],
      },
    },
  },
  "cluster-once": {
    valid: {
      "another name, address and directory in another stack": twoClusters({}, {}),
      "the same directory below two stacks": twoClusters({ outputDirectory: "access" }, { outputDirectory: "access" }),
      "variables of two stacks": (stack) => {
        for (const each of [stack, anotherStack(stack)]) {
          const value = (name: string) => new TerraformVariable(each, name, { type: "string" }).stringValue;
          nodeIn(each, { clusterName: value("name"), machine: { ...machine, address: value("address") } });
        }
      },
    },
    invalid: {
      "contexts and directory would be the same": [
        twoClusters({ clusterName: "talos" }, { clusterName: "talos" }),
        'clusterName "talos" is already that of another/cluster; choose another one',
      ],
      "the node would be configured anew": [
        twoClusters({ machine: { ...machine, address: "192.168.1.50/16" } }, {}),
        'address "192.168.1.50" is already that of another/cluster; choose another one',
      ],
      "the same address in another spelling": [
        twoClusters(
          { machine: { ...machine, address: "2001:db8::50/64", gateway: undefined } },
          { machine: { ...machine, address: "2001:0DB8:0:0::50/64", gateway: undefined } },
        ),
        'address "2001:0DB8:0:0::50" is already that of another/cluster; choose another one',
      ],
      "the kubeconfig would be overwritten": [
        twoClusters({ outputDirectory: "../../access" }, { outputDirectory: "../../../cdktf.out/access/" }),
        'outputDirectory "../../../cdktf.out/access/" is already that of another/cluster; choose another one',
      ],
      "the kubeconfig would be overwritten, by an absolute path": [
        twoClusters({ outputDirectory: "/srv/access" }, { outputDirectory: "/srv/./access" }),
        'outputDirectory "/srv/./access" is already that of another/cluster; choose another one',
      ],
    },
  },
  "cluster-once-per-stack": {
    valid: {
      "two stacks": (stack) => {
        nodeIn(stack);
        inAnotherStack(stack, (another) => nodeIn(another));
      },
    },
    invalid: {
      "their addresses would collide": [
        (stack) => {
          nodeIn(stack);
          const second = new TerraformVariable(stack, "second", {});
          nodeIn(second);
        },
        "the stack has the cluster stack/cluster already; put this one into a stack of its own",
      ],
    },
  },
  "config-patch-keys": {
    valid: {
      "an object": node({ configPatches: [{ machine: { sysctls: { "vm.nr_hugepages": "1024" } } }] }),
      "YAML with two documents": node({
        configPatches: [
          "machine:\n  env: {A: b}\n---\napiVersion: v1alpha1\nkind: WatchdogTimerConfig\ndevice: /dev/watchdog0\n",
        ],
      }),
      "the host name of Talos 1.11": node({
        talos: { version: "v1.11.6" },
        configPatches: ["machine: {network: {hostname: talos}}"],
      }),
    },
    invalid: {
      "the seed's place for kube-proxy": [
        node({ configPatches: [{ cluster: { network: { proxy: { disabled: true } } } }] }),
        "configPatches[0] has cluster.network.proxy; write cluster.proxy",
      ],
      "also in the second document": [
        node({ configPatches: ["machine: {env: {A: b}}\n---\ncluster: {network: {proxy: {disabled: true}}}"] }),
        "configPatches[0] has cluster.network.proxy; write cluster.proxy",
      ],
      "the host name is a document from Talos 1.12 on": [
        node({ configPatches: [{ machine: { network: { hostname: "talos" } } }] }),
        "configPatches[0] has machine.network.hostname; write the document kind: HostnameConfig, which the node already has from the machine's name",
      ],
      "a kind that the provider does not know": [
        node({ configPatches: [{ apiVersion: "v1alpha1", kind: "KubeProxyConfig", enabled: false }] }),
        "configPatches[0] has kind KubeProxyConfig, which this version of the provider does not know; write cluster.proxy",
      ],
      "nothing is changed": [node({ configPatches: [""] }), "configPatches[0] is empty; leave it out"],
      "an empty object": [node({ configPatches: [{}] }), "configPatches[0] is empty; leave it out"],
      "a JSON patch": [
        node({ configPatches: [[{ op: "remove", path: "/cluster" }]] }),
        "configPatches[0] is a list; write a strategic merge patch, an object: JSON patches are not supported",
      ],
      "no YAML": [
        node({ configPatches: ["a: [b"] }),
        "configPatches[0] is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 6:",
      ],
      "neither object nor text": [node({ configPatches: [5] }), "configPatches[0] is 5; write an object or YAML"],
    },
    atPlan: {
      "the patch is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { configPatches: [value] }),
        passes: ["machine: {env: {A: b}}"],
        fails: ["cluster: {network: {proxy: {disabled: true}}}"],
      },
    },
  },
  "cilium-version-supported": {
    valid: { "the newest minor": cilium({ version: "1.20.0" }) },
    invalid: {
      "no longer maintained": [
        cilium({ version: "1.17.18" }),
        'version "1.17.18" is not supported; write one of 1.18, 1.19, 1.20 in full, such as "1.18.12"',
      ],
    },
    atPlan: {
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { version: value }),
        passes: ["1.18.12"],
        fails: ["1.17.18", "1.18"],
      },
    },
  },
  "cilium-needs-no-cni": {
    valid: {
      "a patch of something else": cilium(
        {},
        { configPatches: [{ cluster: { network: { dnsDomain: "gpu.local" } } }] },
      ),
    },
    invalid: {
      "two network plugins": [
        cilium({}, { configPatches: [{ cluster: { network: { cni: { name: "flannel" } } } }] }),
        'the node\'s configPatches[0] has cluster.network.cni.name "flannel"; write "none" or leave it out',
      ],
      "kube-proxy beside its replacement": [
        cilium({}, { configPatches: ["cluster: {proxy: {disabled: false}}"] }),
        "the node's configPatches[0] has cluster.proxy.disabled false; write true or leave it out",
      ],
      "Cilium twice": [
        (stack) => {
          const { node: once } = stack;
          ciliumIn(stack);
          new CiliumInstall(stack, "again", { node: once.findChild("cluster") as never });
        },
        "the node has Cilium from stack/cilium already; leave one of the two out",
      ],
    },
    atPlan: {
      "a patch is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, {}, { configPatches: [value] }),
        passes: ["cluster: {network: {cni: {name: none}}}", "machine: {env: {A: b}}"],
        fails: ["cluster: {network: {cni: {name: flannel}}}", "cluster: {proxy: {disabled: false}}"],
      },
    },
  },
  "cilium-method": {
    valid: { "inline manifests": cilium({ method: "inline-manifests" }) },
    invalid: {
      "no such method": [
        cilium({ method: "manifest" }),
        'method is "manifest"; write "helm-release" or "inline-manifests"',
      ],
    },
  },
  "cilium-encryption": {
    valid: { WireGuard: cilium({ encryption: "wireguard" }) },
    invalid: {
      "IPsec needs a key": [
        cilium({ encryption: "ipsec" }),
        'encryption is "ipsec"; write "wireguard" or leave it out',
      ],
    },
    atPlan: {
      "the kind is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { encryption: value }),
        passes: ["wireguard"],
        fails: ["ipsec"],
      },
    },
  },
  "cilium-timeout": {
    valid: { "ten minutes": cilium({ timeout: 600 }) },
    invalid: {
      "Helm's own five minutes": [cilium({ timeout: 300 }), "timeout is 300; write whole seconds, 600 or more"],
    },
    atPlan: {
      "the time is a variable": {
        type: "number",
        build: (stack, value: never) => void ciliumIn(stack, { timeout: value }),
        passes: [600],
        fails: [300],
      },
    },
  },
  "cilium-talos-values": {
    valid: {
      "a value of one's own": cilium({ values: { bpf: { masquerade: true, hostLegacyRouting: true } } }),
      "the port as text": cilium({ values: { k8sServicePort: "7445" } }),
    },
    invalid: {
      "Talos mounts the cgroups": [
        cilium({ values: { cgroup: { autoMount: { enabled: true } } } }),
        "values.cgroup.autoMount.enabled is true; write false or leave it out",
      ],
      "not the port of KubePrism": [
        cilium({ values: { k8sServicePort: 6443 } }),
        "values.k8sServicePort is 6443; write 7445 or leave it out",
      ],
      "Talos lets nobody load modules": [
        cilium({ values: { securityContext: { capabilities: { ciliumAgent: ["NET_ADMIN", "SYS_MODULE"] } } } }),
        "values.securityContext.capabilities.ciliumAgent has SYS_MODULE, which Talos grants to no container; leave it out",
      ],
      "Talos's DNS would break": [
        cilium({ values: { bpf: { masquerade: true } } }),
        "values.bpf.masquerade is true, which breaks Talos's DNS; write bpf.hostLegacyRouting: true too",
      ],
      "every plan would differ": [
        cilium({ method: "inline-manifests", values: { hubble: { tls: { auto: { method: "helm" } } } } }),
        'values.hubble.tls.auto.method is "helm"; write "cronJob" or leave it out',
      ],
    },
    atPlan: {
      "a value is a variable": {
        type: "bool",
        build: (stack, value: never) => void ciliumIn(stack, { values: { kubeProxyReplacement: value } }),
        passes: [true],
        fails: [false],
      },
    },
  },
  "address-pool": {
    valid: {
      "a network and a range": pool({ cidr: "192.168.1.240/28" }, { start: "192.168.1.200", stop: "192.168.1.220" }),
    },
    invalid: {
      "half a range": [
        pool({ start: "192.168.1.200" }),
        'l2Announcements.addressPools[0].blocks[0] is neither a network nor a range; write { cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }',
      ],
      "an address alone is no network": [
        pool({ cidr: "192.168.1.240" }),
        'l2Announcements.addressPools[0].blocks[0].cidr "192.168.1.240" is not a network; write { cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }',
      ],
      "a range ends in addresses": [
        pool({ start: "192.168.1.200", stop: "220" }),
        'l2Announcements.addressPools[0].blocks[0] has "220", which is not an address; write { cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }',
      ],
    },
    atPlan: {
      "the network is a variable": {
        type: "string",
        build: (stack, value: never) => pool({ cidr: value })(stack),
        passes: ["192.168.1.240/28", "fd00:1::/112"],
        fails: ["192.168.1.240"],
      },
      "an end of the range is a variable": {
        type: "string",
        build: (stack, value: never) => pool({ start: value, stop: "192.168.1.220" })(stack),
        passes: ["192.168.1.200"],
        fails: ["192.168.1.200/24", "200"],
      },
    },
  },
};
