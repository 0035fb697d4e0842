import { Resource as NullResource } from "@cdktf/provider-null/lib/resource";
import { TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import {
  CiliumInstall,
  DownloadedImage,
  type DownloadedImageProps,
  type NvidiaDriver,
  NvidiaInstall,
  PciMapping,
  type PciMappingProps,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  type ProxmoxGpuVm,
  type ProxmoxGpuVmProps,
  TalosGpuCluster,
  type TalosGpuClusterProps,
  TalosImage,
  type TalosImageProps,
  type TalosSingleNodeProps,
} from "../constructs";
import { clusterFixtures } from "./cluster.fixtures";
import { type Differing, disks as disksOfHost, gtx1070, local, neighbour, rtx4090, rtx5090 } from "./hosts";
import { networkFixtures } from "./network.fixtures";
import { patchFixtures } from "./patch.fixtures";
import { apiToken, ciliumIn, clusterIn, machine, machineAt, nodeIn, password, vmIn, withVariable } from "./stacks";

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

/** The lowest and the highest port after the text, and what looks like one. */
const ports = (before: string): string[] =>
  [1, 9999, 59999, 64999, 65499, 65529, 65535].map((port) => `${before}${port}`);
const noPorts = (before: string): string[] =>
  [0, 65536, 65540, 65600, 66000, 70000, 100000].map((port) => `${before}${port}`);

/** For each rule, what it lets pass and what it refuses, with the reason. */
export interface RuleFixtures {
  readonly valid: Readonly<Record<string, Build>>;
  /** What is refused, and the message without the rule's id. */
  readonly invalid: Readonly<Record<string, readonly [Build, problem: string]>>;
  /** What Terraform decides where a value is a variable, or known to Proxmox alone. */
  readonly atPlan?: Readonly<Record<string, AtPlan>>;
  /** What Terraform decides with what the host says. */
  readonly onHost?: Readonly<Record<string, OnHost>>;
}

export interface OnHost {
  readonly build: Build;
  /** Hosts that the rule lets pass, by how they differ from the good one. */
  readonly passes: readonly Differing[];
  /** Hosts that it refuses, and the messages without the rule's id. */
  readonly fails: readonly (readonly [host: Differing, ...problems: string[]])[];
}

const vm =
  (props: object, connection?: ProxmoxConnectionProps): Build =>
  (stack) =>
    void vmIn(stack, props as Partial<ProxmoxGpuVmProps>, connection);
const linux = (props: object, connection?: ProxmoxConnectionProps): Build =>
  vm({ guest: "linux", ...props }, connection);
const disks = (...list: object[]): Build => vm({ disks: list });
const ipConfig = (...ipConfigs: object[]): Build => vm({ initialization: { ipConfigs } });
/** Addresses of network devices of which a DHCP server knows the MAC addresses. */
const reserved = (...ipConfigs: object[]): Build =>
  vm({
    networkDevices: ipConfigs.map((_, index) => ({ macAddress: `BC:24:11:00:00:0${index}` })),
    initialization: { ipConfigs },
  });
const gpu = (props: object, connection?: ProxmoxConnectionProps): Build => vm({ gpus: [props] }, connection);
const node =
  (props: object): Build =>
  (stack) =>
    void nodeIn(stack, props);
/** A node on a machine with these network devices, the address of which is 192.168.1.50/24. */
const onInterfaces = (...interfaces: object[]): Build =>
  node({ machine: { ...machine, gateway: undefined, interfaces } });
const cilium =
  (props: object, nodeProps = {}): Build =>
  (stack) =>
    void ciliumIn(stack, props, nodeProps);
const _ipv6Node = { machine: { ...machine, address: "2001:db8::50/64", gateway: "2001:db8::1" } };
const keep = { last: 3 };
const driver = { kernelModules: "open", branch: "production" } as const;
const gpus =
  (props: object, nodeProps: object = {}): Build =>
  (stack) =>
    void new NvidiaInstall(stack, "nvidia", {
      node: nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver }, ...nodeProps }),
      ...props,
    });
const pools = (addressPools: object, nodeProps = {}): Build => cilium({ l2Announcements: { addressPools } }, nodeProps);
const pool = (...blocks: object[]): Build => pools([{ name: "lan", blocks }]);
const ofFamilies = (...cidrs: string[]) => ({
  addressPools: [{ name: "lan", blocks: cidrs.map((cidr) => ({ cidr })) }],
});
const ipv6Node = { machine: { ...machine, address: "2001:db8::50/64", gateway: "2001:db8::1" } };
/** A pool of the name, beside one whose name is "lan". */
const pool2 = (name: string): Build =>
  pools([
    { name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] },
    { name, blocks: [{ cidr: "192.168.1.224/28" }] },
  ]);
const announcedAt = (name: string): Build => cilium({ l2Announcements: { addressPools: [], interfaces: [name] } });
const image =
  (props: TalosImageProps): Build =>
  (stack) =>
    void new TalosImage(stack, "image", props);
const connection =
  (props: object): Build =>
  (stack) =>
    void new ProxmoxConnection(stack, "proxmox", { ...password, ...props });
const hostnameConfig = { apiVersion: "v1alpha1", kind: "HostnameConfig" };
const device = { name: "gpu", address: "01:00", deviceId: "10de:2684" };
const file = { url: "https://example.org/talos.qcow2", fileName: "talos.qcow2" };
const farIn = (stack: TerraformStack, endpoint = "https://far.example:8006/"): ProxmoxConnection =>
  new ProxmoxConnection(stack, "far", { ...password, endpoint });
/** A VM that boots the image. */
const vmOfImage = (stack: TerraformStack, { file }: TalosImage): ProxmoxGpuVm => {
  const connection = connectionIn(stack);
  const image = new DownloadedImage(stack, "download", { ...file, connection, node: "pve" });
  return vmIn(stack, {
    connection,
    boot: { image },
    initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
  });
};
const mapping =
  (props: Partial<PciMappingProps>): Build =>
  (stack) => {
    const connection = new ProxmoxConnection(stack, "proxmox", apiToken);
    new PciMapping(stack, "gpu", { ...device, connection, node: "pve", ...props });
  };

/** Mappings that differ from the one above as these props say, on one connection. */
const mappings =
  (...all: Partial<PciMappingProps>[]): Build =>
  (stack) => {
    for (const [index, props] of all.entries()) {
      new PciMapping(stack, `gpu${index}`, { ...device, connection: connectionIn(stack), node: "pve", ...props });
    }
  };
const connectionIn = (stack: TerraformStack): ProxmoxConnection =>
  (stack.node.tryFindChild("proxmox") as ProxmoxConnection | undefined) ??
  new ProxmoxConnection(stack, "proxmox", password);

/** What is made in another stack, and used in this one. */
const withPart =
  <Part>(make: (another: TerraformStack) => Part, use: (stack: TerraformStack, part: Part) => unknown): Build =>
  (stack) =>
    inAnotherStack(stack, (another) => use(stack, make(another)));
const imageFile = { url: "https://factory.example/talos.qcow2", fileName: "talos.qcow2" };

const download =
  (props: Partial<DownloadedImageProps>): Build =>
  (stack) =>
    void new DownloadedImage(stack, "image", {
      connection: new ProxmoxConnection(stack, "proxmox", password),
      node: "pve",
      url: "https://example.org/talos.qcow2",
      fileName: "talos.qcow2",
      ...props,
    });

const anotherStack = (stack: TerraformStack) => new TerraformStack(stack.node.root as Construct, "another");
const inAnotherStack = (stack: TerraformStack, build: Build): void => build(anotherStack(stack));

/** A site of one cluster, as a user writes it. */
const plainVm = {
  name: "talos-gpu",
  node: "pve",
  initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
};
const cluster =
  (props: Partial<TalosGpuClusterProps>): Build =>
  (stack) =>
    void new TalosGpuCluster(stack, "site", {
      proxmox: password,
      vm: plainVm,
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

/** A VM with the GPUs on a Talos with the driver. */
const driven =
  (gpus: ProxmoxGpuVmProps["gpus"], nvidia?: NvidiaDriver, version = "v1.13.9"): Build =>
  (stack) =>
    void nodeIn(stack, { machine: gpuVmIn(stack, gpus), talos: { version, nvidia } });

/** The same as the only worker of a cluster, whose other machines run the same image, or one without the driver. */
const drivenWorker =
  (gpus: ProxmoxGpuVmProps["gpus"], nvidia: NvidiaDriver, image: "one" | "two"): Build =>
  (stack) => {
    const [version, machine] = ["v1.13.9", gpuVmIn(stack, gpus)];
    const talos = { version, nvidia };
    clusterIn(
      stack,
      image === "one" ? { talos, workers: [machine] } : { talos: { version }, workers: [{ machine, talos }] },
    );
  };
const gpuVmIn = (stack: TerraformStack, gpus: ProxmoxGpuVmProps["gpus"]) =>
  vmIn(stack, { name: "gpu-1", gpus, initialization: { ipConfigs: [{ address: "192.168.1.70/24" }] } });
const production = { kernelModules: "open", branch: "production" } as const;
const older = { kernelModules: "proprietary", branch: "lts" } as const;
const mapped = (deviceId: string) => [{ mapping: { name: "gpu", address: "01:00", deviceId } }];

export const fixtures: Readonly<Record<string, RuleFixtures>> = {
  ...clusterFixtures,
  ...patchFixtures,
  ...networkFixtures,
  "secret-in-text": {
    valid: {
      "a query without a secret": download({ url: "https://images.example/talos.qcow2?version=1" }),
      "a user without a password": vm({ description: "see ssh://git@git.example/notes and root@pam!" }),
    },
    invalid: {
      "an API token in a description": [
        vm({ description: "made with ci@pve!talos=c0ffee00-cafe-4bad-8bad-c0ffeec0ffee" }),
        "description has a secret in it, not shown here; leave that out, or write the stringValue of a sensitive TerraformVariable",
      ],
      "a key in the query of a URL": [
        download({ url: "https://images.example/talos.qcow2?version=1&sig=hunter22" }),
        "url has a secret in it, not shown here; leave that out, or write the stringValue of a sensitive TerraformVariable",
      ],
    },
  },
  "prop-type": {
    valid: { "all props are known and of their type": vm({ description: "a node" }) },
    invalid: {
      "a misspelt prop would be ignored": [
        gpu({ address: "01:00", romBar: false }),
        "gpus[0].romBar is not a prop; the props here are address, functions, mapping, pcie, rombar, xvga, romFile, mdev; did you mean rombar?",
      ],
      "a password belongs to Terraform": [
        connection({ credentials: "password", password: "hunter2" }),
        'password is not a prop; write credentials: "password" and give it to Terraform in the environment variable TF_VAR_proxmox_password',
      ],
      "an object is no boolean": [
        gpu({ address: "01:00", rombar: {} }),
        "gpus[0].rombar is an object; write a boolean",
      ],
      "a variable is an object; what stands for its value is one of its members": [
        (stack: TerraformStack) => vm({ name: new TerraformVariable(stack, "name", {}) })(stack),
        "name is a TerraformVariable; write its stringValue",
      ],
      "a number is no name": [vm({ description: 5 }), "description is 5; write a string"],
      "a required prop is missing": [vm({ node: undefined }), "node is missing"],
      "what every object has is no prop": [
        vm({ cpu: { constructor: 8 } }),
        "cpu.constructor is not a prop; the props here are cores, sockets, type",
      ],
      "a variable is no list": [
        (stack) => void vmIn(stack, { tags: new TerraformVariable(stack, "value", {}).listValue }),
        "tags is a variable; write a list, whose items may be variables",
      ],
      "a variable is no object": [
        (stack) => void vmIn(stack, { cpu: new TerraformVariable(stack, "value", {}).value }),
        "cpu is a variable; write an object with cores, sockets, type",
      ],
      "a text is no decision": [
        vm({ disksManagedElsewhere: "no" }),
        'disksManagedElsewhere is "no"; write true or false',
      ],
      "secrets would be written": [node({ secretsFile: "false" }), 'secretsFile is "false"; write true or false'],
      "a variable is no decision": [
        (stack) => void vmIn(stack, { disksManagedElsewhere: new TerraformVariable(stack, "value", {}).value }),
        "disksManagedElsewhere is a variable; write true or false",
      ],
      "a pool without addresses": [
        pool(),
        'l2Announcements.addressPools[0].blocks is empty; write { cidr: "192.168.1.240/28" } or { start: "192.168.1.200", stop: "192.168.1.220" }',
      ],
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
        vm: { ...plainVm, gpus: [{ address: "01:00" }] },
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
      "the provider would keep the query in every address": [
        connection({ endpoint: "https://pve.example:8006/?a=b" }),
        'endpoint "https://pve.example:8006/?a=b" is not an https URL; write it as in "https://pve.example:8006/"',
      ],
      "an IPv6 address has brackets": [
        connection({ endpoint: "https://2001:db8::2:8006/" }),
        'endpoint "https://2001:db8::2:8006/" is not an https URL; write it as in "https://pve.example:8006/"',
      ],
      "two lines are no URL": [
        connection({ endpoint: "https://pve\n.example:8006/" }),
        'endpoint "https://pve\\n.example:8006/" is not an https URL; write it as in "https://pve.example:8006/"',
      ],
      "Terraform would interpolate it": [
        connection({ endpoint: "https://${pve}:8006/" }),
        'endpoint "https://${pve}:8006/" is not an https URL; write it as in "https://pve.example:8006/"',
      ],
      "Proxmox does not listen on the port of https": [
        connection({ endpoint: "https://pve.example/" }),
        'endpoint "https://pve.example/" has no port from 1 to 65535; write it as in "https://pve.example:8006/", with 443 where a proxy answers for Proxmox',
      ],
      "Kubernetes serves TLS only": [
        node({ endpoint: "192.168.1.50:6443" }),
        'endpoint "192.168.1.50:6443" is not an https URL of a host, without user and path; write it as in "https://192.168.1.50:6443"',
      ],
      "a user would be in the kubeconfig": [
        node({ endpoint: "https://admin:secret@talos.example:6443" }),
        'endpoint "https://…@talos.example:6443" is not an https URL of a host, without user and path; write it as in "https://192.168.1.50:6443"',
      ],
      "IPv6 has brackets": [
        node({ endpoint: "https://2001:db8::50:6443" }),
        'endpoint "https://2001:db8::50:6443" is not an https URL of a host, without user and path; write it as in "https://192.168.1.50:6443"',
      ],
      ...Object.fromEntries(
        ["https://a\nb:6443", 'https://a"b?x#y', "https://[:::]:6443", "https://[192.168.1.50]:6443"].map(
          (endpoint) => [
            `no host: ${endpoint}`,
            [
              node({ endpoint }),
              `endpoint ${JSON.stringify(endpoint)} is not an https URL of a host, without user and path; write it as in "https://192.168.1.50:6443"`,
            ] as const,
          ],
        ),
      ),
    },
    atPlan: {
      "the endpoint of Proxmox is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, {}, { ...password, endpoint: value }),
        passes: ["https://pve.example:8006/", "https://[2001:db8::2]:8006/api2/json", ...ports("https://pve:")],
        fails: [
          "http://pve.example:8006/",
          "pve.example",
          "https://pve.example/",
          "https://pve .example:8006/",
          "https://2001:db8::2:8006/",
          "https://[pve]:8006/",
          "https://pve:8006:8006/",
          ...noPorts("https://pve:"),
        ],
      },
      "the endpoint of Kubernetes is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { endpoint: value }),
        passes: [
          "https://192.168.1.50:6443",
          "https://[2001:db8::50]:6443",
          "https://talos",
          ...ports("https://talos:"),
        ],
        fails: [
          "https://192.168.1.50:6443/api",
          "192.168.1.50",
          "https://me@talos:6443",
          "https://a\nb:6443",
          'https://a"b?x#y',
          "https://[:::]:6443",
          "https://[192.168.1.50]:6443",
          ...noPorts("https://talos:"),
        ],
      },
    },
  },
  "endpoint-no-secrets": {
    valid: { "the address alone": connection({ endpoint: "https://pve.example:8006/" }) },
    invalid: {
      "the stack would hold the password": [
        connection({ endpoint: "https://root@pam:hunter2@pve.example:8006/" }),
        'endpoint "https://…@pve.example:8006/" names a user, with a password perhaps, not shown here; leave that out, and say with credentials how to authenticate',
      ],
      "also without https": [
        connection({ endpoint: "root:hunter2@pve.example" }),
        'endpoint "…@pve.example" names a user, with a password perhaps, not shown here; leave that out, and say with credentials how to authenticate',
      ],
    },
    atPlan: {
      "the endpoint is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, {}, { ...password, endpoint: value }),
        passes: ["https://pve.example:8006/"],
        fails: ["https://root:hunter2@pve.example:8006/", "root@pam:hunter2@pve.example"],
      },
    },
  },
  "credentials-kind": {
    valid: { "the environment of the provider": connection({ credentials: "environment" }) },
    invalid: {
      "a secret would be written to the stack": [
        connection({ credentials: { password: "hunter2" } }),
        'credentials must be one of "password", "api-token", "ticket", "environment" (value hidden); give Terraform the secret itself in an environment variable such as TF_VAR_proxmox_password',
      ],
    },
  },
  "username-realm": {
    valid: {
      "a user of the realm pve": connection({ username: "terraform@pve" }),
      "a user whose name is an address, of OpenID": connection({ username: "me@example.org@openid" }),
    },
    invalid: {
      "the realm is missing": [
        connection({ username: "root" }),
        'username "root" is no user with its realm; write it as in "root@pam", without the name of a token',
      ],
      "a token has no password": [
        connection({ username: "terraform@pve!provider" }),
        'username "terraform@pve!provider" is no user with its realm; write it as in "root@pam", without the name of a token',
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
  "proxmox-certificate": {
    valid: {
      "its CA is trusted": connection({}),
      "said in so many words": connection({ insecure: false }),
    },
    invalid: {
      "root's password is at stake": [
        connection({ insecure: true }),
        "insecure is true: the certificate of Proxmox is not checked, and whoever answers at its address is sent root@pam's password, which can do everything on the host and on all of its VMs; leave it out, and trust the CA of Proxmox in proxmox-ca/, where npm run discover writes it",
      ],
      "another user's password is at stake": [
        connection({ insecure: true, username: "terraform@pve" }),
        "insecure is true: the certificate of Proxmox is not checked, and whoever answers at its address is sent the password; leave it out, and trust the CA of Proxmox in proxmox-ca/, where npm run discover writes it",
      ],
      "a token is at stake": [
        connection({ insecure: true, credentials: "api-token" }),
        "insecure is true: the certificate of Proxmox is not checked, and whoever answers at its address is sent the API token; leave it out, and trust the CA of Proxmox in proxmox-ca/, where npm run discover writes it",
      ],
    },
    atPlan: {
      "a variable says so": {
        type: "bool",
        build: (stack, value: never) => void vmIn(stack, {}, { ...password, insecure: value }),
        passes: [false],
        fails: [true],
      },
    },
  },
  "connection-id": {
    valid: {
      "the first has the provider's own name": (stack) => void new ProxmoxConnection(stack, "my proxmox", password),
      "the second has a name of its own": (stack) => {
        new ProxmoxConnection(stack, "proxmox", password);
        new ProxmoxConnection(stack, "second", apiToken);
      },
    },
    invalid: {
      "Terraform takes no blanks in an alias": [
        (stack) => {
          new ProxmoxConnection(stack, "proxmox", password);
          new ProxmoxConnection(stack, "my second", password);
        },
        'the id "my second" is no name; write letters, digits, "_" and "-", as in "second"',
      ],
      "the variables of the second would be those of the first": [
        (stack) => {
          new ProxmoxConnection(stack, "first", password);
          new ProxmoxConnection(stack, "proxmox", password);
        },
        'the id "proxmox" is the name of stack/first already; choose another one',
      ],
      "two would have the same alias": [
        (stack) => {
          new ProxmoxConnection(stack, "proxmox", password);
          new ProxmoxConnection(stack, "second", password);
          new ProxmoxConnection(new Construct(stack, "site"), "second", password);
        },
        'the id "second" is the name of stack/second already; choose another one',
      ],
    },
  },
  "connection-in-stack": {
    valid: { "a connection of the stack": vm({}) },
    invalid: Object.fromEntries(
      Object.entries<(stack: TerraformStack, connection: ProxmoxConnection) => unknown>({
        "a VM of another stack": (stack, connection) => vmIn(stack, { connection }),
        "a mapping of another stack": (stack, connection) =>
          new PciMapping(stack, "gpu", { ...device, connection, node: "pve" }),
        "an image of another stack": (stack, connection) =>
          new DownloadedImage(stack, "image", { ...imageFile, connection, node: "pve" }),
      }).map(([reason, build]) => [
        reason,
        [
          (stack: TerraformStack) => {
            let connection: ProxmoxConnection | undefined;
            inAnotherStack(stack, (another) => {
              connection = new ProxmoxConnection(another, "proxmox", password);
            });
            new ProxmoxConnection(stack, "proxmox", password);
            build(stack, connection as ProxmoxConnection);
          },
          "connection another/proxmox is that of another stack; make one in this stack",
        ] as const,
      ]),
    ),
  },
  "parts-in-stack": {
    valid: {
      "a machine and an image of the stack": (stack) => {
        const gpus = [{ address: "01:00" }];
        const vm = vmIn(stack, { gpus, initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } });
        const node = nodeIn(stack, { machine: vm, talos: new TalosImage(stack, "talos", { nvidia: driver }) });
        new CiliumInstall(stack, "cilium", { node });
        new NvidiaInstall(stack, "nvidia", { node });
      },
      "a machine that no stack makes": node({}),
    },
    invalid: {
      "Terraform would not find the VM": [
        withPart(
          (another) => vmIn(another, { initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } }),
          (stack, vm) => nodeIn(stack, { machine: vm }),
        ),
        "machine another/talos_node is that of another stack; make one in this stack",
      ],
      "nor what makes another machine": [
        withPart(
          (another) => new NullResource(another, "server"),
          (stack, resource) => clusterIn(stack, { workers: [machineAt("worker-1", 61, { resource })] }),
        ),
        "workers[0] another/server is that of another stack; make one in this stack",
      ],
      "nor the schematic": [
        withPart(
          (another) => new TalosImage(another, "talos"),
          (stack, talos) => nodeIn(stack, { talos }),
        ),
        "talos another/talos is that of another stack; make one in this stack",
      ],
      "Helm would know no cluster": [
        withPart(
          (another) => nodeIn(another),
          (stack, node) => new CiliumInstall(stack, "cilium", { node }),
        ),
        "node another/cluster is that of another stack; make one in this stack",
      ],
      "nor have GPUs": [
        withPart(
          (another) => nodeIn(another, { talos: { version: "v1.13.9", nvidia: driver } }),
          (stack, node) => new NvidiaInstall(stack, "nvidia", { node }),
        ),
        "node another/cluster is that of another stack; make one in this stack",
      ],
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
  "proxmox-name": {
    valid: {
      "letters, digits and what else Proxmox takes": vm({
        node: "pve-1",
        boot: { image: { fileId: "nas_1:import/talos-v1.13.9.qcow2" } },
        disks: [{ size: 20, datastore: "local-lvm" }],
        efiDisk: { datastore: "tank.fast" },
        networkDevices: [{ bridge: "vmbr0.5" }],
        initialization: { ipConfigs: [], datastore: "local-lvm" },
      }),
      "the node of a template": vm({ boot: { clone: { id: 9000, node: "pve-1" } } }),
      "a raw image": vm({ boot: { image: { fileId: "local:import/talos.raw" } } }),
      "an image of VMware": vm({ boot: { image: { fileId: "local:import/talos.vmdk" } } }),
      "an ISO in capitals": vm({ boot: { iso: { fileId: "local:iso/TALOS.ISO" } } }),
      "an ISO by another ending": vm({ boot: { iso: { fileId: "local:iso/talos.img" } } }),
    },
    invalid: {
      "a node is one label": [
        vm({ node: "pve.example" }),
        'node "pve.example" is not the name of a node; write it as in "pve"',
      ],
      "a comma would end the storage": [
        disks({ size: 20, datastore: "local,cache=none" }),
        'disks[0].datastore "local,cache=none" is not the name of a storage; write it as in "local-lvm"',
      ],
      "a blank, in the storage of the EFI disk": [
        vm({ efiDisk: { datastore: "local lvm" } }),
        'efiDisk.datastore "local lvm" is not the name of a storage; write it as in "local-lvm"',
      ],
      "a storage of one letter": [
        vm({ initialization: { ipConfigs: [], datastore: "a" } }),
        'initialization.datastore "a" is not the name of a storage; write it as in "local-lvm"',
      ],
      "a blank, in a bridge": [
        vm({ networkDevices: [{ bridge: "vmbr 0" }] }),
        'networkDevices[0].bridge "vmbr 0" is not the name of a bridge; write it as in "vmbr0"',
      ],
      "an image of another content": [
        vm({ boot: { image: { fileId: "local:iso/talos.iso" } } }),
        'boot.image.fileId "local:iso/talos.iso" is not the name of a volume with the content import; write it as in "local:import/talos.qcow2"',
      ],
      "an ISO without its storage": [
        vm({ boot: { iso: { fileId: "talos.iso" } } }),
        'boot.iso.fileId "talos.iso" is not the name of a volume with the content iso; write it as in "local:iso/talos.iso"',
      ],
      ...Object.fromEntries(
        ["talos", "talos.iso", "talos.raw.xz", ".qcow2x"].map((file) => [
          `Proxmox imports no ${file}`,
          [
            vm({ boot: { image: { fileId: `local:import/${file}` } } }),
            `boot.image.fileId "local:import/${file}" is not the name of a volume with the content import; write it as in "local:import/talos.qcow2"`,
          ] as const,
        ]),
      ),
      "an image of a disk is no CD": [
        vm({ boot: { iso: { fileId: "local:iso/talos.qcow2" } } }),
        'boot.iso.fileId "local:iso/talos.qcow2" is not the name of a volume with the content iso; write it as in "local:iso/talos.iso"',
      ],
      "the node of an image": [
        download({ node: "pve.example" }),
        'node "pve.example" is not the name of a node; write it as in "pve"',
      ],
      "the storage of an image": [
        download({ datastore: "local import" }),
        'datastore "local import" is not the name of a storage; write it as in "local-lvm"',
      ],
      "the node of a mapping": [
        mapping({ node: "pve_1" }),
        'node "pve_1" is not the name of a node; write it as in "pve"',
      ],
      "a template's node": [
        vm({ boot: { clone: { id: 9000, node: "-pve" } } }),
        'boot.clone.node "-pve" is not the name of a node; write it as in "pve"',
      ],
    },
    atPlan: {
      "the storage is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { disks: [{ size: 20, datastore: value }] }),
        passes: ["local-lvm", "ab"],
        fails: ["a", "local lvm", "local,cache=none", "1st"],
      },
      "the bridge is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { networkDevices: [{ bridge: value }] }),
        passes: ["vmbr0", "_lan"],
        fails: ["vmbr 0", "vmbr0,tag=5"],
      },
      "the node is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { node: value }),
        passes: ["pve", "p"],
        fails: ["pve.example", "pve-"],
      },
    },
  },
  "description-length": {
    valid: { "what Proxmox keeps": vm({ description: "x".repeat(8192) }) },
    invalid: {
      "one character more": [
        vm({ description: "x".repeat(8193) }),
        "description has 8193 characters; write 8192 at most",
      ],
    },
    atPlan: {
      "the description is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { description: value }),
        passes: ["a node", "ä".repeat(8192)],
        fails: ["ä".repeat(8193)],
      },
    },
  },
  "description-kept": {
    valid: { "more than the digit": vm({ description: "0.1" }), "nothing at all": vm({ description: " \n" }) },
    invalid: {
      "Perl takes it for nothing": [
        vm({ description: "\n0 " }),
        'description is "\\n0 ", which Proxmox does not store; write another text, or leave it out',
      ],
    },
    atPlan: {
      "the description is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { description: value }),
        passes: ["00", "", "a\r\n0"],
        fails: ["0", " 0\r\n"],
      },
    },
  },
  "guest-known": {
    valid: { "another Linux": linux({}), Talos: vm({ guest: "talos" }) },
    invalid: {
      "no such guest": [vm({ guest: "windows" }), 'guest is "windows"; write "talos" or "linux"'],
      "a variable would decide the rules": [
        (stack) => void vmIn(stack, { guest: new TerraformVariable(stack, "guest", {}).value }),
        'guest is a variable; write "talos" or "linux"',
      ],
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
        passes: [100, 999_999_999, "100"],
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
      "the same id in the clusters of variables of one name in two stacks": (stack) => {
        const build: Build = (stack) => {
          const endpoint = new TerraformVariable(stack, "endpoint", { type: "string" }).stringValue;
          vmIn(stack, { vmId: 100 }, { ...password, endpoint });
        };
        inAnotherStack(stack, build);
        build(stack);
      },
      "the same id in the clusters of two variables": (stack) => {
        for (const id of ["proxmox", "second"]) {
          const endpoint = new TerraformVariable(stack, `${id}_endpoint`, { type: "string" }).stringValue;
          const connection = new ProxmoxConnection(stack, id, { ...password, endpoint });
          vmIn(stack, { vmId: 100, connection }, password, `${id}_node`);
        }
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
      ...Object.fromEntries(
        [
          ["with a path", "https://pve.example:8006/api2/json"],
          ["in upper case", "HTTPS://PVE.example:8006"],
        ].map(([spelling, endpoint]) => [
          `also with the endpoint ${spelling}`,
          [
            (stack: TerraformStack) => {
              inAnotherStack(stack, (another) => vmIn(another, { vmId: 100 }, { ...password, endpoint }));
              vmIn(stack, { vmId: 100 });
            },
            "vmId 100 is already that of another/talos_node; choose another id",
          ] as const,
        ]),
      ),
      "also with the endpoint of the environment": [
        (stack) => {
          inAnotherStack(stack, (another) => vmIn(another, { vmId: 100 }, { credentials: "environment" }));
          vmIn(stack, { vmId: 100 }, { credentials: "environment" });
        },
        "vmId 100 is already that of another/talos_node; choose another id",
      ],
      "also with the endpoint of the same variable": [
        (stack) => {
          const endpoint = new TerraformVariable(stack, "endpoint", { type: "string" });
          for (const id of ["proxmox", "second"]) {
            const connection = new ProxmoxConnection(stack, id, { ...password, endpoint: endpoint.stringValue });
            vmIn(stack, { vmId: 100, connection }, password, `${id}_node`);
          }
        },
        "vmId 100 is already that of stack/proxmox_node; choose another id",
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
  "vm-kept": {
    valid: { "the VM may be replaced": vm({ vmId: 100, replaceable: true }) },
    invalid: {
      "neither yes nor no": [vm({ replaceable: "yes" }), 'replaceable is "yes"; write true or false'],
    },
    atPlan: {
      "only the state knows what the VM was made with": { build: vm({ vmId: 100 }) },
    },
  },
  "disk-grows": {
    valid: { "the disk may be replaced": vm({ disks: [{ size: 20 }], replaceable: true }) },
    invalid: {},
    atPlan: {
      "only the state knows what the disk was made with": { build: vm({ disks: [{ size: 20 }] }) },
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
      "a clone of itself": [
        vm({ vmId: 9000, boot: { clone: { id: 9000 } } }),
        "boot.clone.id 9000 is vmId, the VM's own; write the id of the template",
      ],
    },
    atPlan: {
      "the id is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { boot: { clone: { id: value } } }),
        passes: [9000],
        fails: [9],
      },
      "the id of a VM that has one is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { vmId: 100, boot: { clone: { id: value } } }),
        passes: [9000],
        fails: [100],
      },
    },
  },
  "image-file": {
    valid: {
      "a name of one's own": download({ fileName: "talos.qcow2" }),
      "made of an id that only Terraform knows": (stack) => {
        const { file } = new TalosImage(stack, "talos", {});
        download(file)(stack);
      },
    },
    invalid: {
      "compressed images cannot be imported": [
        download({ fileName: "talos.raw.xz" }),
        'fileName "talos.raw.xz" is not the name of an image; write it as in "talos.qcow2"',
      ],
      "no web address": [
        download({ url: "file:///tmp/talos.qcow2" }),
        'url "file:///tmp/talos.qcow2" is not a URL; write it as in "https://example.org/talos.qcow2"',
      ],
    },
    atPlan: {
      "the URL is a variable": {
        type: "string",
        build: (stack, value: never) => download({ url: value })(stack),
        passes: ["https://example.org/talos.qcow2"],
        fails: ["talos.qcow2", "https://example.org/a b"],
      },
      "the name is a variable": {
        type: "string",
        build: (stack, value: never) => download({ fileName: value })(stack),
        passes: ["talos.raw"],
        fails: ["talos", "a/b.raw", "a,b.raw"],
      },
    },
  },
  "mapping-iommu-group": {
    valid: { "the first": mapping({ iommuGroup: 0 }) },
    invalid: {
      "none that there is": [
        mapping({ iommuGroup: -1 }),
        "iommuGroup is -1; write the whole number that `pvesh get /nodes/<node>/hardware/pci` shows",
      ],
      "the VM would not start, and the host is not asked": [
        gpu({ mapping: { ...device, iommuGroup: undefined } }, { ...apiToken, checkHost: false }),
        "gpus[0].mapping.iommuGroup is missing, and with checkHost: false the host is not asked for it; write the number that `pvesh get /nodes/<node>/hardware/pci` shows",
      ],
      "nor would it with a device that stands for another": [
        gpu(
          { mapping: { ...device, iommuGroup: 1, alternatives: [{ address: "05:00", deviceId: "10de:2684" }] } },
          { ...apiToken, checkHost: false },
        ),
        "gpus[0].mapping.alternatives[0].iommuGroup is missing, and with checkHost: false the host is not asked for it; write the number that `pvesh get /nodes/<node>/hardware/pci` shows",
      ],
    },
    atPlan: {
      "the group is a variable": {
        type: "number",
        build: (stack, value: never) => mapping({ iommuGroup: value })(stack),
        passes: [0, 14],
        fails: [-1, 1.5],
      },
    },
  },
  "mapping-subsystem": {
    valid: {
      "the host's own": mapping({}),
      "given, and the host is not asked": gpu(
        { mapping: { ...device, iommuGroup: 1, subsystemId: "1458:40bf" } },
        { ...apiToken, checkHost: false },
      ),
    },
    invalid: {
      "left out, and the host is not asked": [
        gpu({ mapping: { ...device, iommuGroup: 1 } }, { ...apiToken, checkHost: false }),
        'gpus[0].mapping.subsystemId is missing, and with checkHost: false the host is not asked for it; write it as `lspci -nnv` prints it, such as "1458:40bf", unless the device has none',
      ],
    },
  },
  "mapping-one-address": {
    valid: {
      "the whole device": mapping({ address: "01:00" }),
      "several of a raw GPU": gpu({ address: "01:00;02:00" }),
    },
    invalid: {
      "the provider takes one": [
        mapping({ address: "01:00;02:00" }),
        'address "01:00;02:00" has several addresses; write one, without a function for the whole device, and make a mapping for each of the others',
      ],
      "also of a device that stands for another": [
        mapping({ alternatives: [{ address: "05:00.0;05:00.1" }] }),
        'alternatives[0].address "05:00.0;05:00.1" has several addresses; write one, without a function for the whole device, and make a mapping for each of the others',
      ],
    },
  },
  "gpu-mediated": {
    valid: {
      "the host is not asked": gpu({ address: "01:00.0", mdev: "nvidia-63" }, { ...password, checkHost: false }),
    },
    invalid: {},
    onHost: {
      "a mediated device": {
        build: gpu({ address: "01:00.0", mdev: "nvidia-63" }),
        passes: [{ devices: rtx4090.map((each) => ({ ...each, mdev: true })) }, { devices: [] }],
        fails: [
          [
            {},
            'gpus[0].address "0000:01:00.0" of node "pve" is not divided into mediated devices; leave mdev out, or choose a device that is',
          ],
        ],
      },
      "a mapping of a whole device": {
        build: gpu({ mapping: { name: "gpu", address: "01:00" } }, apiToken),
        passes: [{}],
        fails: [
          [
            { devices: rtx4090.map((each) => ({ ...each, mdev: true })) },
            'gpus[0].mapping "0000:01:00" of node "pve" is divided into mediated devices, so Proxmox does not map it whole; write mdev, such as "nvidia-63", or map another device',
          ],
        ],
      },
      "a pool for mediated devices": {
        build: gpu(
          { mapping: { name: "gpu", address: "01:00.0", alternatives: [{ address: "05:00.0" }] }, mdev: "nvidia-63" },
          apiToken,
        ),
        passes: [{ devices: [...rtx4090, ...rtx5090].map((each) => ({ ...each, mdev: true })) }],
        fails: [
          [
            { devices: [...rtx4090.map((each) => ({ ...each, mdev: true })), ...rtx5090] },
            'gpus[0].mapping "0000:05:00.0" of node "pve" is not divided into mediated devices; leave mdev out, or choose a device that is',
          ],
        ],
      },
    },
  },
  "clone-keeps-template": {
    valid: {
      "the template has the same": vm({ boot: { clone: { id: 9000, scsiHardware: "virtio-scsi-pci" } } }),
      "another controller is sent": vm({
        boot: { clone: { id: 9000, scsiHardware: "lsi" } },
        scsiHardware: "pvscsi",
      }),
    },
    invalid: {
      "the VM would boot on lsi, with an empty plan": [
        vm({ boot: { clone: { id: 9000, scsiHardware: "lsi" } } }),
        'scsiHardware is "virtio-scsi-pci", but the clone keeps "lsi" of its template; set it on the template, or write scsiHardware: "lsi"',
      ],
      "seabios is not sent either": [
        vm({
          boot: { clone: { id: 9000, bios: "ovmf", scsiHardware: "virtio-scsi-pci" } },
          bios: "seabios",
        }),
        'bios is "seabios", but the clone keeps "ovmf" of its template; set it on the template, or write bios: "ovmf"',
      ],
      "none are no deletion": [
        vm({ boot: { clone: { id: 9000, scsiHardware: "virtio-scsi-pci" } }, serialDevices: [] }),
        "serialDevices is empty, but the clone keeps those of its template; leave it out",
      ],
    },
    atPlan: {
      "the template's controller is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { boot: { clone: { id: 9000, scsiHardware: value } } }),
        passes: ["virtio-scsi-pci"],
        fails: ["lsi"],
      },
      "the controller is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, { boot: { clone: { id: 9000, scsiHardware: "lsi" } }, scsiHardware: value }),
        passes: ["lsi", "pvscsi"],
        fails: ["virtio-scsi-pci"],
      },
    },
  },
  "clone-template-known": {
    valid: {
      "the template's controller is said": vm({ boot: { clone: { id: 9000, scsiHardware: "virtio-scsi-pci" } } }),
      "no clone": vm({}),
    },
    invalid: {},
    atPlan: {
      "nothing says what the template has": { build: vm({ boot: { clone: { id: 9000 } } }) },
      "nothing says what firmware the template has": {
        build: vm({ boot: { clone: { id: 9000, scsiHardware: "virtio-scsi-pci" } }, bios: "seabios" }),
      },
    },
  },
  "agent-timeout": {
    valid: { "hours and minutes": vm({ agent: { timeout: "1h30m" } }), seconds: vm({ agent: { timeout: "90s" } }) },
    invalid: {
      "no unit": [
        vm({ agent: { timeout: "300" } }),
        'agent.timeout "300" is not a duration; write it as in "5m" or "1h30m"',
      ],
      "nothing at all": [
        vm({ agent: { timeout: "" } }),
        'agent.timeout "" is not a duration; write it as in "5m" or "1h30m"',
      ],
    },
    atPlan: {
      "the time is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { agent: { timeout: value } }),
        passes: ["15m", "1h0m5s"],
        fails: ["15", "5 m", "1d"],
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
  "agent-needs-network-device": {
    valid: {
      "it is disabled by itself": vm({ networkDevices: [] }),
      "it is disabled": vm({ networkDevices: [], agent: { enabled: false } }),
    },
    invalid: {
      "no address could be reported": [
        vm({ networkDevices: [], agent: { enabled: true } }),
        "agent.enabled is true, but networkDevices is empty, so the agent can report no address; write agent: { enabled: false }, or add a network device",
      ],
    },
    atPlan: {
      "the agent is a variable": {
        type: "bool",
        build: (stack, value: never) => void vmIn(stack, { networkDevices: [], agent: { enabled: value } }),
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
      ...Object.fromEntries(
        [
          ["on", true],
          ["off", false],
          ["yes", true],
          ["no", false],
          ["TRUE", true],
          ["False", false],
          ["1", true],
        ].map(([rombar, meant]) => [
          `${rombar} as text`,
          [gpu({ address: "01:00", rombar }), `gpus[0].rombar is "${rombar}"; write ${meant}`] as const,
        ]),
      ),
      "no boolean at all": [
        gpu({ address: "01:00", rombar: "maybe" }),
        'gpus[0].rombar is "maybe"; write true or false',
      ],
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
      "no function would be the whole device": [
        gpu({ address: "0A:00", functions: [] }),
        'gpus[0].functions is empty; write "all", the numbers of the functions, or leave it out',
      ],
      "the same function twice": [
        gpu({ address: "01:00", functions: [0, 0] }),
        "gpus[0].functions has 0 twice; write each function once",
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
      "a function is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: "01:00", functions: [value] }] }),
        passes: [0, 7],
        fails: [-1, 8, 0.5],
      },
      "one of two functions is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: "01:00", functions: [0, value] }] }),
        passes: [1],
        fails: [0],
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
      "the mapping says which functions": [
        gpu({ mapping: "gpu", functions: [0, 1] }),
        "gpus[0].functions is given beside a mapping, which says itself what it maps; leave it out",
      ],
    },
  },
  "mapping-name": {
    valid: {
      "of a mapping that exists": gpu({ mapping: "gpu_4090-a" }),
      "of two characters": mapping({ name: "g4" }),
      "of a USB device": vm({ usb: [{ mapping: "key" }] }),
    },
    invalid: {
      "a name that is no address in Terraform either": [
        gpu({ mapping: { ...device, name: "mapping 4090" } }),
        'gpus[0].mapping.name "mapping 4090" is not the name of a mapping; begin with a letter, then write letters, digits, "_" and "-", as in "gpu-4090"',
      ],
      "a digit first": [
        gpu({ mapping: "4090" }),
        'gpus[0].mapping "4090" is not the name of a mapping; begin with a letter, then write letters, digits, "_" and "-", as in "gpu-4090"',
      ],
      "one character": [
        mapping({ name: "g" }),
        'name "g" is not the name of a mapping; begin with a letter, then write letters, digits, "_" and "-", as in "gpu-4090"',
      ],
      nothing: [
        gpu({ mapping: { ...device, name: "" } }),
        'gpus[0].mapping.name "" is not the name of a mapping; begin with a letter, then write letters, digits, "_" and "-", as in "gpu-4090"',
      ],
      "of a USB device": [
        vm({ usb: [{ mapping: "a.b" }] }),
        'usb[0].mapping "a.b" is not the name of a mapping; begin with a letter, then write letters, digits, "_" and "-", as in "gpu-4090"',
      ],
    },
    atPlan: {
      "the name of an existing mapping is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ mapping: value }] }),
        passes: ["gpu", "g4"],
        fails: ["4090", "g", "my gpu"],
      },
      "the name of a mapping that is made is a variable": {
        type: "string",
        build: (stack, value: never) => mapping({ name: value })(stack),
        passes: ["gpu"],
        fails: ["4090"],
      },
      "the name of a USB mapping is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { usb: [{ mapping: value }] }),
        passes: ["key"],
        fails: ["4090"],
      },
    },
  },
  "mapping-once": {
    valid: {
      "two names": mappings({ name: "gpu1" }, { name: "gpu2", address: "02:00" }),
      "one name in two clusters": (stack) => {
        mapping({})(stack);
        inAnotherStack(stack, (another) =>
          vmIn(another, { gpus: [{ mapping: device }] }, { ...password, endpoint: "https://other.example:8006/" }),
        );
      },
    },
    invalid: {
      "Proxmox has the name already": [
        mappings({ node: "pve1" }, { node: "pve2" }),
        'name "gpu" is that of the mapping stack/gpu0 already; choose another one, or use that mapping by its name',
      ],
      "also from another stack": [
        (stack) => {
          inAnotherStack(stack, (another) => vmIn(another, { gpus: [{ mapping: device }] }));
          vmIn(stack, { gpus: [{ mapping: { ...device, address: "02:00" } }] });
        },
        'gpus[0].mapping.name "gpu" is that of the mapping another/talos_node/gpu already; choose another one, or use that mapping by its name',
      ],
      "also in one VM": [
        vm({ gpus: [{ mapping: device }, { mapping: { ...device, address: "02:00" } }] }),
        'gpus[1].mapping.name "gpu" is that of the mapping stack/talos_node/gpu already; choose another one, or use that mapping by its name',
      ],
    },
    atPlan: {
      "a name is a variable": {
        type: "string",
        build: (stack, value: never) => mappings({ name: "gpu" }, { name: value, address: "02:00" })(stack),
        passes: ["gpu2"],
        fails: ["gpu"],
      },
    },
  },
  "mapping-mediated": {
    valid: {
      "two mediated devices of one mapping, in two VMs": (stack) => {
        vmIn(stack, { gpus: [{ mapping: { ...device, address: "01:00.0" }, mdev: "nvidia-63" }] });
        vmIn(stack, { gpus: [{ mapping: "gpu", mdev: "nvidia-64" }] }, password, "second");
      },
      "two mediated devices of one mapping, in one VM": vm({
        gpus: [
          { mapping: { ...device, address: "01:00.0" }, mdev: "nvidia-63" },
          { mapping: { ...device, address: "01:00.0" }, mdev: "nvidia-63" },
        ],
      }),
    },
    invalid: {
      "the mapping is either for mediated devices or not": [
        (stack) => {
          vmIn(stack, { gpus: [{ mapping: { ...device, address: "01:00.0" }, mdev: "nvidia-63" }] });
          vmIn(stack, { gpus: [{ mapping: "gpu" }] }, password, "second");
        },
        'gpus[0].mapping "gpu" is used without mdev, and with it by stack/talos_node; write mdev for all of them or for none',
      ],
      "also where the mapping is made last": [
        (stack) => {
          vmIn(stack, { gpus: [{ mapping: "gpu" }] });
          vmIn(stack, { gpus: [{ mapping: "gpu", mdev: "nvidia-63" }] }, password, "second");
          new PciMapping(stack, "gpu", { ...device, connection: connectionIn(stack), node: "pve" });
        },
        'name "gpu", of stack/second, is used with mdev, and without it by stack/talos_node; write mdev for all of them or for none',
      ],
    },
    atPlan: {
      "the name of a mapping is a variable": {
        type: "string",
        build: (stack, value: never) => {
          vmIn(stack, { gpus: [{ mapping: { ...device, address: "01:00.0" }, mdev: "nvidia-63" }] });
          vmIn(stack, { gpus: [{ mapping: value }] }, password, "second");
        },
        passes: ["gpu2"],
        fails: ["gpu"],
      },
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
      "a mapping of the same address on two nodes": mapping({
        alternatives: [{ address: "01:00", deviceId: "10de:2684", node: "pve2" }],
      }),
      "two mediated devices of one function": (stack) => {
        vmIn(stack, { gpus: [{ address: "01:00.0", mdev: "nvidia-63" }] });
        vmIn(stack, { gpus: [{ address: "01:00.0", mdev: "nvidia-63" }] }, password, "second");
      },
      "an existing mapping twice, which may be of several devices": (stack) => {
        vmIn(stack, { gpus: [{ mapping: "gpu" }, { mapping: "gpu" }] });
        vmIn(stack, { gpus: [{ mapping: "gpu" }] }, password, "second");
      },
      "the same name in another cluster": (stack) => {
        vmIn(stack, { gpus: [{ mapping: device }] });
        inAnotherStack(stack, (another) =>
          vmIn(another, { gpus: [{ mapping: "gpu" }] }, { ...password, endpoint: "https://other.example:8006/" }),
        );
      },
    },
    invalid: {
      "one device in two slots": [
        vm({ gpus: [{ address: "01:00" }, { address: "0000:01:00.0" }] }),
        'gpus[1].address "0000:01:00.0" is already passed through by gpus[0]; choose another device',
      ],
      "one device twice in one slot": [
        gpu({ address: "01:00;01:00" }),
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
      "one device in two VMs of a host, with its endpoint in two spellings": [
        (stack) => {
          inAnotherStack(stack, (another) =>
            vmIn(another, { gpus: [{ address: "01:00" }] }, { ...password, endpoint: "https://PVE.example:8006" }),
          );
          vmIn(stack, { gpus: [{ address: "01:00" }] });
        },
        'gpus[0].address "0000:01:00.0" is already passed through by another/talos_node; choose another device',
      ],
      "a mediated device beside its whole device": [
        vm({ gpus: [{ address: "01:00" }, { address: "01:00.0", mdev: "nvidia-63" }] }),
        'gpus[1].address "0000:01:00.0" is already passed through by gpus[0]; choose another device',
      ],
      "a whole device beside its mediated device": [
        vm({ gpus: [{ address: "01:00.0", mdev: "nvidia-63" }, { address: "01:00" }] }),
        'gpus[1].address "0000:01:00.0" is already passed through by gpus[0]; choose another device',
      ],
      "one device by its address and by a mapping": [
        vm({ gpus: [{ mapping: device }, { address: "01:00" }] }),
        'gpus[1].address "0000:01:00.0" is already the mapping "gpu" of stack/talos_node/gpu; use that by its name, or choose another device',
      ],
      "one device by its address and by a mapping, in two VMs": [
        (stack) => {
          vmIn(stack, { gpus: [{ address: "01:00.1" }] });
          vmIn(stack, { gpus: [{ mapping: device }] }, password, "second");
        },
        'gpus[0].mapping.address "0000:01:00" is already passed through by stack/talos_node; choose another device',
      ],
      "one device twice in a mapping": [
        mapping({ alternatives: [{ address: "0000:01:00.0", deviceId: "10de:2684" }] }),
        'alternatives[0].address "0000:01:00.0" is already mapped by address; name each device once',
      ],
      "one device by two mappings": [
        vm({ gpus: [{ mapping: device }, { mapping: { ...device, name: "gpu2", address: "0000:01:00.0" } }] }),
        'gpus[1].mapping.address "0000:01:00.0" is already the mapping "gpu" of stack/talos_node/gpu; use that by its name, or choose another device',
      ],
      "a mapping of one device in two slots": [
        vm({ gpus: [{ mapping: device }, { mapping: "gpu" }] }),
        'gpus[1].mapping "gpu" is the mapping of one device, already passed through by gpus[0]; choose another device',
      ],
      "a mapping of one device described twice": [
        vm({ gpus: [{ mapping: device }, { mapping: device }] }),
        'gpus[1].mapping "gpu" is the mapping of one device, already passed through by gpus[0]; choose another device',
      ],
      "a mapping of one device in two VMs": [
        (stack) => {
          const mapping = new PciMapping(stack, "gpu", { ...device, connection: connectionIn(stack), node: "pve" });
          vmIn(stack, { gpus: [{ mapping: mapping.name }] });
          vmIn(stack, { gpus: [{ mapping }] }, password, "second");
        },
        'gpus[0].mapping "gpu" is the mapping of one device, already passed through by stack/talos_node; choose another device',
      ],
      "a mapping of one device in two stacks": [
        (stack) => {
          inAnotherStack(stack, (another) => vmIn(another, { gpus: [{ mapping: device }] }));
          vmIn(stack, { gpus: [{ mapping: "gpu" }] });
        },
        'gpus[0].mapping "gpu" is the mapping of one device, already passed through by another/talos_node; choose another device',
      ],
      "a mapping of one device in two VMs, made last": [
        (stack) => {
          vmIn(stack, { gpus: [{ mapping: "gpu" }] });
          vmIn(stack, { gpus: [{ mapping: "gpu" }] }, password, "second");
          new PciMapping(stack, "gpu", { ...device, connection: connectionIn(stack), node: "pve" });
        },
        'name "gpu", of stack/second, is the mapping of one device, already passed through by stack/talos_node; choose another device',
      ],
    },
    atPlan: {
      "a function beside another slot is a variable": {
        type: "number",
        build: (stack, value: never) =>
          void vmIn(stack, { gpus: [{ address: "01:00", functions: [value] }, { address: "01:00.1" }] }),
        passes: [0, 2],
        fails: [1],
      },
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
      "the address of a mapping is a variable": {
        type: "string",
        build: (stack, value: never) => {
          vmIn(stack, { gpus: [{ address: "01:00" }] });
          vmIn(stack, { gpus: [{ mapping: { ...device, address: value } }] }, password, "second");
        },
        passes: ["02:00", "01:00.1"],
        fails: ["01:00", "0000:01:00.0"],
      },
      "the name of a mapping is a variable": {
        type: "string",
        build: (stack, value: never) => {
          vmIn(stack, { gpus: [{ mapping: device }] });
          vmIn(stack, { gpus: [{ mapping: value }] }, password, "second");
        },
        passes: ["gpu2"],
        fails: ["gpu"],
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
      "nor of a mapping of several": [
        gpu({ mapping: device, mdev: "nvidia-63" }),
        'gpus[0].mdev "nvidia-63" is used with 0000:01:00; name one function, such as 0000:01:00.0',
      ],
    },
  },
  "mdev-type": {
    valid: { "as the host prints it": gpu({ address: "01:00.0", mdev: "i915-GVTg_V5_4" }) },
    invalid: {
      "a path": [
        gpu({ address: "01:00.0", mdev: "types/nvidia-63" }),
        'gpus[0].mdev "types/nvidia-63" is no type; write it as `ls /sys/bus/pci/devices/*/mdev_supported_types` prints it, such as "nvidia-63"',
      ],
    },
    atPlan: {
      "the type is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: "01:00.0", mdev: value }] }),
        passes: ["nvidia-63"],
        fails: ["a/b", "a.b", "a:b", "a,b", ""],
      },
    },
  },
  "rom-file-name": {
    valid: { "a file": gpu({ address: "01:00", romFile: "gpu.rom" }) },
    invalid: {
      "it would be read as another option": [
        gpu({ address: "01:00", romFile: "gpu.rom,x-vga=1" }),
        'gpus[0].romFile "gpu.rom,x-vga=1" is not the name of a file; write that of one in /usr/share/kvm/, such as "gpu.rom"',
      ],
    },
    atPlan: {
      "the file is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { gpus: [{ address: "01:00", romFile: value }] }),
        passes: ["gpu.rom"],
        fails: ["a;b", "a,b", ""],
      },
    },
  },
  "pci-device-id": {
    valid: { "as lspci prints it": mapping({ deviceId: "10de:2684", subsystemId: "1458:40bf" }) },
    invalid: {
      "an address": [
        mapping({ deviceId: "01:00.0" }),
        'deviceId "01:00.0" is not a vendor and device id; write it as `lspci -nn` prints it, such as "10de:2684"',
      ],
      "a host that is not asked": [
        gpu({ mapping: { name: "gpu", address: "01:00" } }, { ...apiToken, checkHost: false }),
        'gpus[0].mapping.deviceId is missing, and with checkHost: false the host is not asked for it; write it as `lspci -nn` prints it, such as "10de:2684"',
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
  "check-host": {
    valid: { "the host is not asked": connection({ checkHost: false }) },
    invalid: {
      "a word is no boolean": [connection({ checkHost: "no" }), 'checkHost is "no"; write true or false'],
    },
  },
  "gpu-present": {
    valid: { "the host is not asked": gpu({ address: "01:00" }, { ...password, checkHost: false }) },
    invalid: {},
    onHost: {
      "a function": {
        build: gpu({ address: "01:00.1" }),
        passes: [{}],
        fails: [
          [
            { devices: rtx5090 },
            'gpus[0].address "0000:01:00.1" is no device of node "pve", whose GPUs are 0000:05:00.0 GB202 [GeForce RTX 5090]; write the address of one that it has',
          ],
          [
            { devices: [] },
            'gpus[0].address "0000:01:00.1" is no device of node "pve", whose GPUs are none at all; write the address of one that it has',
          ],
        ],
      },
      "a whole device": {
        build: gpu({ address: "01:00", functions: "all" }),
        passes: [{}],
        fails: [
          [
            { devices: [neighbour] },
            'gpus[0].address "0000:01:00" is no device of node "pve", whose GPUs are none at all; write the address of one that it has',
          ],
        ],
      },
      "a pool": {
        build: mapping({ alternatives: [{ address: "05:00" }] }),
        passes: [{ devices: [...rtx4090, ...rtx5090] }],
        fails: [
          [
            {},
            'alternatives[0].address "0000:05:00" is no device of node "pve", whose GPUs are 0000:01:00.0 AD102 [GeForce RTX 4090]; write the address of one that it has',
          ],
        ],
      },
    },
  },
  "gpu-iommu": {
    valid: { "the host is not asked": gpu({ address: "01:00" }, { ...password, checkHost: false }) },
    invalid: {},
    onHost: {
      "a raw address": {
        build: gpu({ address: "01:00" }),
        passes: [{}, { devices: rtx4090.map((device) => ({ ...device, iommuGroup: 0 })) }],
        fails: [
          [
            { devices: rtx4090.map((device) => ({ ...device, iommuGroup: -1 })) },
            'gpus[0].address "0000:01:00.0" has no IOMMU group on node "pve": its IOMMU is off; switch on VT-d or AMD-Vi in the firmware, on Linux before 6.8 with Intel also "intel_iommu=on", and reboot the node',
          ],
        ],
      },
    },
  },
  "gpu-group-own": {
    valid: { "the host is not asked": gpu({ address: "01:00" }, { ...password, checkHost: false }) },
    invalid: {},
    onHost: {
      "function 0": {
        build: gpu({ address: "01:00" }),
        passes: [{}, { devices: [...rtx4090, { ...neighbour, iommuGroup: 15 }] }, { devices: [] }],
        fails: [
          [
            { devices: [...rtx4090, neighbour] },
            'gpus[0].address "0000:01:00.0" shares its IOMMU group on node "pve" with 0000:02:00.0; put the card into another slot, or pass those devices through to this VM too',
          ],
        ],
      },
      "a mapping that is made": {
        build: vm({ gpus: mapped("10de:2684") }),
        passes: [{}],
        fails: [
          [
            { devices: [...rtx4090, neighbour] },
            'gpus[0].mapping "0000:01:00" shares its IOMMU group on node "pve" with 0000:02:00.0; put the card into another slot, or pass those devices through to this VM too',
          ],
        ],
      },
      "all of the group, and a mediated device": {
        build: vm({ gpus: [{ address: "01:00" }, { address: "02:00" }, { address: "03:00", mdev: "nvidia-63" }] }),
        passes: [{ devices: [...rtx4090, neighbour] }],
        fails: [
          [
            { devices: [...rtx4090, { ...neighbour, id: "0000:04:00.0", name: "NVMe" }] },
            'gpus[0].address "0000:01:00.0" shares its IOMMU group on node "pve" with 0000:04:00.0 NVMe; put the card into another slot, or pass those devices through to this VM too',
          ],
        ],
      },
    },
  },
  "gpu-resets": {
    valid: { "the host is not asked": gpu({ address: "01:00" }, { ...password, checkHost: false }) },
    invalid: {},
    onHost: {
      "a GPU": {
        build: gpu({ address: "01:00" }),
        passes: [{}, { devices: [...rtx4090, { ...neighbour, class: "0x030000", vendor: "0x1002" }] }],
        fails: [
          [
            { devices: rtx4090.map((device) => ({ ...device, vendor: "0x1002", name: "Navi 21" })) },
            'gpus has 0000:01:00.0 Navi 21 of AMD on node "pve", which may not reset: try a restart of the VM while the host may hang, or choose another GPU',
          ],
        ],
      },
      "one of two GPUs": {
        build: vm({ gpus: [{ address: "01:00" }, { address: "05:00" }] }),
        passes: [{ devices: [...rtx4090, ...rtx5090] }],
        fails: [
          [
            { devices: [...rtx4090, ...rtx5090.map((device) => ({ ...device, vendor: "0x1002", name: "Navi 21" }))] },
            'gpus has 0000:05:00.0 Navi 21 of AMD on node "pve", which may not reset: try a restart of the VM while the host may hang, or choose another GPU',
          ],
        ],
      },
    },
  },
  "gpu-driver-generation": {
    valid: {
      "Ada with the open modules": driven(mapped("10de:2684"), production),
      "Pascal with the driver of long-term support": driven(mapped("10de:1b81"), older),
      "Pascal before the production branch dropped it": driven(
        mapped("10de:1b81"),
        { kernelModules: "proprietary", branch: "production" },
        "v1.12.4",
      ),
      "Blackwell with the production branch of Talos 1.11": driven(mapped("10de:2b85"), production, "v1.11.6"),
      "a cluster whose image all machines share": drivenWorker(mapped("10de:2684"), production, "one"),
    },
    invalid: {
      "a worker of a cluster, with an image of its own": [
        drivenWorker(mapped("10de:1b81"), production, "two"),
        'gpus[0].mapping is "10de:1b81", of Maxwell, Pascal, Volta, which the driver with kernelModules "open" and branch "production" does not know; write workers[0].talos.nvidia with kernelModules "proprietary" and branch "lts"',
      ],
      "a worker of a cluster, with the image of all": [
        drivenWorker(mapped("10de:1b81"), production, "one"),
        'gpus[0].mapping is "10de:1b81", of Maxwell, Pascal, Volta, which the driver with kernelModules "open" and branch "production" does not know; write talos.nvidia with kernelModules "proprietary" and branch "lts"',
      ],
      "long-term support of Talos 1.11 is 535, before Blackwell": [
        driven(mapped("10de:2b85"), { kernelModules: "open", branch: "lts" }, "v1.11.6"),
        'gpus[0].mapping is "10de:2b85", of Blackwell, which the driver with kernelModules "open" and branch "lts" does not know; write talos.nvidia with kernelModules "open" and branch "production"',
      ],
      "the production branch has dropped Pascal": [
        driven(mapped("10de:1B81"), production),
        'gpus[0].mapping is "10de:1B81", of Maxwell, Pascal, Volta, which the driver with kernelModules "open" and branch "production" does not know; write talos.nvidia with kernelModules "proprietary" and branch "lts"',
      ],
      "Blackwell has open modules alone": [
        driven(mapped("10de:2b85"), older),
        'gpus[0].mapping is "10de:2b85", of Blackwell, which the driver with kernelModules "proprietary" and branch "lts" does not know; write talos.nvidia with kernelModules "open" and branch "lts" or "production"',
      ],
      "the open modules begin with Turing": [
        driven(mapped("10de:1b81"), { kernelModules: "open", branch: "lts" }, "v1.12.4"),
        'gpus[0].mapping is "10de:1b81", of Maxwell, Pascal, Volta, which the driver with kernelModules "open" and branch "lts" does not know; write talos.nvidia with kernelModules "proprietary" and branch "lts" or "production"',
      ],
    },
    atPlan: {
      "the driver is a variable": {
        type: "string",
        build: (stack, value: never) =>
          driven(mapped("10de:2b85"), { kernelModules: value, branch: "production" })(stack),
        passes: ["open"],
        fails: ["proprietary"],
      },
      "the id is a variable": {
        type: "string",
        build: (stack, value: never) => driven(mapped(value), production)(stack),
        passes: ["10de:2684", "10de:2b85", "1002:73bf"],
        fails: ["10de:1b81", "10de:13c2"],
      },
      "the version of Talos is a variable": {
        type: "string",
        build: (stack, value: never) =>
          driven(mapped("10de:2b85"), { kernelModules: "open", branch: "lts" }, value)(stack),
        passes: ["v1.12.4", "v1.13.9", "v1.14.1"],
        fails: ["v1.11.6"],
      },
    },
    onHost: {
      "the production branch": {
        build: driven([{ address: "01:00", functions: "all" }], production),
        passes: [{}, { devices: [] }],
        fails: [
          [
            { devices: gtx1070 },
            'gpus[0].address is 0000:01:00.0 GP104 [GeForce GTX 1070], of Maxwell, Pascal, Volta, which the driver with kernelModules "open" and branch "production" does not know; write talos.nvidia with kernelModules "proprietary" and branch "lts"',
          ],
        ],
      },
      "the proprietary modules": {
        build: driven([{ mapping: { name: "gpu", address: "05:00" } }], older),
        passes: [{ devices: rtx4090.map((device) => ({ ...device, id: device.id.replace("01", "05") })) }],
        fails: [
          [
            { devices: rtx5090 },
            'gpus[0].mapping is 0000:05:00.0 GB202 [GeForce RTX 5090], of Blackwell, which the driver with kernelModules "proprietary" and branch "lts" does not know; write talos.nvidia with kernelModules "open" and branch "lts" or "production"',
          ],
        ],
      },
    },
  },
  "gpu-with-driver": {
    valid: {
      "a GPU and its driver": driven(mapped("10de:2684"), production),
      neither: driven([]),
      "a GPU of AMD": driven(mapped("1002:73bf")),
      "a mapping of which only the name is known": driven([{ mapping: "gpu" }], production),
      "a machine of which only the name is known": node({ talos: { version: "v1.13.9", nvidia: production } }),
      "an image that all machines share": drivenWorker(mapped("10de:2684"), production, "one"),
    },
    invalid: {
      "a driver and no GPU": [
        driven([], production),
        "talos.nvidia puts a driver into the image, and no machine with that image has a GPU; pass one through to its VM, or leave the driver out",
      ],
      "a worker's driver and no GPU": [
        drivenWorker([], production, "two"),
        "workers[0].talos.nvidia puts a driver into the image, and no machine with that image has a GPU; pass one through to its VM, or leave the driver out",
      ],
      "a GPU and no driver": [
        driven(mapped("10de:2684")),
        'gpus[0].mapping is "10de:2684" of NVIDIA, and the image has no driver for it; write talos: { nvidia: { kernelModules: "open", branch: "production" } }',
      ],
    },
    onHost: {
      "no driver": {
        build: driven([{ address: "01:00" }]),
        passes: [{ devices: rtx4090.map((device) => ({ ...device, vendor: "0x1002" })) }],
        fails: [
          [
            {},
            'gpus[0].address is 0000:01:00.0 AD102 [GeForce RTX 4090] of NVIDIA, and the image has no driver for it; write talos: { nvidia: { kernelModules: "open", branch: "production" } }',
          ],
        ],
      },
    },
  },
  "mapping-exists": {
    valid: { "the host is not asked": gpu({ mapping: "gpu" }, { ...apiToken, checkHost: false }) },
    invalid: {},
    onHost: {
      "a mapping by its name": {
        build: gpu({ mapping: "gpu" }),
        passes: [{}],
        fails: [
          [
            { mappings: ["gpu-1", "gpu-2"] },
            'gpus[0].mapping "gpu" is no mapping of the cluster, which has gpu-1, gpu-2; write the name of one, give the device to make one for, or give the account Mapping.Use on it',
          ],
          [
            { mappings: [] },
            'gpus[0].mapping "gpu" is no mapping of the cluster, which has none; write the name of one, give the device to make one for, or give the account Mapping.Use on it',
          ],
        ],
      },
    },
  },
  "mapping-valid": {
    valid: { "only the host knows": mapping({}) },
    invalid: {},
    onHost: {
      "a mapping by its name": {
        build: gpu({ mapping: "gpu" }),
        passes: [{}, { mappingProblems: [{ mapping: "other", message: "Invalid configuration" }] }],
        fails: [
          [
            { mappingProblems: [{ mapping: "gpu", message: "No mapping for node pve.\n" }] },
            'gpus[0].mapping "gpu" does not fit node "pve": No mapping for node pve.; correct it in Datacenter → Resource Mappings',
          ],
          [
            { mappingProblems: [{ mapping: "gpu", message: "" }] },
            'gpus[0].mapping "gpu" does not fit node "pve": the hardware probably changed; correct it in Datacenter → Resource Mappings',
          ],
        ],
      },
      "what is given of a mapping that is made": {
        build: mapping({ deviceId: "10DE:2684", subsystemId: "1458:40BF", iommuGroup: 14 }),
        passes: [{}],
        fails: [
          [
            { devices: rtx5090.map((device) => ({ ...device, id: device.id.replace("05", "01") })) },
            'deviceId "10de:2684" is not that of 0000:01:00 on node "pve", which has 10de:2b85; write that, or leave it out',
            'iommuGroup 14 is not that of 0000:01:00 on node "pve", which has 19; write that, or leave it out',
          ],
          [
            { devices: rtx4090.map((device) => ({ ...device, subsystemVendor: "", subsystemDevice: "" })) },
            'subsystemId "1458:40bf" is not that of 0000:01:00 on node "pve", which has none; write that, or leave it out',
          ],
        ],
      },
    },
  },
  "proxmox-version": {
    valid: { "only the host knows": download({}) },
    invalid: {},
    onHost: {
      "an image": {
        build: download({}),
        passes: [{ version: "8.4.0" }, { version: "8.4.14" }, { version: "9.0.3" }, { version: "10.1.0" }],
        fails: ["8.3.5", "8.3", "7.4-17", "8.0.3~rc1"].map((version) => [
          { version },
          `Proxmox VE ${version} downloads no disk images to import; upgrade it to 8.4 or later, or give boot: { clone } or { iso }`,
        ]),
      },
    },
  },
  "storage-imports": {
    valid: { "only the host knows": download({}) },
    invalid: {},
    onHost: {
      "an image": {
        build: download({ datastore: "isos" }),
        passes: [{ storages: [{ ...local, name: "isos" }] }],
        fails: [
          [
            {},
            'datastore "isos" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes imports, which are local',
          ],
          [
            { storages: [local, { ...local, name: "isos", content: ["iso"] }] },
            'datastore "isos" takes no imports on node "pve"; enable the content type Import (Datacenter → Storage), or write one that does, which are local',
          ],
          [
            { storages: [{ ...local, name: "isos", enabled: false }] },
            'datastore "isos" is disabled or not active on node "pve"; enable it, or write one that takes imports, which are none',
          ],
          [
            { storages: [{ ...local, name: "isos", active: false }] },
            'datastore "isos" is disabled or not active on node "pve"; enable it, or write one that takes imports, which are none',
          ],
        ],
      },
    },
  },
  "storage-space": {
    valid: { "only the host knows": download({}) },
    invalid: {},
    onHost: {
      "an image": {
        build: download({}),
        passes: [{}, { storages: [{ ...local, available: 0, active: false }] }, { storages: [] }],
        fails: [
          [
            { storages: [{ ...local, available: 1024 ** 3 }] },
            'datastore "local" has less than 2 GiB to spare on node "pve"; make room on it, or write another one',
          ],
        ],
      },
    },
  },
  "host-memory": {
    valid: { "nothing is pinned": vm({ memory: { dedicated: 1024 ** 2 } }) },
    invalid: {},
    onHost: {
      "two VMs with devices beside one without": {
        build: (stack) => {
          vmIn(stack, { gpus: [{ address: "01:00" }] });
          vmIn(stack, { vmId: 101, memory: { dedicated: 32768 } }, password, "plain");
          vmIn(stack, { gpus: [{ address: "05:00" }], memory: { dedicated: 4096 } }, password, "talos_node_2");
        },
        passes: [{ memory: 13 * 1024 ** 3 }],
        fails: [
          [
            { memory: 13 * 1024 ** 3 - 1 },
            'memory.dedicated is 4096 MiB, 12288 with stack/talos_node, all of which the host pins, and node "pve" has 13311, of which it needs 1024 itself; write less',
          ],
          [
            { memory: 4 * 1024 ** 3 },
            'memory.dedicated is 8192 MiB, all of which the host pins, and node "pve" has 4096, of which it needs 1024 itself; write less',
            'memory.dedicated is 4096 MiB, 12288 with stack/talos_node, all of which the host pins, and node "pve" has 4096, of which it needs 1024 itself; write less',
          ],
        ],
      },
      "VMs of two stacks": {
        build: (stack) => {
          inAnotherStack(stack, (another) => vmIn(another, { gpus: [{ address: "05:00" }] }));
          vmIn(stack, { gpus: [{ address: "01:00" }], vmId: 101 });
        },
        passes: [{ memory: 17 * 1024 ** 3 }],
        fails: [
          [
            { memory: 17 * 1024 ** 3 - 1 },
            'memory.dedicated is 8192 MiB, 16384 with another/talos_node, all of which the host pins, and node "pve" has 17407, of which it needs 1024 itself; write less',
          ],
        ],
      },
      "a passed-through device": {
        build: gpu({ address: "01:00" }),
        passes: [{}, { memory: 9 * 1024 ** 3 }],
        fails: [
          [
            { memory: 9 * 1024 ** 3 - 1 },
            'memory.dedicated is 8192 MiB, all of which the host pins, and node "pve" has 9215, of which it needs 1024 itself; write less',
          ],
        ],
      },
    },
  },
  "host-memory-spare": {
    valid: { "nothing is pinned": vm({ memory: { dedicated: 1024 ** 2 } }) },
    invalid: {},
    onHost: {
      "a passed-through device": {
        build: gpu({ address: "01:00" }),
        // What leaves too little is refused, by another rule.
        passes: [{ memory: 10 * 1024 ** 3 }, { memory: 9 * 1024 ** 3 - 1 }],
        fails: [
          [
            { memory: 10 * 1024 ** 3 - 1 },
            'memory.dedicated is 8192 MiB, all of which the host pins: that leaves node "pve" less than 2048 MiB for itself; write less',
          ],
        ],
      },
    },
  },
  "host-processors": {
    valid: { "only the host knows": vm({ cpu: { cores: 2304 } }) },
    invalid: {},
    onHost: {
      "two sockets": {
        build: vm({ cpu: { cores: 16, sockets: 2 } }),
        passes: [{}, { cpus: 32 }],
        fails: [[{ cpus: 31 }, 'cpu.cores 16 × cpu.sockets 2 is 32, and node "pve" has 31 threads; write less']],
      },
      "the number is a variable": {
        build: withVariable((stack, cores: never) => void vmIn(stack, { cpu: { cores } }), "number"),
        passes: [],
        fails: [],
      },
    },
  },
  "vm-storage": {
    valid: { "only the host knows": disks({ size: 20, datastore: "tank" }) },
    invalid: {},
    onHost: {
      "all is on the storage of the first disk": {
        build: vm({
          disks: [{ size: 20, datastore: "tank" }, { size: 20 }],
          initialization: { ipConfigs: [] },
        }),
        passes: [{ storages: [local, disksOfHost, { ...disksOfHost, name: "tank" }] }],
        fails: [
          [
            {},
            'disks[0].datastore "tank" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes disk images, which are local-lvm',
          ],
          [
            { storages: [local, { ...disksOfHost, name: "tank" }] },
            'disks[1].datastore "local-lvm" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes disk images, which are tank',
          ],
          [
            { storages: [local, disksOfHost, { ...local, name: "tank" }] },
            'disks[0].datastore "tank" takes no disk images on node "pve"; enable the content type Disk image (Datacenter → Storage), or write one that does, which are local-lvm',
          ],
          [
            { storages: [local, disksOfHost, { ...disksOfHost, name: "tank", active: false }] },
            'disks[0].datastore "tank" is disabled or not active on node "pve"; enable it, or write one that takes disk images, which are local-lvm',
          ],
        ],
      },
      "each of another storage": {
        build: vm({
          disks: [{ size: 20 }],
          efiDisk: { datastore: "efi" },
          initialization: { ipConfigs: [], datastore: "init" },
          boot: { iso: { fileId: "isos:iso/talos.iso" } },
        }),
        passes: [
          {
            storages: [
              disksOfHost,
              { ...disksOfHost, name: "efi" },
              { ...local, name: "init" },
              { ...disksOfHost, name: "isos" },
            ],
          },
        ],
        fails: [
          [
            {},
            'efiDisk.datastore "efi" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes disk images, which are local-lvm',
            'initialization.datastore "init" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes disk images, which are local-lvm',
            'boot.iso.fileId "isos" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes ISO images, which are local',
          ],
        ],
      },
      "an image that is there": {
        build: vm({ boot: { image: { fileId: "files:import/talos.qcow2" } } }),
        passes: [{ storages: [disksOfHost, { ...local, name: "files" }] }],
        fails: [
          [
            { storages: [disksOfHost, { ...local, name: "files", enabled: false }] },
            'boot.image.fileId "files" is disabled or not active on node "pve"; enable it, or write one that takes imports, which are none',
          ],
        ],
      },
    },
  },
  "vm-storage-content": {
    valid: { "only the host knows": vm({ boot: { iso: { fileId: "isos:iso/talos.iso" } } }) },
    invalid: {},
    onHost: {
      "a cloud-init drive and an ISO": {
        build: vm({
          boot: { iso: { fileId: "local-lvm:iso/talos.iso" } },
          initialization: { ipConfigs: [], datastore: "local" },
        }),
        passes: [
          {
            storages: [
              { ...local, content: ["images"] },
              { ...disksOfHost, content: ["images", "iso"] },
            ],
          },
        ],
        fails: [
          [
            {},
            'initialization.datastore "local" takes no disk images on node "pve"; enable the content type Disk image (Datacenter → Storage), or write one that does, which are local-lvm',
            'boot.iso.fileId "local-lvm" takes no ISO images on node "pve"; enable the content type ISO image (Datacenter → Storage), or write one that does, which are local',
          ],
        ],
      },
    },
  },
  "vm-storage-space": {
    valid: { "only the host knows": disks({ size: 1_000_000 }) },
    invalid: {},
    onHost: {
      // Whether the VM is there, only the state knows.
      "two disks of one storage": {
        build: disks({ size: 100 }, { size: 50 }, { size: 10, datastore: "tank" }),
        passes: [
          { storages: [{ ...disksOfHost, available: 150 * 1024 ** 3 }] },
          { storages: [{ ...disksOfHost, available: 0, active: false }] },
        ],
        fails: [],
      },
    },
  },
  "same-cluster": {
    valid: {
      "with another account": (stack) => {
        const image = new DownloadedImage(stack, "image", { ...file, connection: connectionIn(stack), node: "pve" });
        vmIn(stack, { connection: new ProxmoxConnection(stack, "root", password), boot: { image } });
      },
    },
    invalid: {
      "an image of another cluster": [
        (stack) => {
          const connection = connectionIn(stack);
          const image = new DownloadedImage(stack, "image", { ...file, connection: farIn(stack), node: "pve" });
          vmIn(stack, { connection, boot: { image } });
        },
        "boot.image is stack/image, of the connection stack/far, and the VM of stack/proxmox; make both with one connection",
      ],
      "a mapping of another cluster, by its name": [
        (stack) => {
          const connection = connectionIn(stack);
          const { name } = new PciMapping(stack, "gpu", { ...device, connection: farIn(stack), node: "pve" });
          vmIn(stack, { connection, gpus: [{ mapping: name }] });
        },
        "gpus[0].mapping is stack/gpu, of the connection stack/far, and the VM of stack/proxmox; make both with one connection",
      ],
    },
    atPlan: {
      "the endpoint is a variable": {
        type: "string",
        build: (stack, value: never) => {
          const connection = connectionIn(stack);
          const image = new DownloadedImage(stack, "image", { ...file, connection: farIn(stack, value), node: "pve" });
          vmIn(stack, { connection, boot: { image } });
        },
        passes: ["https://pve.example:8006/"],
        fails: ["https://far.example:8006/"],
      },
    },
  },
  "image-on-node": {
    valid: {
      "on the VM's own node": (stack) => {
        const connection = connectionIn(stack);
        const image = new DownloadedImage(stack, "image", { ...file, connection, node: "pve" });
        vmIn(stack, { connection, boot: { image } });
      },
    },
    invalid: {},
    onHost: {
      "on another node": {
        build: (stack) => {
          const connection = connectionIn(stack);
          const image = new DownloadedImage(stack, "image", { ...file, connection, node: "pve1" });
          vmIn(stack, { connection, boot: { image } });
        },
        passes: [{ storages: [{ ...local, shared: true }, disksOfHost] }],
        fails: [
          [
            {},
            'boot.image is downloaded to "local" of node "pve1", which node "pve" does not share; download it with node: "pve", or to a shared storage',
          ],
        ],
      },
    },
  },
  "image-on-node-unchecked": {
    valid: {
      "on the VM's own node": (stack) => {
        const connection = new ProxmoxConnection(stack, "proxmox", { ...password, checkHost: false });
        const image = new DownloadedImage(stack, "image", { ...file, connection, node: "pve" });
        vmIn(stack, { connection, boot: { image } });
      },
    },
    invalid: {
      "on another node": [
        (stack) => {
          const connection = new ProxmoxConnection(stack, "proxmox", { ...password, checkHost: false });
          const image = new DownloadedImage(stack, "image", { ...file, connection, node: "pve1" });
          vmIn(stack, { connection, boot: { image } });
        },
        'boot.image is downloaded to "local" of node "pve1", and checkHost: false does not tell whether node "pve" shares it; download it with node: "pve", or see that it does',
      ],
    },
  },
  "machine-boots-release": {
    valid: {
      "the same": node({ machine: { ...machine, talosVersion: "v1.13.9" } }),
      "an image of the same": (stack) => {
        const image = new TalosImage(stack, "image", { version: "v1.13.9" });
        nodeIn(stack, { machine: vmOfImage(stack, image), talos: image });
      },
    },
    invalid: {
      "another release": [
        node({ machine: { ...machine, talosVersion: "v1.12.8" } }),
        'machine boots Talos "v1.12.8", and talos.version is "v1.13.9"; make its image of that version, or write the image\'s',
      ],
      "an image of another release": [
        (stack) => {
          const image = new TalosImage(stack, "image", { version: "v1.14.0" });
          nodeIn(stack, { machine: vmOfImage(stack, image), talos: { version: "v1.13.9" } });
        },
        'machine boots Talos "v1.14.0", and talos.version is "v1.13.9"; make its image of that version, or write the image\'s',
      ],
    },
    atPlan: {
      "the image's version is a variable": {
        type: "string",
        build: (stack, value: never) => {
          const image = new TalosImage(stack, "image", { version: value });
          nodeIn(stack, { machine: vmOfImage(stack, image), talos: { version: "v1.13.9" } });
        },
        passes: ["v1.13.9"],
        fails: ["v1.13.8"],
      },
    },
  },
  "usb-host-or-mapping": {
    valid: { "by host": vm({ usb: [{ host: "1050:0407" }] }), "by mapping": vm({ usb: [{ mapping: "key" }] }) },
    invalid: {
      "Proxmox does not know which device": [
        vm({ usb: [{}] }),
        'usb[0] has neither host nor mapping; write one, such as host: "1050:0407"',
      ],
      "Proxmox refuses both": [
        vm({ usb: [{ host: "1-2", mapping: "key" }] }),
        'usb[0] has both host "1-2" and mapping "key"; write one of them',
      ],
    },
  },
  "usb-host": {
    valid: {
      "vendor and product": vm({ usb: [{ host: "0x1050:0x0407" }, { host: "1D6B:0002" }] }),
      "bus and port": vm({ usb: [{ host: "1-2" }, { host: "10-1.4.2" }] }),
    },
    invalid: {
      "a device's number on its bus": [
        vm({ usb: [{ host: "001:004" }] }),
        'usb[0].host "001:004" is no USB device; write vendor and product as `lsusb` prints them, such as "1050:0407", or bus and port, such as "1-2.3"',
      ],
      "a redirected device of a client": [
        vm({ usb: [{ host: "spice" }] }),
        'usb[0].host "spice" is no USB device; write vendor and product as `lsusb` prints them, such as "1050:0407", or bus and port, such as "1-2.3"',
      ],
    },
    atPlan: {
      "the device is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { usb: [{ host: value }] }),
        passes: ["1050:0407", "1-2.3"],
        fails: ["1050", "1-", "1.2-3", "1050:0407,usb3=1"],
      },
    },
  },
  "usb-host-needs-root-password": {
    valid: {
      "root's password": vm({ usb: [{ host: "1050:0407" }] }),
      "a mapping with a token": vm({ usb: [{ mapping: "key" }] }, apiToken),
    },
    invalid: {
      "no token may set a device of the host": [
        vm({ usb: [{ host: "1050:0407" }] }, apiToken),
        'usb[0].host "1050:0407" is raw, which no API token may set; use credentials: "password" with root@pam, or give the device by mapping',
      ],
      "no other user may": [
        vm({ usb: [{ host: "1-2" }] }, { ...password, username: "terraform@pve" }),
        'usb[0].host "1-2" is raw, which only root@pam may set, not "terraform@pve"; use username: "root@pam", or give the device by mapping',
      ],
    },
    atPlan: {
      "the user is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { usb: [{ host: "1-2" }] }, { ...password, username: value }),
        passes: ["root@pam"],
        fails: ["terraform@pve"],
      },
    },
  },
  "usb-slots": {
    valid: { "four devices": vm({ usb: Array.from({ length: 4 }, (_, port) => ({ host: `1-${port}` })) }) },
    invalid: {
      "the provider reads no usb4 back": [
        vm({ usb: Array.from({ length: 5 }, (_, port) => ({ host: `1-${port}` })) }),
        "usb has 5 entries; pass through 4 devices at most, or a whole USB controller as a PCI device",
      ],
    },
  },
  "serial-device": {
    valid: {
      "a socket and a device": vm({ serialDevices: ["socket", "/dev/ttyS0"] }),
      "four devices": vm({ serialDevices: ["socket", "socket", "socket", "socket"] }),
    },
    invalid: {
      "a line break in a name": [
        vm({ serialDevices: ["/dev/\nttyS0"] }),
        'serialDevices[0] is "/dev/\\nttyS0"; write "socket", or a device of the host such as "/dev/ttyS0"',
      ],
      "a name that is no path": [
        vm({ serialDevices: ["ttyS0"] }),
        'serialDevices[0] is "ttyS0"; write "socket", or a device of the host such as "/dev/ttyS0"',
      ],
      "there is no serial4": [
        vm({ serialDevices: ["socket", "socket", "socket", "socket", "socket"] }),
        "serialDevices has 5 entries; write 4 at most",
      ],
    },
    atPlan: {
      "the device is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { serialDevices: [value] }),
        passes: ["socket", "/dev/ttyS0"],
        fails: ["ttyS0", "/dev/", "/dev/a,b"],
      },
    },
  },
  "serial-device-needs-root-password": {
    valid: {
      "root's password": vm({ serialDevices: ["/dev/ttyS0"] }),
      "a socket with a token": vm({ serialDevices: ["socket"] }, apiToken),
    },
    invalid: {
      "no token may set a device of the host": [
        vm({ serialDevices: ["socket", "/dev/ttyS0"] }, apiToken),
        'serialDevices[1] "/dev/ttyS0" is a device of the host, which no API token may set; use credentials: "password" with root@pam, or write "socket"',
      ],
    },
    atPlan: {
      "the device is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { serialDevices: [value] }, apiToken),
        passes: ["socket"],
        fails: ["/dev/ttyS0"],
      },
    },
  },
  "cpu-type-host": {
    valid: {
      "the host's CPU": vm({ cpu: { type: "host" }, gpus: [{ address: "01:00" }] }),
      "a VM that moves between hosts": vm({ cpu: { type: "x86-64-v2-AES" } }),
      "a later level": vm({ cpu: { type: "x86-64-v3" } }),
      "a model with x86-64-v2": vm({ cpu: { type: "Nehalem" } }),
      "one that the host defines": vm({ cpu: { type: "custom-avx" } }),
      "another guest": linux({ cpu: { type: "kvm64" }, gpus: [{ address: "01:00" }] }),
    },
    invalid: {
      "Talos does not boot": [
        vm({ cpu: { type: "qemu64" } }),
        'cpu.type is "qemu64", which lacks the x86-64-v2 instructions that Talos needs; write "host"',
      ],
      "a model before x86-64-v2": [
        vm({ cpu: { type: "Penryn" } }),
        'cpu.type is "Penryn", which lacks the x86-64-v2 instructions that Talos needs; write "host"',
      ],
      "Talos does not boot, whatever its GPUs": [
        vm({ cpu: { type: "kvm64" }, gpus: [{ address: "01:00" }] }),
        'cpu.type is "kvm64", which lacks the x86-64-v2 instructions that Talos needs; write "host"',
      ],
      "Talos would boot, the GPU's software may not": [
        vm({ cpu: { type: "x86-64-v3" }, gpus: [{ address: "01:00" }] }),
        'cpu.type is "x86-64-v3", which is not the host\'s own, as a GPU\'s software expects it; write "host"',
      ],
    },
    atPlan: {
      "the type is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { cpu: { type: value } }),
        passes: ["host", "x86-64-v2-AES", "EPYC", "custom-avx"],
        fails: ["qemu64", "kvm64", "Opteron_G3"],
      },
      "the type is a variable, of a VM with a GPU": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { cpu: { type: value }, gpus: [{ address: "01:00" }] }),
        passes: ["host"],
        fails: ["qemu64", "x86-64-v3"],
      },
    },
  },
  "cpu-type-known": {
    valid: {
      "a level of x86-64": linux({ cpu: { type: "x86-64-v2-AES" } }),
      "one that the host defines": linux({ cpu: { type: "custom-avx" } }),
    },
    invalid: {
      "the provider lists all others": [
        linux({ cpu: { type: "Zen4" } }),
        'cpu.type "Zen4" is unknown; write one such as "host", "x86-64-v2-AES" or "custom-…"',
      ],
      "of a Talos guest too": [
        vm({ cpu: { type: "x86-64-v5" } }),
        'cpu.type "x86-64-v5" is unknown; write one such as "host", "x86-64-v2-AES" or "custom-…"',
      ],
    },
    atPlan: {
      "the type is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { guest: "linux", cpu: { type: value } }),
        passes: ["host", "custom-avx", "EPYC"],
        fails: ["epyc", "custom-", "custom-a,b"],
      },
    },
  },
  "cpu-cores": {
    valid: {
      "two cores": vm({ cpu: { cores: 2 } }),
      "one, of another guest": linux({ cpu: { cores: 1 } }),
      "as many as there are": vm({ cpu: { cores: 2304, sockets: 16 } }),
    },
    invalid: {
      "more than there are": [vm({ cpu: { cores: 2305 } }), "cpu.cores is 2305; write a whole number from 2 to 2304"],
      "more sockets than there are": [
        vm({ cpu: { sockets: 17 } }),
        "cpu.sockets is 17; write a whole number from 1 to 16",
      ],
      "none at all": [linux({ cpu: { cores: 0 } }), "cpu.cores is 0; write a whole number from 1 to 2304"],
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
    valid: {
      "two GiB": vm({ memory: { dedicated: 2048 } }),
      "less, of another guest": linux({ memory: { dedicated: 64 } }),
      "all of it, by a balloon": vm({ memory: { dedicated: 2048, floating: 2048 } }),
    },
    invalid: {
      "too little for anything": [
        linux({ memory: { dedicated: 63 } }),
        "memory.dedicated is 63; write a whole number of MiB, from 64 to 268435456",
      ],
      "more than there can be": [
        vm({ memory: { dedicated: 268_435_457 } }),
        "memory.dedicated is 268435457; write a whole number of MiB, from 2048 to 268435456",
      ],
      "a balloon larger than the memory": [
        vm({ memory: { dedicated: 2048, floating: 2049 } }),
        "memory.floating is 2049 of 2048 MiB; write a whole number of MiB, no more than memory.dedicated",
      ],
      "a balloon below nothing": [
        vm({ memory: { dedicated: 2048, floating: -1 } }),
        "memory.floating is -1 of 2048 MiB; write a whole number of MiB, no more than memory.dedicated",
      ],
      "too little for a control plane": [
        vm({ memory: { dedicated: 1024 } }),
        "memory.dedicated is 1024; write a whole number of MiB, from 2048 to 268435456",
      ],
    },
    atPlan: {
      "the memory is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { memory: { dedicated: value } }),
        passes: [2048],
        fails: [1024],
      },
      "the balloon is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { memory: { dedicated: 2048, floating: value } }),
        passes: [0, 2048],
        fails: [2049, -1, 0.5],
      },
    },
  },
  "machine-type": {
    valid: {
      "in a version": vm({ machine: "pc-q35-9.2+pve1" }),
      "the older one": vm({ machine: "pc-i440fx-9.0.pxe" }),
      "with a virtual IOMMU": vm({ machine: "q35,viommu=virtio" }),
    },
    invalid: {
      "no such machine": [
        vm({ machine: "q36" }),
        'machine "q36" is not a machine type; write it as in "q35" or "pc-q35-9.2"',
      ],
      "nothing would be Proxmox's default": [
        vm({ machine: "" }),
        'machine "" is not a machine type; write it as in "q35" or "pc-q35-9.2"',
      ],
      "longer than Proxmox takes": [
        vm({ machine: `pc-q35-${"9.".repeat(17)}2` }),
        `machine "pc-q35-${"9.".repeat(17)}2" is not a machine type; write it as in "q35" or "pc-q35-9.2"`,
      ],
    },
    atPlan: {
      "the machine is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { machine: value }),
        passes: ["q35", "pc", "pc-q35-9.2", "pc-q35-10.0+pve1"],
        fails: ["q36", "", "q35,viommu=amd", `pc-q35-${"9.".repeat(17)}2`],
      },
    },
  },
  "ovmf-needs-efi-disk": {
    valid: {
      "the default disk": vm({ bios: "ovmf" }),
      "seabios needs none": vm({ bios: "seabios", efiDisk: false }),
      "another guest may start with Secure Boot": linux({ efiDisk: { preEnrolledKeys: true } }),
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
  "disk-for-system": {
    valid: {
      "a clone has those of its template": vm({
        boot: { clone: { id: 9000, scsiHardware: "virtio-scsi-pci" } },
        disks: [],
      }),
    },
    invalid: {
      "nothing to import the image to": [
        vm({ disks: [] }),
        "disks is empty, but what the VM boots needs one; write one such as { size: 100 }, or leave disks out",
      ],
    },
  },
  "disk-ssd": {
    valid: {
      "on scsi": disks({ size: 20, ssd: true }),
      "said to be none on virtio": disks({ size: 20, interface: "virtio0", ssd: false }),
    },
    invalid: {
      "virtio has no such setting": [
        disks({ size: 20, interface: "virtio0", ssd: true }),
        'disks[0].ssd is true on "virtio0"; leave it out, or choose another bus',
      ],
    },
    atPlan: {
      "the interface is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { disks: [{ size: 20, interface: value, ssd: true }] }),
        passes: ["scsi0"],
        fails: ["virtio0"],
      },
    },
  },
  "system-disk-first": {
    valid: {
      "the lowest number of its bus": disks({ size: 20, interface: "scsi2" }, { size: 20, interface: "scsi10" }),
      "the same on SATA": disks({ size: 20, interface: "sata0" }, { size: 20, interface: "sata1" }),
      "the same on IDE": disks({ size: 20, interface: "ide0" }, { size: 20, interface: "ide1" }),
      "the others on virtio": disks({ size: 20, interface: "sata5" }, { size: 20, interface: "virtio0" }),
      "the system on virtio": disks({ size: 20, interface: "virtio3" }, { size: 20, interface: "scsi0" }),
      "another guest boots what it is told": linux({
        disks: [
          { size: 20, interface: "scsi5" },
          { size: 20, interface: "scsi0" },
        ],
      }),
    },
    invalid: {
      "Talos would be installed to the other disk": [
        disks({ size: 20, interface: "scsi5" }, { size: 20, interface: "scsi0" }),
        'disks[0].interface "scsi5" may not be "/dev/sda" beside disks[1].interface "scsi0"; give the first disk the lowest number, and the others its bus or virtio',
      ],
      "the same on virtio": [
        disks({ size: 20, interface: "virtio1" }, { size: 20, interface: "virtio0" }),
        'disks[0].interface "virtio1" may not be "/dev/vda" beside disks[1].interface "virtio0"; give the first disk the lowest number, and the others its bus or virtio',
      ],
      "two buses of one kind of name": [
        disks({ size: 20, interface: "scsi0" }, { size: 20, interface: "sata1" }),
        'disks[0].interface "scsi0" may not be "/dev/sda" beside disks[1].interface "sata1"; give the first disk the lowest number, and the others its bus or virtio',
      ],
    },
    atPlan: {
      "the system's interface is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            disks: [
              { size: 20, interface: value },
              { size: 20, interface: "scsi2" },
            ],
          }),
        passes: ["scsi0", "scsi1", "virtio5"],
        fails: ["scsi3", "scsi10", "sata0"],
      },
      "another interface is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            disks: [
              { size: 20, interface: "scsi0" },
              { size: 20, interface: value },
            ],
          }),
        passes: ["scsi1", "scsi10", "virtio0"],
        fails: ["sata1", "ide1"],
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
  "disk-at-ide3": {
    valid: {
      "the last interface that is left": disks({ size: 20, interface: "ide1" }),
      "the CD drive is at ide0": vm({
        boot: { iso: { fileId: "local:iso/talos.iso" } },
        disks: [{ size: 20, interface: "ide3" }],
      }),
      "the provider leaves a clone's drives alone": vm({
        boot: { clone: { id: 9000, scsiHardware: "virtio-scsi-pci", guestAgent: true } },
        disks: [{ size: 20, interface: "ide3" }],
      }),
    },
    invalid: {
      "every plan would remove it": [
        disks({ size: 20, interface: "ide3" }),
        'disks[0].interface is "ide3", which the provider reads as a CD drive; write another one, such as "ide1"',
      ],
    },
    atPlan: {
      "the interface is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { disks: [{ size: 20, interface: value }] }),
        passes: ["ide1", "scsi3"],
        fails: ["ide3"],
      },
    },
  },
  "disk-interface-once": {
    valid: {
      "numbered by place": vm({ disks: [{ size: 20 }, { size: 20 }] }),
      "no other drive is there": disks({ size: 20, interface: "ide2" }),
    },
    invalid: {
      "one of them would be lost": [
        vm({ disks: [{ size: 20 }, { size: 20, interface: "scsi0" }] }),
        'disks[1].interface "scsi0" is taken by disks[0]; choose another number',
      ],
      "the cloud-init drive would be lost": [
        vm({ disks: [{ size: 20, interface: "ide2" }], initialization: { ipConfigs: [] } }),
        'disks[0].interface "ide2" is taken by the cloud-init drive; choose another number',
      ],
      "the ISO would be lost": [
        vm({ disks: [{ size: 20, interface: "ide0" }], boot: { iso: { fileId: "local:iso/talos.iso" } } }),
        'disks[0].interface "ide0" is taken by the ISO; choose another number',
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
      "a small disk of another guest": linux({ disks: [{ size: 1 }] }),
    },
    invalid: {
      "too small for Talos": [
        vm({ disks: [{ size: 8 }] }),
        "disks[0].size is 8; write a whole number of GiB, from 10 to 1048576 for the system disk",
      ],
      "more than a byte count can hold": [
        vm({ disks: [{ size: 20 }, { size: 1_048_577 }] }),
        "disks[1].size is 1048577; write a whole number of GiB, from 1 to 1048576",
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
    valid: {
      "six pairs": vm({ networkDevices: [{ macAddress: "BC:24:11:00:00:01" }] }),
      "of a machine that is no VM": node({ machine: { ...machine, macAddress: "BC:24:11:00:00:01" } }),
    },
    invalid: {
      "hyphens between the pairs": [
        vm({ networkDevices: [{ macAddress: "BC-24-11-00-00-01" }] }),
        'networkDevices[0].macAddress "BC-24-11-00-00-01" is not a MAC address; write it as in "BC:24:11:00:00:01"',
      ],
      "Proxmox refuses multicast": [
        vm({ networkDevices: [{ macAddress: "01:00:5e:00:00:01" }] }),
        'networkDevices[0].macAddress "01:00:5e:00:00:01" is one of many devices (multicast); write an even second digit, as in "BC:24:11:00:00:01"',
      ],
      "Talos would find no device": [
        node({ machine: { ...machine, macAddress: "zz" } }),
        'machine.macAddress "zz" is not a MAC address; write it as in "BC:24:11:00:00:01"',
      ],
      "no device has one of many": [
        onInterfaces({ addresses: ["192.168.1.50/24"], macAddress: "01:00:5e:00:00:01" }),
        'machine.interfaces[0].macAddress "01:00:5e:00:00:01" is one of many devices (multicast); write an even second digit, as in "BC:24:11:00:00:01"',
      ],
    },
    atPlan: {
      "that of a machine that is no VM is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { machine: { ...machine, macAddress: value } }),
        passes: ["BC:24:11:00:00:01"],
        fails: ["zz", "01:00:5e:00:00:01"],
      },
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { networkDevices: [{ macAddress: value }] }),
        passes: ["BC:24:11:00:00:01"],
        fails: ["BC-24-11-00-00-01", "01:00:5e:00:00:01"],
      },
    },
  },
  "machine-network": {
    valid: {
      "by interfaces": node({
        machine: {
          name: "talos-gpu",
          address: "192.168.1.50/24",
          installDisk: "/dev/sda",
          interfaces: [{ addresses: ["192.168.1.50/24"], gateways: ["192.168.1.1"] }],
        },
      }),
      "further addresses, static and by DHCP": onInterfaces(
        { macAddress: "BC:24:11:00:00:01", addresses: ["10.0.0.50/8", "192.168.1.50/24"] },
        { macAddress: "BC:24:11:00:00:02", addresses: [], dhcp: true, dhcpv6: false },
      ),
      "by gateway and MAC address": node({ machine: { ...machine, macAddress: "BC:24:11:00:00:01" } }),
    },
    invalid: {
      "the gateway would be ignored": [
        node({ machine: { ...machine, interfaces: [{ addresses: ["192.168.1.50/24"] }] } }),
        'machine.gateway "192.168.1.1" is given beside interfaces; write it there',
      ],
      "the machine would not answer at its address": [
        onInterfaces({ addresses: ["192.168.1.51/24"] }),
        'machine.interfaces[0].addresses lacks the machine\'s own, "192.168.1.50/24"; write it there',
      ],
      "the second network device has it": [
        onInterfaces(
          { macAddress: "BC:24:11:00:00:01", addresses: [] },
          { macAddress: "BC:24:11:00:00:02", addresses: ["192.168.1.50/24"] },
        ),
        'machine.interfaces[0].addresses lacks the machine\'s own, "192.168.1.50/24"; write it there',
      ],
      "no network device at all": [
        onInterfaces(),
        'machine.interfaces is empty; write the network device that has "192.168.1.50/24", or leave it out',
      ],
      "an address without prefix length": [
        onInterfaces({ addresses: ["192.168.1.50/24", "10.0.0.50"] }),
        'machine.interfaces[0].addresses[1] "10.0.0.50" is not an address with prefix length from 8; write it as in "192.168.1.50/24"',
      ],
      "no boolean": [
        onInterfaces({ addresses: ["192.168.1.50/24"], dhcp: "no" }),
        'machine.interfaces[0].dhcp is "no"; write true or false',
      ],
    },
    atPlan: {
      "the address of the network device is a variable": {
        type: "string",
        build: (stack, value: never) => onInterfaces({ addresses: [value] })(stack),
        passes: ["192.168.1.50/24"],
        fails: ["192.168.1.50", "192.168.1.51/24", "bogus"],
      },
    },
  },
  "mac-address-of-each": {
    valid: {
      "one device needs none": ipConfig({ address: "dhcp" }),
      "one of two is configured, by its MAC address": vm({
        networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, {}],
        initialization: { ipConfigs: [{ address: "dhcp" }] },
      }),
      "another guest is told by Proxmox": linux({
        networkDevices: [{}, {}],
        initialization: { ipConfigs: [{ address: "dhcp" }, { address: "dhcp" }] },
      }),
    },
    invalid: {
      "the selectors would fit both": [
        vm({
          networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, { macAddress: "bc:24:11:00:00:01" }],
          initialization: { ipConfigs: [{ address: "192.168.1.50/24" }, { address: "10.0.0.50/24" }] },
        }),
        'networkDevices[1].macAddress "bc:24:11:00:00:01" is that of networkDevices[0]; write another one',
      ],
      "the selector would fit both": [
        vm({ networkDevices: [{}, {}], initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } }),
        'networkDevices[0].macAddress is missing beside other network devices; write one such as "BC:24:11:00:00:01"',
      ],
      "also of a machine that is no VM": [
        node({
          machine: {
            ...machine,
            interfaces: [{ macAddress: "BC:24:11:00:00:01", addresses: ["192.168.1.50/24"] }, { addresses: [] }],
          },
        }),
        'machine.interfaces[1].macAddress is missing beside other network devices; write one such as "BC:24:11:00:00:01"',
      ],
    },
    atPlan: {
      "one of two MAC addresses is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, { macAddress: value }],
            initialization: { ipConfigs: [{ address: "192.168.1.50/24" }, { address: "10.0.0.50/24" }] },
          }),
        passes: ["BC:24:11:00:00:02"],
        fails: ["BC:24:11:00:00:01", "bc:24:11:00:00:01"],
      },
    },
  },
  "network-device-slots": {
    valid: { "thirty-two": vm({ networkDevices: Array.from({ length: 32 }, () => ({})) }) },
    invalid: {
      "there is no net32": [
        vm({ networkDevices: Array.from({ length: 33 }, () => ({})) }),
        "networkDevices has 33 entries; write 32 at most",
      ],
    },
  },
  "vlan-id": {
    valid: {
      "the first": vm({ networkDevices: [{ vlanId: 1 }] }),
      "the last": vm({ networkDevices: [{ vlanId: 4094 }] }),
    },
    invalid: Object.fromEntries(
      [5000, -1, 0, 4095].map((vlanId) => [
        `Proxmox has no ${vlanId}`,
        [
          vm({ networkDevices: [{ vlanId }] }),
          `networkDevices[0].vlanId is ${vlanId}; write a whole number from 1 to 4094, or leave it out`,
        ],
      ]),
    ),
    atPlan: {
      "the tag is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { networkDevices: [{ vlanId: value }] }),
        passes: [1, 4094],
        fails: [0, 4095, 1.5],
      },
    },
  },
  mtu: {
    valid: {
      "that of the bridge": vm({ networkDevices: [{ mtu: 1 }] }),
      "the least": vm({ networkDevices: [{ mtu: 576 }] }),
      "the most": vm({ networkDevices: [{ mtu: 65_520 }] }),
    },
    invalid: {
      "larger than Proxmox takes": [
        vm({ networkDevices: [{ mtu: 65_521 }] }),
        "networkDevices[0].mtu is 65521; write a whole number from 576 to 65520, or 1 for that of the bridge",
      ],
      "smaller than IPv4 needs": [
        vm({ networkDevices: [{ mtu: 575 }] }),
        "networkDevices[0].mtu is 575; write a whole number from 576 to 65520, or 1 for that of the bridge",
      ],
    },
    atPlan: {
      "the MTU is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { networkDevices: [{ mtu: value }] }),
        passes: [1, 576, 65_520],
        fails: [0, 2, 575, 65_521],
      },
    },
  },
  "ip-config-has-network-device": {
    valid: { "one for one": ipConfig({ address: "dhcp" }) },
    invalid: {
      "Proxmox would drop the second": [
        ipConfig({ address: "dhcp" }, { address: "dhcp" }),
        "initialization.ipConfigs has 2 entries for 1 network devices; leave some out, or write more networkDevices",
      ],
    },
  },
  "dns-server": {
    valid: { "of both families": vm({ initialization: { ipConfigs: [], dnsServers: ["192.168.1.1", "fd00::1"] } }) },
    invalid: {
      "nothing could resolve it": [
        vm({ initialization: { ipConfigs: [], dnsServers: ["router.example"] } }),
        'initialization.dnsServers[0] "router.example" is not an address; write it as in "192.168.1.1"',
      ],
      "also of a machine that is no VM": [
        node({ machine: { ...machine, dnsServers: ["192.168.1.1", ""] } }),
        'machine.dnsServers[1] "" is not an address; write it as in "192.168.1.1"',
      ],
    },
    atPlan: {
      "the server is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { initialization: { ipConfigs: [], dnsServers: [value] } }),
        passes: ["192.168.1.1", "fd00::1"],
        fails: ["router", "192.168.1.1/24", "192.168.001.001"],
      },
    },
  },
  "vga-memory": {
    valid: { min: vm({ vga: { memory: 4 } }), max: vm({ vga: { memory: 512 } }) },
    invalid: {
      "too little": [vm({ vga: { memory: 3 } }), "vga.memory is 3; write a whole number of MiB from 4 to 512"],
      "too much": [vm({ vga: { memory: 513 } }), "vga.memory is 513; write a whole number of MiB from 4 to 512"],
    },
    atPlan: {
      "the memory is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { vga: { memory: value } }),
        passes: [4, 512],
        fails: [3, 513],
      },
    },
  },
  "startup-order": {
    valid: { "the first": vm({ startup: { order: 0, upDelay: 0, downDelay: 60 } }) },
    invalid: {
      "below the first": [vm({ startup: { order: -1 } }), "startup.order is -1; write a whole number, 0 or more"],
      "half a second": [
        vm({ startup: { order: 1, upDelay: 0.5 } }),
        "startup.upDelay is 0.5; write a whole number, 0 or more",
      ],
    },
    atPlan: {
      "the delay is a variable": {
        type: "number",
        build: (stack, value: never) => void vmIn(stack, { startup: { order: 1, downDelay: value } }),
        passes: [0, 60],
        fails: [-1, 2_147_483_648],
      },
    },
  },
  "backup-schedule": {
    valid: Object.fromEntries(
      [
        ...["02:30", "sat 04:00", "mon..fri 22:00", "mon,wed,fri 8..17,22:0/15", "*/30", "0/5:12", "sun"],
        ...["Daily", "2027-*-01 03:00", "*-01..07", "sat *-1..7 15:00", "12:30:15"],
        ...["00:00", "23:59:59", "59", "*/59", "1-1", "12-31", "1/3-*"],
      ].map((schedule) => [schedule, vm({ backup: { datastore: "local", keep, schedule } })]),
    ),
    invalid: Object.fromEntries(
      [
        ...["", "tomorrow", "2:30 pm", "monday", "02.30", "sat  04:00", "mon-fri 22:00", "0 2 * * *"],
        ...["24:00", "02:60", "02:00:60", "0..24:00", "60", "*/0", "*/60", "13-01", "00-01", "12-32", "12-00 02:00"],
      ].map((schedule) => [
        `"${schedule}"`,
        [
          vm({ backup: { datastore: "local", keep, schedule } }),
          `backup.schedule "${schedule}" is no calendar event; write it as in "02:30", "sat 04:00" or "mon..fri 22:00"`,
        ],
      ]),
    ),
    atPlan: {
      "the schedule is a variable": {
        type: "string",
        build: (stack, schedule: never) => void vmIn(stack, { backup: { datastore: "local", keep, schedule } }),
        passes: ["02:30", "mon..fri 22:00", "*-*-1 03:00", "YEARLY"],
        fails: ["", "0 2 * * *", "mon-fri 22:00", "24:00"],
      },
    },
  },
  "backup-keep": {
    valid: {
      "of each kind": vm({
        backup: { datastore: "local", keep: { last: 1, hourly: 2, daily: 7, weekly: 4, monthly: 6, yearly: 1 } },
      }),
    },
    invalid: {
      nothing: [
        vm({ backup: { datastore: "local", keep: {} } }),
        "backup.keep is empty; write how many to keep, such as { last: 3 }",
      ],
      none: [
        vm({ backup: { datastore: "local", keep: { daily: 0 } } }),
        "backup.keep.daily is 0; write a whole number, 1 or more, or leave it out",
      ],
    },
    atPlan: {
      "the number is a variable": {
        type: "number",
        build: (stack, last: never) => void vmIn(stack, { backup: { datastore: "local", keep: { last } } }),
        passes: [1, 30],
        fails: [0, 1.5],
      },
    },
  },
  "storage-backups": {
    valid: { "only the host knows": vm({ backup: { datastore: "nas", keep } }) },
    invalid: {},
    onHost: {
      "a VM that is backed up": {
        build: vm({ backup: { datastore: "nas", keep } }),
        passes: [{ storages: [local, { ...local, name: "nas", content: ["backup"] }] }],
        fails: [
          [
            {},
            'backup.datastore "nas" is no storage of node "pve", or the account lacks Datastore.Audit on it; write one that takes backups, which are none',
          ],
          [
            {
              storages: [
                { ...local, content: ["backup"] },
                { ...local, name: "nas" },
              ],
            },
            'backup.datastore "nas" takes no backups on node "pve"; enable the content type Backup (Datacenter → Storage), or write one that does, which are local',
          ],
          [
            { storages: [{ ...local, name: "nas", content: ["backup"], active: false }] },
            'backup.datastore "nas" is disabled or not active on node "pve"; enable it, or write one that takes backups, which are none',
          ],
        ],
      },
    },
  },
  "pool-name": {
    valid: { "what Proxmox takes": vm({ pool: "talos" }), "a pool in a pool": vm({ pool: "lab/gpu.1/talos_a" }) },
    invalid: {
      "a blank": [vm({ pool: "my pool" }), 'pool "my pool" is not the name of a pool; write it as in "talos"'],
      "a fourth level": [vm({ pool: "a/b/c/d" }), 'pool "a/b/c/d" is not the name of a pool; write it as in "talos"'],
    },
    atPlan: {
      "the pool is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { pool: value }),
        passes: ["talos", "a/b"],
        fails: ["", "a b", "a//b"],
      },
    },
  },
  tag: {
    valid: { "what Proxmox takes": vm({ tags: ["gpu", "_a-b+c.d", "9"] }) },
    invalid: {
      "a letter of another alphabet": [vm({ tags: ["ä"] }), 'tags[0] "ä" is not a tag; write it as in "gpu"'],
      "a hyphen at the beginning": [vm({ tags: ["gpu", "-x"] }), 'tags[1] "-x" is not a tag; write it as in "gpu"'],
    },
    atPlan: {
      "the tag is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { tags: [value] }),
        passes: ["gpu", "GPU"],
        fails: ["ä", "-x", "a;b", ""],
      },
    },
  },
  "node-address": {
    valid: {
      "with prefix length": vm({ initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } }),
      "a VM may use DHCP": vm({ initialization: { ipConfigs: [{ address: "dhcp" }] } }),
      "a reservation of a DHCP server": reserved({ address: "dhcp", reservedAddress: "192.168.1.50" }),
      "a reservation of IPv6": reserved({ ipv6: { address: "dhcp" }, reservedAddress: "2001:db8::50" }),
      "a reservation where both families have DHCP": reserved({
        address: "dhcp",
        ipv6: { address: "dhcp" },
        reservedAddress: "2001:db8::50",
      }),
      "link-local beside the node's": ipConfig({ address: "192.168.1.50/24", ipv6: { address: "fe80::50/64" } }),
      "link-local at another network device": vm({
        networkDevices: [{ macAddress: "BC:24:11:00:00:01" }, { macAddress: "BC:24:11:00:00:02" }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24" }, { address: "169.254.255.1/32" }] },
      }),
      "link-local, of a router that is no node": linux({
        initialization: { ipConfigs: [{ ipv6: { address: "fe80::1/64" } }] },
      }),
      ...Object.fromEntries(
        ["192.168.1.1/24", "192.168.1.254/24", "223.255.255.1/24", "10.0.0.0/31"].map((address) => [
          `beside those that stand for others, ${address}`,
          ipConfig({ address }),
        ]),
      ),
      "both families": ipConfig({ address: "192.168.1.50/24", ipv6: { address: "2001:db8::50/64" } }),
      "IPv6 alone, which routers announce": ipConfig({ ipv6: { address: "auto" } }),
      "a single address": ipConfig({ address: "192.168.1.50/32", ipv6: { address: "2001:db8::50/128" } }),
      "the largest networks": ipConfig({ address: "10.0.0.50/8", ipv6: { address: "fd00::50/8" } }),
      "the node of such a VM": (stack) => {
        const ipConfigs = [{ address: "dhcp", reservedAddress: "192.168.1.50" }];
        const networkDevices = [{ macAddress: "BC:24:11:00:00:01" }];
        nodeIn(stack, { machine: vmIn(stack, { networkDevices, initialization: { ipConfigs } }) });
      },
      "a node that DHCP always gives the same": node({
        machine: {
          ...machine,
          address: "192.168.1.50",
          gateway: undefined,
          interfaces: [{ addresses: [], dhcp: true }],
        },
      }),
      IPv6: node({ machine: { ...machine, address: "fd00::50/64", gateway: "fd00::1" } }),
    },
    invalid: {
      "no prefix length": [
        vm({ initialization: { ipConfigs: [{ address: "192.168.1.50" }] } }),
        'initialization.ipConfigs[0].address "192.168.1.50" is not an address with prefix length from 8; write it as in "192.168.1.50/24"',
      ],
      ...Object.fromEntries(
        [
          "192.168.1.50/024",
          "10.0.0.50/7",
          "192.168.1.50/33",
          "fd00::50/7",
          "fd00::50/129",
          "192.168.001.50/24",
          "fe80::1%eth0/64",
        ].map((address) => [
          `Proxmox refuses ${address}`,
          [
            ipConfig({ address }),
            `initialization.ipConfigs[0].address "${address}" is not an address with prefix length from 8; write it as in "192.168.1.50/24"`,
          ] as const,
        ]),
      ),
      "a network device of no address": [
        ipConfig({}),
        'initialization.ipConfigs[0] has no address; write address: "192.168.1.50/24", or "dhcp"',
      ],
      "the same family twice": [
        ipConfig({ address: "fd00::50/64", ipv6: { address: "fd00::51/64" } }),
        'initialization.ipConfigs[0].address "fd00::50/64" is one of IPv6 beside ipv6; write one of them',
      ],
      "IPv4 for IPv6": [
        ipConfig({ ipv6: { address: "192.168.1.50/24" } }),
        'initialization.ipConfigs[0].ipv6.address "192.168.1.50/24" is not an IPv6 address with prefix length from 8; write it as in "2001:db8::50/64", or "dhcp" or "auto"',
      ],
      "a reservation with a prefix length": [
        ipConfig({ address: "dhcp", reservedAddress: "192.168.1.50/24" }),
        'initialization.ipConfigs[0].reservedAddress "192.168.1.50/24" is not an address without prefix length; write it as in "192.168.1.50"',
      ],
      "routers reserve nothing": [
        ipConfig({ ipv6: { address: "auto" }, reservedAddress: "2001:db8::50" }),
        'initialization.ipConfigs[0].reservedAddress "2001:db8::50" is reserved by no DHCP server; write "dhcp" as the address of its family beside it, or the address with its prefix length instead',
      ],
      "a reservation of nobody": [
        ipConfig({ address: "192.168.1.50/24", reservedAddress: "192.168.1.50" }),
        'initialization.ipConfigs[0].reservedAddress "192.168.1.50" is reserved by no DHCP server; write "dhcp" as the address of its family beside it, or the address with its prefix length instead',
      ],
      "the DHCP server of the other family": [
        ipConfig({ address: "dhcp", reservedAddress: "2001:db8::50" }),
        'initialization.ipConfigs[0].reservedAddress "2001:db8::50" is reserved by no DHCP server; write "dhcp" as the address of its family beside it, or the address with its prefix length instead',
      ],
      "the DHCP server of IPv6, for IPv4": [
        ipConfig({ ipv6: { address: "dhcp" }, reservedAddress: "192.168.1.50" }),
        'initialization.ipConfigs[0].reservedAddress "192.168.1.50" is reserved by no DHCP server; write "dhcp" as the address of its family beside it, or the address with its prefix length instead',
      ],
      "many hosts, by their reservation": [
        reserved({ address: "dhcp", reservedAddress: "224.0.0.1" }),
        "initialization.ipConfigs[0].reservedAddress \"224.0.0.1\" is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own",
      ],
      ...Object.fromEntries(
        [
          ...["192.168.1.0/24", "192.168.1.255/24", "255.0.0.1/8", "0.0.0.0/8", "224.0.0.5/24", "239.1.2.3/24"],
          ...["127.0.0.1/8", "127.1.2.3/24"],
        ].map((address) => [
          `no node has ${address}`,
          [
            ipConfig({ address }),
            `initialization.ipConfigs[0].address "${address}" is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own`,
          ] as const,
        ]),
      ),
      ...Object.fromEntries(
        ["169.254.1.50/16", "fe80::50/64"].map((address) => [
          `no node is reached at ${address}`,
          [
            ipConfig({ address }),
            `initialization.ipConfigs[0].address "${address}" is link-local, which Kubernetes takes for no node's; write one such as "192.168.1.50" or "2001:db8::50"`,
          ] as const,
        ]),
      ),
      "link-local, by its reservation": [
        reserved({ ipv6: { address: "dhcp" }, reservedAddress: "fe80::50" }),
        'initialization.ipConfigs[0].reservedAddress "fe80::50" is link-local, which Kubernetes takes for no node\'s; write one such as "192.168.1.50" or "2001:db8::50"',
      ],
      "link-local, of IPv6 alone": [
        ipConfig({ ipv6: { address: "fe80::50/64" } }),
        'initialization.ipConfigs[0].ipv6.address "fe80::50/64" is link-local, which Kubernetes takes for no node\'s; write one such as "192.168.1.50" or "2001:db8::50"',
      ],
      "link-local, for a machine that is no VM": [
        node({ machine: { ...machine, address: "169.254.1.50/16", gateway: undefined } }),
        'machine.address "169.254.1.50/16" is link-local, which Kubernetes takes for no node\'s; write one such as "192.168.1.50" or "2001:db8::50"',
      ],
      "IPv4 in the form of IPv6": [
        ipConfig({ ipv6: { address: "::ffff:192.168.1.50/120" } }),
        'initialization.ipConfigs[0].ipv6.address "::ffff:192.168.1.50/120" is an IPv4 address written as IPv6; write it as in "192.168.1.50"',
      ],
      "a loopback address of another network device": [
        onInterfaces({ addresses: ["192.168.1.50/24", "127.0.0.5/8"] }),
        "machine.interfaces[0].addresses[1] \"127.0.0.5/8\" is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own",
      ],
      "a reservation for no MAC address": [
        ipConfig({ address: "dhcp", reservedAddress: "192.168.1.50" }),
        'initialization.ipConfigs[0].reservedAddress "192.168.1.50" is reserved for a MAC address, and networkDevices[0].macAddress is missing; write the one that the DHCP server knows, such as "BC:24:11:00:00:01"',
      ],
      ...Object.fromEntries(
        ["::/64", "::1/128", "0:0:0::1/64", "ff02::1/64"].map((address) => [
          `no node has ${address}`,
          [
            ipConfig({ ipv6: { address } }),
            `initialization.ipConfigs[0].ipv6.address "${address}" is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own`,
          ] as const,
        ]),
      ),
      "no such address": [
        vm({ initialization: { ipConfigs: [{ address: "192.168.1.500/24" }] } }),
        'initialization.ipConfigs[0].address "192.168.1.500/24" is not an address with prefix length from 8; write it as in "192.168.1.50/24"',
      ],
      "no machine is in a network of all addresses": [
        node({ machine: { ...machine, address: "192.168.1.50/0", gateway: undefined } }),
        'machine.address is "192.168.1.50/0"; give it a static one with prefix length from 8, such as "192.168.1.50/24", or one that a DHCP server has reserved',
      ],
      "many hosts, for a machine that is no VM": [
        node({ machine: { ...machine, address: "224.0.0.5/24", gateway: undefined } }),
        "machine.address \"224.0.0.5/24\" is no node's: it stands for a network, for all or many hosts, for none or for each itself; write the node's own",
      ],
      "a node must not move": [
        node({ machine: { ...machine, address: "dhcp" } }),
        'machine.address is "dhcp"; give it a static one with prefix length from 8, such as "192.168.1.50/24", or one that a DHCP server has reserved',
      ],
    },
    atPlan: {
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) => void vmIn(stack, { initialization: { ipConfigs: [{ address: value }] } }),
        passes: ["192.168.1.50/24", "dhcp", "192.168.1.50/32", "192.168.1.0/31"],
        fails: [
          ...["192.168.1.50", "192.168.1.500/24", "192.168.1.50/024", "10.0.0.50/7", "192.168.001.50/24"],
          ...["192.168.1.0/24", "192.168.1.255/24", "0.0.0.5/8", "224.0.0.5/24", "127.0.0.5/8", "169.254.1.5/16"],
        ],
      },
      "the IPv6 address is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, { initialization: { ipConfigs: [{ ipv6: { address: value } }] } }),
        passes: ["2001:db8::50/64", "dhcp", "auto"],
        fails: [
          ...["2001:db8::50", "192.168.1.50/24", "fd00::50/7", "fd00::50/129", "::1/128", "0:0::1/128", "ff02::1/64"],
          ...["fe80::50/64", "::ffff:192.168.1.50/120", "0:0:0:0:0:FFFF:c0a8:0132/120"],
        ],
      },
      "the reservation is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            networkDevices: [{ macAddress: "BC:24:11:00:00:01" }],
            initialization: { ipConfigs: [{ address: "dhcp", reservedAddress: value }] },
          }),
        passes: ["192.168.1.50"],
        fails: ["192.168.1.50/24", "dhcp", "127.0.0.5", "169.254.1.50"],
      },
      "the node's address is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { machine: { ...machine, address: value } }),
        passes: ["192.168.1.50/24", "10.0.0.50/8", "fd00::50/64", "fd00::50/8"],
        fails: [
          ...["192.168.1.50", "dhcp", "192.168.1.50/0", "10.0.0.50/7", "fd00::50/7"],
          ...["127.0.0.5/8", "169.254.1.5/16", "fe80::50/64", "::1/64", "255.255.255.255/24"],
        ],
      },
    },
  },
  "gateway-in-subnet": {
    valid: {
      "in the network": vm({ initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] } }),
      "in the IPv6 network": vm({ initialization: { ipConfigs: [{ address: "fd00::50/64", gateway: "fd00::1" }] } }),
      "link-local, as IPv6 routers are": ipConfig({ ipv6: { address: "2001:db8::50/64", gateway: "fe80::1" } }),
      "link-local, on the link of a single address": ipConfig({ address: "203.0.113.50/32", gateway: "169.254.1.1" }),
      "on the link of a single address": ipConfig({ address: "203.0.113.50/32", gateway: "198.51.100.1" }),
      "the other of two addresses": ipConfig({ address: "10.0.0.0/31", gateway: "10.0.0.1" }),
      "in one of several networks": onInterfaces({
        addresses: ["192.168.1.50/24", "fd00::50/64"],
        gateways: ["192.168.1.1", "fe80::1"],
      }),
    },
    invalid: {
      "the node could not reach it": [
        vm({ initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.2.1" }] } }),
        'initialization.ipConfigs[0].gateway "192.168.2.1" is not in the network of "192.168.1.50/24"; write the router\'s address in that network',
      ],
      "a name": [
        ipConfig({ address: "192.168.1.50/24", gateway: "router" }),
        'initialization.ipConfigs[0].gateway "router" is not an address; write the router\'s, as in "192.168.1.1"',
      ],
      "the DHCP server tells it": [
        ipConfig({ address: "dhcp", gateway: "192.168.1.1" }),
        'initialization.ipConfigs[0].gateway "192.168.1.1" goes with no static address; leave it out, or write one with its prefix length',
      ],
      "no router's, on the link of a single address": [
        ipConfig({ address: "203.0.113.50/32", gateway: "127.0.0.1" }),
        'initialization.ipConfigs[0].gateway "127.0.0.1" is not in the network of "203.0.113.50/32"; write the router\'s address in that network',
      ],
      "of the other family": [
        ipConfig({ address: "203.0.113.50/32", gateway: "fe80::1" }),
        'initialization.ipConfigs[0].gateway "fe80::1" is not in the network of "203.0.113.50/32"; write the router\'s address in that network',
      ],
      "also of a machine that is no VM": [
        onInterfaces({ addresses: ["192.168.1.50/24"], gateways: ["nope"] }),
        'machine.interfaces[0].gateways[0] "nope" is not an address; write the router\'s, as in "192.168.1.1"',
      ],
      "in none of several networks": [
        onInterfaces({ addresses: ["192.168.1.50/24", "10.0.0.50/24"], gateways: ["10.0.1.1"] }),
        'machine.interfaces[0].gateways[0] "10.0.1.1" is the router of none of "192.168.1.50/24", "10.0.0.50/24"; write one in the network of an address',
      ],
      "of no network that is known": [
        onInterfaces(
          { macAddress: "BC:24:11:00:00:01", addresses: ["192.168.1.50/24"] },
          { macAddress: "BC:24:11:00:00:02", addresses: [], dhcp: true, gateways: ["10.0.0.1"] },
        ),
        'machine.interfaces[1].gateways[0] "10.0.0.1" goes with no static address; leave it out, or write one with its prefix length',
      ],
      ...Object.fromEntries(
        Object.entries({ node: 50, network: 0, broadcast: 255 }).map(([whose, last]) => [
          `the ${whose}'s own address`,
          [
            ipConfig({ address: "192.168.1.50/24", gateway: `192.168.1.${last}` }),
            `initialization.ipConfigs[0].gateway "192.168.1.${last}" is the first, the last or the own address of "192.168.1.50/24"; write the router's`,
          ] as const,
        ]),
      ),
    },
    atPlan: {
      "the gateway is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: value }] },
          }),
        passes: ["192.168.1.1"],
        fails: ["192.168.2.1", "router", "fd00::1", "192.168.1.50", "192.168.1.0", "192.168.1.255"],
      },
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            initialization: { ipConfigs: [{ address: value, gateway: "192.168.1.1" }] },
          }),
        passes: ["192.168.1.50/24", "192.168.1.0/31"],
        fails: ["192.168.2.50/24"],
      },
      "the gateway of IPv6 is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void vmIn(stack, {
            initialization: { ipConfigs: [{ ipv6: { address: "fd00::50/64", gateway: value } }] },
          }),
        passes: ["fd00::1", "fd00::", "fe80::1"],
        fails: ["fd00:1::1", "fd00::50", "192.168.1.1"],
      },
      "the gateway of several networks is a variable": {
        type: "string",
        build: (stack, value: never) =>
          onInterfaces({ addresses: ["192.168.1.50/24", "10.0.0.50/24"], gateways: [value] })(stack),
        passes: ["192.168.1.1", "10.0.0.1"],
        fails: ["10.0.1.1", "10.0.0.255", "nope"],
      },
    },
  },
  "extension-name": {
    valid: {
      "a name with its owner": image({ extensions: ["siderolabs/iscsi-tools"] }),
      "one that came with this minor": image({ version: "v1.12.0", extensions: ["siderolabs/xe"] }),
      "a factory of one's own has others": image({ factory: "https://factory.example", extensions: ["acme/driver"] }),
    },
    invalid: {
      "the owner is missing": [
        image({ extensions: ["iscsi-tools"] }),
        'extensions[0] "iscsi-tools" is not the name of an extension; write it as in "siderolabs/iscsi-tools"',
      ],
      "also of a factory of one's own": [
        image({ factory: "https://factory.example", extensions: ["driver"] }),
        'extensions[0] "driver" is not the name of an extension; write it as in "siderolabs/iscsi-tools"',
      ],
      "a letter is missing": [
        image({ extensions: ["siderolabs/iscsi-tool"] }),
        'extensions[0] "siderolabs/iscsi-tool" is no extension of Talos "v1.13.9"; write "siderolabs/iscsi-tools"',
      ],
      "NVIDIA's have a branch": [
        image({ extensions: ["siderolabs/nvidia-container-toolkit"] }),
        'extensions[0] "siderolabs/nvidia-container-toolkit" is no extension of Talos "v1.13.9"; write "siderolabs/nvidia-container-toolkit-lts" or "siderolabs/nvidia-container-toolkit-production"',
      ],
      "there is none like it": [
        image({ extensions: ["siderolabs/quux"] }),
        'extensions[0] "siderolabs/quux" is no extension of Talos "v1.13.9"; the names are at https://github.com/siderolabs/extensions',
      ],
      "the factory has its owner's alone": [
        image({ extensions: ["acme/iscsi-tools"] }),
        'extensions[0] "acme/iscsi-tools" is no extension of Talos "v1.13.9"; the names are at https://github.com/siderolabs/extensions',
      ],
      "it came with a later minor": [
        image({ version: "v1.11.6", extensions: ["siderolabs/xe"] }),
        'extensions[0] "siderolabs/xe" is no extension of Talos "v1.11.6"; it came with Talos 1.12',
      ],
    },
    atPlan: {
      "the name is a variable": {
        type: "string",
        build: (stack, value: never) => image({ extensions: [value] })(stack),
        passes: ["siderolabs/iscsi-tools", "siderolabs/nvidia-fabricmanager-lts"],
        fails: ["iscsi-tools", "siderolabs/iscsi-tool", "siderolabs/kata-containers-snp"],
      },
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) => image({ version: value, extensions: ["siderolabs/intel-npu"] })(stack),
        passes: ["v1.13.0", "v1.14.1"],
        fails: ["v1.12.11"],
      },
    },
  },
  "nvidia-extensions": {
    valid: {
      "the rest of the driver's branch": image({
        nvidia: { kernelModules: "open", branch: "lts" },
        extensions: ["siderolabs/nvidia-fabricmanager-lts"],
      }),
      "without a driver": image({ extensions: ["siderolabs/nvidia-gdrdrv-device"] }),
    },
    invalid: {
      "the two kinds exclude each other": [
        image({
          nvidia: { kernelModules: "open", branch: "lts" },
          extensions: ["siderolabs/nonfree-kmod-nvidia-lts"],
        }),
        'the image has both kinds of NVIDIA\'s kernel modules among "siderolabs/nvidia-open-gpu-kernel-modules-lts", "siderolabs/nvidia-container-toolkit-lts", "siderolabs/nonfree-kmod-nvidia-lts"; leave one of them out',
      ],
      "the toolkit is of the other branch": [
        image({
          extensions: [
            "siderolabs/nvidia-open-gpu-kernel-modules-production",
            "siderolabs/nvidia-container-toolkit-lts",
          ],
        }),
        'the image has extensions of both of NVIDIA\'s branches, "siderolabs/nvidia-open-gpu-kernel-modules-production", "siderolabs/nvidia-container-toolkit-lts"; write all of them with -lts, or all with -production',
      ],
    },
    atPlan: {
      "the extension is a variable": {
        type: "string",
        build: (stack, value: never) =>
          image({ nvidia: { kernelModules: "proprietary", branch: "production" }, extensions: [value] })(stack),
        passes: ["siderolabs/iscsi-tools", "siderolabs/nvidia-fabricmanager-production"],
        fails: ["siderolabs/nvidia-container-toolkit-lts", "siderolabs/nvidia-open-gpu-kernel-modules-production"],
      },
      "the branch is a variable": {
        type: "string",
        build: (stack, value: never) =>
          image({
            nvidia: { kernelModules: "open", branch: value },
            extensions: ["siderolabs/nvidia-fabricmanager-lts"],
          })(stack),
        passes: ["lts"],
        fails: ["production"],
      },
    },
  },
  "factory-once": {
    valid: {
      "two images of one factory": (stack) => {
        new TalosImage(stack, "old", { factory: "https://factory.example", version: "v1.12.6" });
        new TalosImage(stack, "new", { factory: "https://factory.example" });
      },
      "the default written out": (stack) => {
        new TalosImage(stack, "old");
        new TalosImage(stack, "new", { factory: "https://factory.talos.dev" });
      },
      "two stacks": (stack) => {
        new TalosImage(stack, "talos", { factory: "https://factory.example" });
        inAnotherStack(stack, (another) => new TalosImage(another, "talos"));
      },
    },
    invalid: {
      "one provider talks to one of them": [
        (stack) => {
          new TalosImage(stack, "old", { factory: "https://factory.example" });
          new TalosImage(stack, "new");
        },
        'factory "https://factory.talos.dev" is another than "https://factory.example" of stack/old; write the same, or make one of the images in another stack',
      ],
    },
    atPlan: {
      "one of them is a variable": {
        type: "string",
        build: (stack, value: never) => {
          new TalosImage(stack, "old", { factory: "https://factory.example" });
          new TalosImage(stack, "new", { factory: value });
        },
        passes: ["https://factory.example"],
        fails: ["https://factory.talos.dev"],
      },
    },
  },
  "factory-url": {
    valid: {
      "a factory of one's own": image({ factory: "https://factory.example:8080" }),
      "at an address of IPv6": image({ factory: "http://[fd00::2]:8080" }),
    },
    invalid: {
      "no scheme": [
        image({ factory: "factory.example" }),
        'factory "factory.example" is not the URL of an Image Factory; write it as in "https://factory.talos.dev"',
      ],
      "a password would be in the stack": [
        image({ factory: "https://me:secret@factory.example" }),
        'factory "https://…@factory.example" is not the URL of an Image Factory; write it as in "https://factory.talos.dev"',
      ],
      "no host": [
        image({ factory: "https://\n" }),
        'factory "https://\\n" is not the URL of an Image Factory; write it as in "https://factory.talos.dev"',
      ],
      "a query would be in the midst of every address": [
        image({ factory: "https://factory.example?x#y" }),
        'factory "https://factory.example?x#y" is not the URL of an Image Factory; write it as in "https://factory.talos.dev"',
      ],
    },
    atPlan: {
      "the URL is a variable": {
        type: "string",
        build: (stack, value: never) => image({ factory: value })(stack),
        passes: ["https://factory.example", "http://[fd00::2]:8080"],
        fails: ["factory.example", "https://me:secret@factory.example", "https://factory.example?x", "https://[:::]"],
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
        'Talos version "1.13.9" lacks the "v" that versions of Talos begin with; write "v1.13.9"',
      ],
    },
    atPlan: {
      "the node's version is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { talos: { version: value } }),
        passes: ["v1.11.6", "v1.14.1", "v1.14.0-rc.1"],
        fails: ["v1.10.0", "v1.15.0", "1.13.9", "v1.13", "v1.13.09", "v1.14.0-rc.01"],
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
        passes: ["1.31.0", "v1.36.3", "1.35.10"],
        fails: ["1.30.9", "1.37.0", "1.35", "1.35.04"],
      },
      "the version of Talos is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { talos: { version: value }, kubernetesVersion: "1.31.0" }),
        passes: ["v1.11.6", "v1.13.9"],
        fails: ["v1.14.1"],
      },
    },
  },
  "installer-version": {
    valid: {
      "the tag of the version": node({
        talos: { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/id:v1.13.9" },
      }),
      "with a digest": node({
        talos: { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/id:v1.13.9@sha256:0123" },
      }),
    },
    invalid: {
      "the tag of another version": [
        node({ talos: { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/id:v1.12.11" } }),
        'talos.installer "factory.talos.dev/nocloud-installer/id:v1.12.11" is not of Talos "v1.13.9"; write an image with that tag, as in "factory.talos.dev/nocloud-installer/<schematic>:v1.13.9"',
      ],
      "no tag at all": [
        node({ talos: { version: "v1.13.9", installer: "factory.talos.dev/nocloud-installer/id" } }),
        'talos.installer "factory.talos.dev/nocloud-installer/id" is not of Talos "v1.13.9"; write an image with that tag, as in "factory.talos.dev/nocloud-installer/<schematic>:v1.13.9"',
      ],
      ...Object.fromEntries(
        [":v1.13.9", "https://factory.talos.dev/id:v1.13.9", " a b:v1.13.9"].map((installer) => [
          `no name of an image: ${installer}`,
          [
            node({ talos: { version: "v1.13.9", installer } }),
            `talos.installer "${installer}" is not the name of an image; write it as in "factory.talos.dev/nocloud-installer/<schematic>:v1.13.9"`,
          ] as const,
        ]),
      ),
    },
    atPlan: {
      "the installer is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { talos: { version: "v1.13.9", installer: value } }),
        passes: [
          "factory.example/id:v1.13.9",
          "factory.example/id:v1.13.9@sha256:0123",
          "[fd00::2]:5000/siderolabs/installer:v1.13.9",
          "installer:v1.13.9",
        ],
        fails: [
          "factory.example/id:v1.13.8",
          "factory.example/id:1.13.9",
          ":v1.13.9",
          "https://factory.example/id:v1.13.9",
          " a b:v1.13.9",
        ],
      },
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, { talos: { version: value, installer: "factory.example/id:v1.12.0" } }),
        passes: ["v1.12.0"],
        fails: ["v1.12.1"],
      },
    },
  },
  "install-disk-matches-bus": {
    valid: {
      "another disk of the same bus": node({ installDisk: "/dev/sdb" }),
      "a disk by its id": node({ machine: { ...machine, installDisk: "/dev/disk/by-id/nvme-Disk_1.0#x" } }),
    },
    invalid: {
      "a scsi disk has no virtio name": [
        node({ installDisk: "/dev/vda" }),
        'installDisk "/dev/vda" is not on the bus of the machine\'s disk; write "/dev/sda" or leave it out',
      ],
      "a name alone": [
        node({ machine: { ...machine, installDisk: "sda" } }),
        'machine.installDisk "sda" is not a device; write it as in "/dev/sda"',
      ],
      nothing: [
        node({ machine: { ...machine, installDisk: "" } }),
        'machine.installDisk "" is not a device; write it as in "/dev/sda"',
      ],
    },
    atPlan: {
      "the disk is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { installDisk: value }),
        passes: ["/dev/sda", "/dev/sdb"],
        fails: ["/dev/vda", "sda"],
      },
      "the disk of a machine that is no VM is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { machine: { ...machine, installDisk: value } }),
        passes: ["/dev/sda", "/dev/nvme0n1"],
        fails: ["sda", "", "/dev/", "/dev/s da"],
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
  "time-server": {
    valid: {
      "a name, addresses and the clock of the host": node({
        timeServers: ["time.example", "192.168.1.1", "fd00::1", "/dev/ptp0"],
      }),
    },
    invalid: Object.fromEntries(
      ["", "http://time.example", "a b", "fd00:::1"].map((server) => [
        `no host: ${server}`,
        [
          node({ timeServers: ["time.example", server] }),
          `timeServers[1] "${server}" is not a time server; write a host name or an address, as in "time.cloudflare.com"`,
        ] as const,
      ]),
    ),
    atPlan: {
      "the server is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { timeServers: [value] }),
        passes: ["time.example", "192.168.1.1", "fd00::1", "/dev/ptp0"],
        fails: ["", "http://time.example", "a b", "fd00:::1"],
      },
    },
  },
  "output-directory": {
    valid: {
      "relative to the stack's own": node({ outputDirectory: "../../../access" }),
      absolute: node({ outputDirectory: "/srv/access" }),
      "a directory that is called ~": node({ outputDirectory: "./~" }),
    },
    invalid: {
      "the root of the file system": [
        node({ outputDirectory: "" }),
        'outputDirectory "" is no path to a directory; write it as in "../../../clusters/talos-gpu", or leave it out',
      ],
      "only a shell knows the home directory": [
        node({ outputDirectory: "~/access" }),
        'outputDirectory "~/access" is no path to a directory; write it as in "../../../clusters/talos-gpu", or leave it out',
      ],
    },
    atPlan: {
      "the directory is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { outputDirectory: value }),
        passes: ["access", "/srv/access", "./~"],
        fails: ["", "~", "~/access"],
      },
    },
  },
  "machine-for-talos": {
    valid: {
      "a VM that says so": (stack) => {
        const initialization = { ipConfigs: [{ address: "192.168.1.50/24" }] };
        nodeIn(stack, { machine: vmIn(stack, { guest: "talos", initialization }) });
      },
      "a machine that says nothing": node({ machine }),
    },
    invalid: {
      "a VM for another guest": [
        (stack) => void nodeIn(stack, { machine: vmIn(stack, { guest: "linux" }) }),
        'machine.guest is "linux"; write "talos" or leave it out',
      ],
      "a variable": [
        (stack) => {
          const { value } = new TerraformVariable(stack, "guest", {});
          nodeIn(stack, { machine: { ...machine, guest: value as never } });
        },
        'machine.guest is a variable; write "talos" or leave it out',
      ],
    },
  },
  "ready-timeout": {
    valid: { "a second": node({ readyTimeout: 1 }), "a day": node({ readyTimeout: 86_400 }) },
    invalid: {
      "no time at all": [node({ readyTimeout: 0 }), "readyTimeout is 0; write whole seconds, from 1 to 86400"],
      "more than a day": [
        node({ readyTimeout: 86_401 }),
        "readyTimeout is 86401; write whole seconds, from 1 to 86400",
      ],
    },
    atPlan: {
      "the time is a variable": {
        type: "number",
        build: (stack, value: never) => void nodeIn(stack, { readyTimeout: value }),
        passes: [1, 86_400],
        fails: [0, 1.5, 86_401],
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
      "two nodes of one address": [
        (stack) => void clusterIn(stack, { workers: [machineAt("worker-1", 61), machineAt("worker-2", 52)] }),
        'workers[1].address "192.168.1.52" is already that of stack/cluster/control-2; choose another one',
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
        configPatches: ["machine: {network: {hostname: talos-gpu}}"],
      }),
      "a last --- with nothing behind it": node({ configPatches: ["machine:\n  env: {A: b}\n---\n"] }),
      "a first --- and a comment": node({ configPatches: ["# A\n---\nmachine:\n  env: {A: b}\n"] }),
      "what the provider generates": node({
        configPatches: [
          {
            machine: {
              nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } },
              sysctls: { a: "1" },
            },
          },
          "machine: {sysctls: {a: {$patch: delete}}}",
          "cluster: {apiServer: {admissionControl: [{name: PodSecurity, $patch: delete}]}}",
        ],
      }),
      "a whole document of the patch before": node({
        configPatches: [
          { apiVersion: "v1alpha1", kind: "RegistryMirrorConfig", name: "ghcr.io", endpoints: [] },
          "apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: ghcr.io\n$patch: delete\n",
        ],
      }),
    },
    invalid: {
      "KubeSpan without what nodes find each other by": [
        (stack) =>
          void nodeIn(stack, {
            configPatches: [
              { machine: { network: { kubespan: { enabled: true } } } },
              { cluster: { discovery: { registries: { service: { disabled: true } } } } },
            ],
          }),
        "configPatches[1] has KubeSpan without the discovery service, by which nodes find each other; leave one of the two settings out",
      ],
      "forwarding by a resolver that is off": [
        (stack) => void nodeIn(stack, { configPatches: [{ machine: { features: { hostDNS: { enabled: false } } } }] }),
        "configPatches[0] has machine.features.hostDNS.enabled false beside forwardKubeDNSToHost, which Talos refuses; write forwardKubeDNSToHost: false too",
      ],
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
      "Talos knows only one directive": [
        node({ configPatches: [{ cluster: { network: { $patch: "replace", dnsDomain: "gpu.local" } } }] }),
        'configPatches[0].cluster.network has $patch "replace"; write "delete" or leave it out, Talos knows no other',
      ],
      "which document is to go": [
        node({ configPatches: ["$patch: delete"] }),
        "configPatches[0] deletes a document, but not which; write its apiVersion and kind",
      ],
      "what is not there": [
        node({ configPatches: [{ machine: { nodeLabels: { gone: { $patch: "delete" } } } }] }),
        "configPatches[0] deletes machine.nodeLabels.gone, which a controlplane does not have; leave that out",
      ],
      "what is in nothing": [
        node({ configPatches: ["machine: {kernel: {modules: {$patch: delete}}}"] }),
        "configPatches[0] deletes machine.kernel.modules, which a controlplane does not have; leave that out",
      ],
      "an item of a list by what is no scalar": [
        node({
          configPatches: ["machine: {network: {interfaces: [{deviceSelector: {physical: true}, $patch: delete}]}}"],
        }),
        "configPatches[0] deletes machine.network.interfaces[deviceSelector=an object], which a controlplane does not have; leave that out",
      ],
      "a document that is not there": [
        node({
          configPatches: [
            { apiVersion: "v1alpha1", kind: "RegistryMirrorConfig", name: "docker.io", $patch: "delete" },
          ],
        }),
        "configPatches[0] deletes RegistryMirrorConfig docker.io, which a controlplane does not have; leave that out",
      ],
      "a label of control planes, of workers too": [
        (stack) =>
          void clusterIn(stack, {
            configPatches: [
              "machine: {nodeLabels: {node.kubernetes.io/exclude-from-external-load-balancers: {$patch: delete}}}",
            ],
          }),
        "configPatches[0] deletes machine.nodeLabels.node.kubernetes.io/exclude-from-external-load-balancers, which a worker does not have; leave that out, or write it in controlPlanePatches",
      ],
      "a kind beside what it replaces": [
        node({
          machine: { ...machine, dnsServers: ["192.168.1.1"] },
          configPatches: [{ apiVersion: "v1alpha1", kind: "ResolverConfig", nameservers: [{ address: "1.1.1.1" }] }],
        }),
        "configPatches[0] has ResolverConfig beside machine.network.nameservers, which Talos refuses; leave one of the two out, or write dnsServers of the machine",
      ],
      "an address that workers would share": [
        (stack) =>
          void clusterIn(stack, {
            workerPatches: [
              { machine: { network: { interfaces: [{ interface: "ens19", vip: { ip: "10.0.0.9" } }] } } },
            ],
          }),
        "workerPatches[0] has machine.network.interfaces with a vip, which workers refuse; write virtualAddress",
      ],
      "a document that is not whole": [
        node({ configPatches: [{ apiVersion: "v1alpha1", kind: "VLANConfig", name: "vlan10", parent: "ens18" }] }),
        "configPatches[0] has kind VLANConfig without vlanID; write it",
      ],
      "an alias of nothing": [
        node({ configPatches: ["machine: *nothing"] }),
        "configPatches[0] is not YAML: Unresolved alias (the anchor must be set before the alias): nothing",
      ],
      "no data": [
        node({ configPatches: [{ machine: { sysctls: { "vm.nr_hugepages": 1n } } }] }),
        "configPatches[0].machine.sysctls.vm.nr_hugepages is 1n, which YAML cannot hold; write text, a number, true, false, a list or an object",
      ],
      "documents with nothing in them": [
        node({ configPatches: ["---\n---\n"] }),
        "configPatches[0] is empty; leave it out",
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
        passes: ["machine: {env: {A: b}}", "machine: {features: {hostDNS: {$patch: delete}}}\n---\n"],
        fails: [
          "cluster: {network: {proxy: {disabled: true}}}",
          "machine: {env: {A: b}}\n---\ncluster: {network: {proxy: {disabled: true}}}",
          "cluster: {network: {$patch: replace}}",
          'cluster: {"network": {"$patch": "replace"}}',
          "$patch: delete",
        ],
      },
      "part of the patch is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, { configPatches: [`machine: {env: {A: "${value}"}}\n---\ncluster: {"${value}": {}}`] }),
        passes: ["proxy"],
        fails: ["cni"],
      },
    },
  },
  "config-patch-props": {
    valid: {
      "what the props say": node({
        configPatches: [
          { machine: { type: "controlplane", install: { disk: "/dev/sda", wipe: true } } },
          { cluster: { clusterName: "talos-gpu", controlPlane: { endpoint: "https://192.168.1.50:6443" } } },
        ],
      }),
      "another document": node({
        configPatches: [{ apiVersion: "v1alpha1", kind: "RegistryMirrorConfig", name: "docker.io", endpoints: [] }],
      }),
      "the machine's name": node({ configPatches: [{ ...hostnameConfig, hostname: "talos-gpu", auto: "off" }] }),
    },
    invalid: {
      "the only node is the control plane": [
        node({ configPatches: [{ machine: { type: "worker" } }] }),
        'configPatches[0] has machine.type "worker"; leave it out: the only node is the control plane',
      ],
      "another disk": [
        node({ configPatches: ["machine: {install: {disk: /dev/vda}}"] }),
        'configPatches[0] has machine.install.disk "/dev/vda"; write installDisk of the node',
      ],
      "no disk": [
        node({ configPatches: [{ machine: { install: { disk: { $patch: "delete" } } } }] }),
        "configPatches[0] deletes machine.install.disk; leave that out",
      ],
      "no installation": [
        node({ configPatches: [{ machine: { install: { $patch: "delete" } } }] }),
        "configPatches[0] deletes machine.install, and machine.install.disk with it; leave that out",
      ],
      "another installer": [
        node({
          talos: { version: "v1.13.9", installer: "factory.example/id:v1.13.9" },
          configPatches: [{ machine: { install: { image: "factory.example/id:v1.12.0" } } }],
        }),
        'configPatches[0] has machine.install.image "factory.example/id:v1.12.0"; write the version or installer of talos',
      ],
      "Talos would install to what a selector finds": [
        node({ configPatches: [{ machine: { install: { diskSelector: { size: "> 1TB" } } } }] }),
        "configPatches[0] has machine.install.diskSelector; write installDisk of the node",
      ],
      "an installer where the props have none": [
        node({ configPatches: [{ machine: { install: { image: "factory.example/id:v1.12.0" } } }] }),
        'configPatches[0] has machine.install.image "factory.example/id:v1.12.0"; write the version or installer of talos',
      ],
      "another name": [
        node({ configPatches: [{ cluster: { clusterName: "other" } }] }),
        'configPatches[0] has cluster.clusterName "other"; write clusterName of the node',
      ],
      "another endpoint": [
        node({ configPatches: [{ cluster: { controlPlane: { endpoint: "http://other:6443" } } }] }),
        'configPatches[0] has cluster.controlPlane.endpoint "http://other:6443"; write endpoint of the node',
      ],
      "Kubernetes would be waited for under the machine's name": [
        node({ configPatches: [{ ...hostnameConfig, hostname: "other" }] }),
        'configPatches[0] has HostnameConfig.hostname "other"; leave it out, and write the name of the machine',
      ],
      "Talos would choose the host name": [
        node({ configPatches: [{ ...hostnameConfig, auto: "stable" }] }),
        'configPatches[0] has HostnameConfig.auto "stable"; leave it out, and write the name of the machine',
      ],
      "without the document Talos would choose it too": [
        node({ configPatches: [{ ...hostnameConfig, $patch: "delete" }] }),
        "configPatches[0] deletes HostnameConfig, and HostnameConfig.hostname with it; leave that out",
      ],
      "the host name of Talos 1.11": [
        node({ talos: { version: "v1.11.6" }, configPatches: [{ machine: { network: { hostname: "other" } } }] }),
        'configPatches[0] has machine.network.hostname "other"; leave it out, and write the name of the machine',
      ],
      "several nodes of one name": [
        (stack) => void clusterIn(stack, { configPatches: [{ ...hostnameConfig, hostname: "control-1" }] }),
        'configPatches[0] has HostnameConfig.hostname "control-1"; leave it out: each machine has its own',
      ],
    },
    atPlan: {
      "the patch is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { configPatches: [value] }),
        passes: [
          "machine: {type: controlplane, install: {disk: /dev/sda}}",
          "machine: {env: {A: b}}\n---\n",
          "{apiVersion: v1alpha1, kind: RegistryMirrorConfig, name: docker.io, $patch: delete}",
          "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: talos-gpu, auto: 'off'}",
        ],
        fails: [
          "machine: {type: worker}",
          "machine: {env: {A: b}}\n---\nmachine: {type: worker}",
          "machine: {install: {disk: /dev/vda}}",
          "machine: {install: {image: 'factory.example/id:v1.12.0'}}",
          "machine: {install: {$patch: delete}}",
          "cluster: {$patch: delete}",
          "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: other}",
          "{apiVersion: v1alpha1, kind: HostnameConfig, auto: stable}",
          "{apiVersion: v1alpha1, kind: HostnameConfig, $patch: delete}",
        ],
      },
      "the patch for several nodes is a variable": {
        type: "string",
        build: (stack, value: never) => void clusterIn(stack, { configPatches: [value] }),
        passes: ["machine: {env: {A: b}}"],
        fails: ["{apiVersion: v1alpha1, kind: HostnameConfig, hostname: control-1}"],
      },
      "the machine's name is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, {
            machine: { ...machine, name: value },
            configPatches: [{ ...hostnameConfig, hostname: "talos-gpu" }],
          }),
        passes: ["talos-gpu"],
        fails: ["other"],
      },
      "a value in the patch is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, { configPatches: [{ machine: { install: { disk: value } } }] }),
        passes: ["/dev/sda"],
        fails: ["/dev/sdb"],
      },
      "the prop is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, { installDisk: value, configPatches: ["machine: {install: {disk: /dev/sda}}"] }),
        passes: ["/dev/sda"],
        fails: ["/dev/sdb"],
      },
    },
  },
  "kernel-args-in-schematic": {
    valid: {
      "the image takes them": image({ extraKernelArgs: ["pcie_aspm=off"] }),
      "the installer of Talos 1.11 takes them": node({
        talos: { version: "v1.11.6" },
        configPatches: [{ machine: { install: { extraKernelArgs: ["pcie_aspm=off"] } } }],
      }),
    },
    invalid: {
      "Talos refuses them from 1.12 on": [
        node({
          talos: { version: "v1.12.0" },
          configPatches: [{ machine: { install: { extraKernelArgs: ["pcie_aspm=off"] } } }],
        }),
        "configPatches[0] has machine.install.extraKernelArgs; write extraKernelArgs of the image",
      ],
    },
    atPlan: {
      "the patch is a variable": {
        type: "string",
        build: (stack, value: never) => void nodeIn(stack, { configPatches: [value] }),
        passes: ["machine: {install: {wipe: true}}"],
        fails: ["machine: {install: {extraKernelArgs: [pcie_aspm=off]}}"],
      },
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) =>
          void nodeIn(stack, {
            talos: { version: value },
            configPatches: [{ machine: { install: { extraKernelArgs: ["pcie_aspm=off"] } } }],
          }),
        passes: ["v1.11.6"],
        fails: ["v1.12.0", "v1.14.1"],
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
      "a number that begins with zero": [
        cilium({ version: "1.18.012" }),
        'version "1.18.012" is not supported; write one of 1.18, 1.19, 1.20 in full, such as "1.18.12"',
      ],
    },
    atPlan: {
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { version: value }),
        passes: ["1.18.12", "1.18.0"],
        fails: ["1.17.18", "1.18", "1.18.012", "1.18.00"],
      },
    },
  },
  "inline-manifests-keys": {
    valid: {
      "certificates that a job makes": cilium({
        method: "inline-manifests",
        values: { clustermesh: { useAPIServer: true, apiserver: { tls: { auto: { method: "cronJob" } } } } },
      }),
      "a release": cilium({ values: { clustermesh: { useAPIServer: true } } }),
    },
    invalid: {
      "certificates that Helm makes": [
        cilium({ method: "inline-manifests", values: { clustermesh: { useAPIServer: true } } }),
        'values.clustermesh.useAPIServer is true, for which Helm makes private keys; write method: "helm-release", or clustermesh.apiserver.tls.auto.method: "cronJob"',
      ],
    },
    atPlan: {
      "whether there is a server is a variable": {
        type: "bool",
        build: (stack, value: never) =>
          void ciliumIn(stack, { method: "inline-manifests", values: { clustermesh: { useAPIServer: value } } }),
        passes: [false],
        fails: [true],
      },
    },
  },
  "gateway-api-version": {
    valid: {
      "the version after it": cilium({ version: "1.20.1", gatewayApi: true }),
      "without gateways": cilium({ version: "1.20.0", gatewayApi: false }),
    },
    invalid: {
      "the version whose operator never stops": [
        cilium({ version: "1.20.0", gatewayApi: true }),
        'version "1.20.0" has a bug in the Gateway API, https://github.com/cilium/cilium/issues/47624; write "1.20.1" or later, or leave gatewayApi out',
      ],
    },
    atPlan: {
      "the version is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { version: value, gatewayApi: true }),
        passes: ["1.20.1", "1.19.6"],
        fails: ["1.20.0"],
      },
      "whether there are gateways is a variable": {
        type: "bool",
        build: (stack, value: never) => void ciliumIn(stack, { version: "1.20.0", gatewayApi: value }),
        passes: [false],
        fails: [true],
      },
    },
  },
  "gateway-api-definitions": {
    valid: {
      "a mirror": cilium({ gatewayApi: true, gatewayApiDefinitions: "https://mirror.example/standard-install.yaml" }),
      "a file": cilium({ gatewayApi: true, gatewayApiDefinitions: "package.json" }),
      "values that leave it out": cilium({ values: { gatewayAPI: { enabled: false } } }),
      "values that say the same": cilium({ gatewayApi: true, values: { gatewayAPI: { enabled: true } } }),
    },
    invalid: {
      "an address without TLS": [
        cilium({ gatewayApi: true, gatewayApiDefinitions: "http://mirror.example/crds.yaml" }),
        'gatewayApiDefinitions "http://mirror.example/crds.yaml" is neither a file nor an https URL; write the path of a release\'s standard-install.yaml from where you run the synth, or its https URL without a user',
      ],
      "a file that is not there": [
        cilium({ gatewayApi: true, gatewayApiDefinitions: "crds/none.yaml" }),
        'gatewayApiDefinitions "crds/none.yaml" is neither a file nor an https URL; write the path of a release\'s standard-install.yaml from where you run the synth, or its https URL without a user',
      ],
      "a directory": [
        cilium({ gatewayApi: true, gatewayApiDefinitions: "constructs" }),
        'gatewayApiDefinitions "constructs" is neither a file nor an https URL; write the path of a release\'s standard-install.yaml from where you run the synth, or its https URL without a user',
      ],
      "definitions of nothing": [
        cilium({ gatewayApiDefinitions: "https://mirror.example/crds.yaml" }),
        "gatewayApiDefinitions does nothing without gatewayApi; write gatewayApi: true, or leave it out",
      ],
      "values in place of the option": [
        cilium({ values: { gatewayAPI: { enabled: true } } }),
        "values.gatewayAPI.enabled is true, which applies no CRDs of the Gateway API; leave it out and write gatewayApi: true",
      ],
    },
    atPlan: {
      "the address is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { gatewayApi: true, gatewayApiDefinitions: value }),
        passes: ["https://mirror.example/crds.yaml"],
        fails: ["http://mirror.example/crds.yaml", "crds.yaml", "https://user@mirror.example/crds.yaml"],
      },
      "a value of the chart is a variable": {
        type: "bool",
        build: (stack, value: never) => void ciliumIn(stack, { values: { gatewayAPI: { enabled: value } } }),
        passes: [false],
        fails: [true],
      },
    },
  },
  "cilium-needs-no-cni": {
    valid: {
      "a patch of something else": cilium(
        {},
        { configPatches: [{ cluster: { network: { dnsDomain: "gpu.local" } } }] },
      ),
      "the same again": cilium(
        {},
        { configPatches: ["cluster: {network: {cni: {name: none}}, proxy: {disabled: true}}\n---\n"] },
      ),
      "without Cilium it is the user's choice": node({ configPatches: ["cluster: {proxy: {$patch: delete}}"] }),
    },
    invalid: {
      "two network plugins": [
        cilium({}, { configPatches: [{ cluster: { network: { cni: { name: "flannel" } } } }] }),
        'configPatches[0] has cluster.network.cni.name "flannel"; write "none" or leave it out',
      ],
      "kube-proxy beside its replacement": [
        cilium({}, { configPatches: ["cluster: {proxy: {disabled: false}}"] }),
        "configPatches[0] has cluster.proxy.disabled false; write true or leave it out",
      ],
      "KubePrism off": [
        cilium({}, { configPatches: [{ machine: { features: { kubePrism: { enabled: false } } } }] }),
        "configPatches[0] has machine.features.kubePrism.enabled false; write true or leave it out",
      ],
      "KubePrism on another port": [
        cilium({}, { configPatches: [{ machine: { features: { kubePrism: { port: 7446 } } } }] }),
        "configPatches[0] has machine.features.kubePrism.port 7446; write 7445 or leave it out",
      ],
      "Flannel again": [
        cilium({}, { configPatches: [{ cluster: { network: { cni: { $patch: "delete" } } } }] }),
        "configPatches[0] deletes cluster.network.cni, and cluster.network.cni.name with it; leave that out",
      ],
      "kube-proxy again": [
        cilium({}, { configPatches: ["cluster: {proxy: {$patch: delete}}"] }),
        "configPatches[0] deletes cluster.proxy, and cluster.proxy.disabled with it; leave that out",
      ],
      "KubePrism's port again": [
        cilium({}, { configPatches: [{ machine: { features: { kubePrism: { port: { $patch: "delete" } } } } }] }),
        "configPatches[0] deletes machine.features.kubePrism.port; leave that out",
      ],
      "all of it, from above": [
        cilium({}, { configPatches: [{ cluster: { $patch: "delete" } }] }),
        "configPatches[0] deletes cluster, and cluster.network.cni.name with it; leave that out",
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
        passes: [
          "cluster: {network: {cni: {name: none}}}",
          "machine: {env: {A: b}}",
          "machine: {env: {A: b}}\n---\ncluster: {proxy: {disabled: true}}\n---\n",
        ],
        fails: [
          "cluster: {network: {cni: {name: flannel}}}",
          "cluster: {proxy: {disabled: false}}",
          "machine: {env: {A: b}}\n---\ncluster: {proxy: {disabled: false}}",
          "machine: {features: {kubePrism: {port: 7446}}}",
          "machine: {features: {kubePrism: {enabled: false}}}",
          "cluster: {network: {cni: {$patch: delete}}}",
          "cluster: {network: {cni: {name: {$patch: delete}}}}",
          "machine: {$patch: delete}",
        ],
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
  "chart-repository": {
    valid: {
      "a mirror of Cilium": cilium({ repository: "http://[fd00::9]:8080/charts" }),
      "a registry": cilium({ repository: "oci://registry.example/charts" }),
      "a mirror of NVIDIA": gpus({ repository: "https://mirror.example" }),
      "a path with an @": gpus({ repository: "https://mirror.example/gh/nvidia/charts@gh-pages?a=b" }),
    },
    invalid: {
      "no URL": [
        cilium({ repository: "not a url" }),
        'repository "not a url" is not the URL of a chart repository; write it as in "https://charts.example/" or "oci://registry.example/charts"',
      ],
      nothing: [
        gpus({ repository: "" }),
        'repository "" is not the URL of a chart repository; write it as in "https://charts.example/" or "oci://registry.example/charts"',
      ],
      "Helm fetches nothing from there": [
        gpus({ repository: "ftp://mirror.example/" }),
        'repository "ftp://mirror.example/" is not the URL of a chart repository; write it as in "https://charts.example/" or "oci://registry.example/charts"',
      ],
      "a password would be in the stack": [
        cilium({ repository: "https://user:hunter2@charts.example/" }),
        'repository "https://…@charts.example/" names a user, with a password perhaps, not shown here; leave that out, and set repositoryUsername and repositoryPassword of the construct\'s resource from variables',
      ],
      "a password with a slash": [
        gpus({ repository: "oci://user:hunt/er2@registry.example/charts" }),
        'repository "oci://…@registry.example/charts" names a user, with a password perhaps, not shown here; leave that out, and set repositoryUsername and repositoryPassword of the construct\'s resource from variables',
      ],
    },
    atPlan: {
      "the repository of Cilium is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { repository: value }),
        passes: ["https://charts.example/", "oci://registry.example/charts", ...ports("http://mirror:")],
        fails: [
          "",
          "charts.example",
          "https://",
          "https://a b/",
          "https://me@charts.example/",
          ...noPorts("https://mirror:"),
        ],
      },
      "the repository of NVIDIA is a variable": {
        type: "string",
        build: (stack, repository) => gpus({ repository })(stack),
        passes: ["https://charts.example/"],
        fails: ["file:///charts", "https://me:secret@charts.example/"],
      },
    },
  },
  "cilium-timeout": {
    valid: { "ten minutes": cilium({ timeout: 600 }) },
    invalid: {
      "Helm's own five minutes": [cilium({ timeout: 300 }), "timeout is 300; write whole seconds, 600 or more"],
      "a second less": [cilium({ timeout: 599 }), "timeout is 599; write whole seconds, 600 or more"],
    },
    atPlan: {
      "the time is a variable": {
        type: "number",
        build: (stack, value: never) => void ciliumIn(stack, { timeout: value }),
        passes: [600],
        fails: [599],
      },
    },
  },
  "chart-values-schema": {
    valid: {
      "values of the chart's types": cilium({
        values: {
          operator: { replicas: 1, resources: { limits: { memory: "1Gi" } } },
          cluster: { name: "one" },
          identityManagementMode: "operator",
          envoy: { log: { defaultLevel: "debug" } },
          extraConfig: { "bpf-lb-sock": "true" },
          extraEnv: [{ name: "A", value: "1" }],
          nodeSelector: { "kubernetes.io/arch": "amd64" },
          tolerations: [{ operator: "Exists" }],
        },
      }),
      "what Helm leaves out": cilium({
        values: { debug: { enabled: null }, ipam: undefined, bpf: { masquerade: null } },
      }),
      "what the version takes": cilium({
        version: "1.20.2",
        values: { gatewayAPI: { gatewayClass: { create: true } }, clustermesh: { config: { clusters: {} } } },
      }),
      "variables of any type": (stack) => {
        const variable = (id: string, type: string) => new TerraformVariable(stack, id, { type });
        const [debug, mode, priority, mtu] = [
          variable("debug", "bool"),
          variable("identities", "string"),
          variable("environment", "list(any)"),
          variable("mtu", "number"),
        ];
        ciliumIn(stack, {
          values: {
            debug: { enabled: debug.booleanValue },
            identityManagementMode: mode.stringValue,
            extraEnv: priority.listValue,
            MTU: mtu.numberValue,
            cni: variable("cni", "any").value,
            podLabels: variable("labels", "map(string)").value,
          },
        });
      },
    },
    invalid: {
      "a number as text": [
        cilium({ values: { hubble: { relay: { replicas: "1" } } } }),
        'values.hubble.relay.replicas is "1"; write a whole number',
      ],
      "text for true": [
        cilium({ values: { debug: { enabled: "yes" } } }),
        'values.debug.enabled is "yes"; write true or false',
      ],
      "true for text": [
        cilium({ values: { identityAllocationMode: true } }),
        "values.identityAllocationMode is true; write a string",
      ],
      "one item for a list": [
        cilium({ values: { extraArgs: "--log-opt=level=debug" } }),
        'values.extraArgs is "--log-opt=level=debug"; write a list',
      ],
      "text for an object": [cilium({ values: { cni: "none" } }), 'values.cni is "none"; write an object'],
      "a value of several types": [
        cilium({
          values: { MTU: "1500", k8sServicePort: 7445, updateStrategy: { rollingUpdate: { maxUnavailable: [] } } },
        }),
        "values.updateStrategy.rollingUpdate.maxUnavailable is []; write a whole number or a string",
      ],
      "an item of a list": [
        cilium({ values: { hubble: { dropEventEmitter: { reasons: ["auth_required", 5] } } } }),
        "values.hubble.dropEventEmitter.reasons[1] is 5; write a string",
      ],
      "a choice that is none": [
        cilium({ values: { identityManagementMode: "agents" } }),
        'values.identityManagementMode is "agents"; write "agent" or "operator" or "both"',
      ],
      "a choice that may be left out": [
        cilium({ values: { envoy: { log: { defaultLevel: "warn" } } } }),
        'values.envoy.log.defaultLevel is "warn"; write "trace" or "debug" or "info" or "warning" or "error" or "critical" or "off"',
      ],
      "a value that this version does not take": [
        cilium({ values: { gatewayAPI: { gatewayClass: { create: true } } } }),
        "values.gatewayAPI.gatewayClass.create is true; write a string",
      ],
      "what no version takes, of a version that is a variable": [
        withVariable((stack, version: never) => void ciliumIn(stack, { version, values: { cni: "none" } }), "string"),
        'values.cni is "none"; write an object',
      ],
    },
    atPlan: {
      "a version that is a variable": {
        type: "string",
        build: (stack, version: never) =>
          void ciliumIn(stack, { version, values: { gatewayAPI: { gatewayClass: { create: true } } } }),
        passes: ["1.20.2"],
        fails: ["1.18.12", "1.19.6"],
      },
    },
  },
  "chart-value-names": {
    valid: {
      "names that the chart has": cilium({ values: { operator: { resources: {} }, podLabels: { ap: "one" } } }),
      "names that only their user knows": cilium({
        values: { nodeSelector: { "kubernetes.io/hostname": "one" }, ofMyOwn: true, extraConfig: { "a-key": "1" } },
      }),
    },
    invalid: {
      "a letter too few": [
        cilium({ values: { operator: { replica: 1 } } }),
        "values.operator.replica is no value of the chart, which ignores it; write values.operator.replicas",
      ],
      "another case": [
        cilium({ values: { l2Announcements: { enabled: true } } }),
        "values.l2Announcements is no value of the chart, which ignores it; write values.l2announcements",
      ],
    },
  },
  "cilium-values-together": {
    valid: {
      "native routing with its network": cilium({
        values: {
          routingMode: "native",
          ipv4NativeRoutingCIDR: "10.244.0.0/16",
          autoDirectNodeRoutes: true,
          loadBalancer: { mode: "dsr" },
        },
      }),
      "native routing without masquerading": cilium({ values: { routingMode: "native", enableIPv4Masquerade: false } }),
      "an egress gateway": cilium({
        values: { egressGateway: { enabled: true }, bpf: { masquerade: true, hostLegacyRouting: true } },
      }),
      "DSR over Geneve": cilium({
        values: { tunnelProtocol: "geneve", loadBalancer: { mode: "dsr", dsrDispatch: "geneve" } },
      }),
      netkit: cilium({ values: { bpf: { datapathMode: "netkit" }, bandwidthManager: { enabled: true, bbr: true } } }),
      "one of many clusters": cilium({
        values: { cluster: { name: "one", id: 300 }, clustermesh: { maxConnectedClusters: 511 } },
      }),
      "no id": cilium({ values: { cluster: { id: 0 } } }),
      "further configuration": cilium({
        values: {
          extraConfig: { "kube-proxy-replacement": "true", "enable-wireguard": "true" },
          extraArgs: ["--log-opt=level=debug"],
        },
      }),
      "both families": (stack) =>
        void ciliumIn(
          stack,
          { values: { ipv6: { enabled: true } } },
          {
            configPatches: [{ cluster: { network: { podSubnets: ["10.244.0.0/16", "fd00:1::/56"] } } }],
          },
        ),
    },
    invalid: {
      "IPv4 between nodes of IPv6": [
        cilium({ values: { underlayProtocol: "ipv4" } }, ipv6Node),
        'values.underlayProtocol is "ipv4", and the nodes have no address of that family to reach each other; leave it out',
      ],
      "IPv6 between nodes of IPv4": [
        cilium({ values: { underlayProtocol: "ipv6" } }),
        'values.underlayProtocol is "ipv6", and the nodes have no address of that family to reach each other; leave it out',
      ],
      "no IPv6 on nodes of IPv6": [
        cilium({ values: { ipv6: { enabled: false } } }, ipv6Node),
        "values.ipv6.enabled is false, and the node has an IPv6 address; leave it out",
      ],
      "no IPv4, by another key": [
        cilium({ values: { extraConfig: { "enable-ipv4": false } } }),
        "values.extraConfig.enable-ipv4 is false, and the node has an IPv4 address; leave it out",
      ],
      "a variable of the agent": [
        cilium({ values: { extraEnv: [{ name: "CILIUM_KUBE_PROXY_REPLACEMENT", value: "false" }] } }),
        "values.extraEnv has CILIUM_KUBE_PROXY_REPLACEMENT, which wins over values.kubeProxyReplacement; leave it out",
      ],
      "a mode of routing that is none": [
        cilium({ values: { routingMode: "natve" } }),
        'values.routingMode is "natve", which Cilium ignores or ends with; write "tunnel" or "native" or "hybrid"',
      ],
      "gateways without a proxy": [
        cilium({ gatewayApi: true, values: { l7Proxy: false } }),
        "values.l7Proxy is false beside gatewayAPI.enabled, which the chart refuses; leave it out",
      ],
      "a value of earlier versions": [
        cilium({ values: { tunnel: "disabled" } }),
        "values.tunnel is of an earlier version, and the chart refuses it; write routingMode and tunnelProtocol",
      ],
      "an agent without a network to route natively": [
        cilium({ values: { routingMode: "native" } }),
        'values.routingMode is "native" without ipv4NativeRoutingCIDR, with which the agent ends; write the network whose addresses are not masqueraded, such as that of the pods',
      ],
      "an egress gateway without masquerading in BPF": [
        cilium({ values: { egressGateway: { enabled: true } } }),
        "values.egressGateway.enabled is true without bpf.masquerade, with which the agent ends; write bpf: { masquerade: true, hostLegacyRouting: true }",
      ],
      "an agent for masquerading without masquerading in BPF": [
        cilium({ values: { ipMasqAgent: { enabled: true } } }),
        "values.ipMasqAgent.enabled is true without bpf.masquerade, with which the agent ends; write bpf: { masquerade: true, hostLegacyRouting: true }",
      ],
      "no connection tracking, and a tunnel": [
        cilium({ values: { installNoConntrackIptablesRules: true } }),
        'values.installNoConntrackIptablesRules is true without routingMode "native" and bpf.masquerade, with which the agent ends; write these too, or leave it out',
      ],
      "BBR over the host's routing": [
        cilium({ values: { bandwidthManager: { enabled: true, bbr: true }, bpf: { hostLegacyRouting: true } } }),
        "values.bandwidthManager.bbr is true beside bpf.hostLegacyRouting: true, with which the agent ends; leave one of the two out",
      ],
      "netkit over the host's routing": [
        cilium({ values: { bpf: { datapathMode: "netkit", hostLegacyRouting: true } } }),
        'values.bpf.datapathMode is "netkit" beside bpf.hostLegacyRouting: true, with which the agent ends; leave one of the two out',
      ],
      "DSR over VXLAN": [
        cilium({ values: { loadBalancer: { mode: "dsr" } } }),
        'values.loadBalancer.mode is "dsr" over a VXLAN tunnel, with which the agent ends; write routingMode: "native", or tunnelProtocol: "geneve" with loadBalancer.dsrDispatch: "geneve"',
      ],
      "direct routes beside a tunnel": [
        cilium({ values: { autoDirectNodeRoutes: true } }),
        'values.autoDirectNodeRoutes is true without routingMode: "native", with which the agent ends; write that too, or leave it out',
      ],
      "a tunnel that is none": [
        cilium({ values: { tunnelProtocol: "gre" } }),
        'values.tunnelProtocol is "gre", which Cilium ignores or ends with; write "vxlan" or "geneve"',
      ],
      "a host firewall with IPsec": [
        cilium({
          values: { hostFirewall: { enabled: true }, encryption: { enabled: true, ipsec: { secretName: "keys" } } },
        }),
        "values.hostFirewall.enabled is true beside IPsec, with which the agent ends; leave one of the two out, or encrypt with WireGuard",
      ],
      "encryption of a type that is none": [
        cilium({ values: { encryption: { enabled: true, type: "wiregard" } } }),
        'values.encryption.type is "wiregard", which Cilium ignores or ends with; write "ipsec" or "wireguard" or "ztunnel"',
      ],
      "a cluster's id without a name": [
        cilium({ values: { cluster: { id: 7 } } }),
        'values.cluster.id is set beside the name "default", which the chart refuses; write cluster.name too',
      ],
      "an id that is too large": [
        cilium({ values: { cluster: { name: "one", id: 256 } } }),
        "values.cluster.id is 256; write a whole number from 0 to 255",
      ],
      "no operator": [
        cilium({ values: { operator: { enabled: false } } }),
        "values.operator.enabled is false, without which no CRD is there and no node gets its addresses; leave it out",
      ],
      "no agent": [
        cilium({ values: { agent: false } }),
        "values.agent is false, without which no pod has a network; leave it out",
      ],
      "no CNI": [
        cilium({ values: { cni: { install: false } } }),
        "values.cni.install is false, without which the kubelet finds no network; leave it out",
      ],
      "a script for the node": [
        cilium({ values: { nodeinit: { enabled: true } } }),
        "values.nodeinit.enabled is true, which needs a shell on the node, and Talos has none; leave it out",
      ],
      "an agent that tolerates nothing": [
        cilium({ values: { tolerations: [] } }),
        "values.tolerations is [], with which its pods never run on a node that is not ready yet; leave it out",
      ],
      "IPv6 on an IPv4 cluster": [
        cilium({ values: { ipv6: { enabled: true } } }),
        "values.ipv6.enabled is true, and the cluster gives pods IPv4 addresses alone, so that the agents wait for ever; write podSubnets and serviceSubnets of both families in a patch, or leave it out",
      ],
      "kube-proxy's work taken back": [
        cilium({ values: { extraConfig: { "kube-proxy-replacement": "false" } } }),
        'values.extraConfig.kube-proxy-replacement is "false", which wins over values.kubeProxyReplacement; leave it out',
      ],
      "another IPAM by an argument": [
        cilium({ values: { extraArgs: ["--ipam=cluster-pool"] } }),
        'values.extraArgs has "--ipam=cluster-pool", which wins over values.ipam.mode; leave it out',
      ],
    },
    atPlan: {
      "a tunnel that is a variable": {
        type: "string",
        build: (stack, value: never) => void ciliumIn(stack, { values: { tunnelProtocol: value } }),
        passes: ["geneve", "vxlan"],
        fails: ["gre"],
      },
    },
  },
  "cilium-talos-values": {
    valid: {
      "a value of one's own": cilium({ values: { bpf: { masquerade: true, hostLegacyRouting: true } } }),
      "the port as text": cilium({ values: { k8sServicePort: "7445" } }),
      "capabilities of one's own": cilium({
        values: { securityContext: { capabilities: { ciliumAgent: ["NET_ADMIN"] } } },
      }),
      "WireGuard as a value": cilium({ values: { encryption: { enabled: true, type: "wireguard" } } }),
      "masquerading in BPF, where the node does not answer DNS queries": cilium(
        { values: { bpf: { masquerade: true } } },
        { configPatches: [{ machine: { features: { hostDNS: { forwardKubeDNSToHost: false } } } }] },
      ),
      "what the chart has anyway": cilium({ values: { bpf: { masquerade: null }, hubble: { enabled: true } } }),
      "values that are left out": cilium({
        hubble: { relay: true },
        values: { cgroup: undefined, securityContext: undefined, hubble: { relay: undefined } },
      }),
      "IPsec with a secret": cilium({ values: { encryption: { enabled: true, ipsec: { secretName: "keys" } } } }),
    },
    invalid: {
      "Talos mounts the cgroups": [
        cilium({ values: { cgroup: { autoMount: { enabled: true } } } }),
        "values.cgroup.autoMount.enabled is true; write false or leave it out",
      ],
      "Helm's null deletes what Talos requires": [
        cilium({ values: { cgroup: null } }),
        "values.cgroup is null, in which autoMount.enabled is not false; write that there, or leave values.cgroup out",
      ],
      "Helm's null deletes a value alone": [
        cilium({ values: { cgroup: { autoMount: { enabled: null } } } }),
        "values.cgroup.autoMount.enabled is null; write false or leave it out",
      ],
      "running pods would keep the configuration before": [
        cilium({ values: { rollOutCiliumPods: false } }),
        "values.rollOutCiliumPods is false; write true or leave it out",
      ],
      "nobody replaces the agents": [
        cilium({ values: { updateStrategy: { type: "OnDelete" } } }),
        'values.updateStrategy.type is "OnDelete", with which no change reaches a running pod; write "RollingUpdate" or leave it out',
      ],
      "nobody replaces Envoy": [
        cilium({ values: { envoy: { updateStrategy: { type: "OnDelete" } } } }),
        'values.envoy.updateStrategy.type is "OnDelete", with which no change reaches a running pod; write "RollingUpdate" or leave it out',
      ],
      "a running operator would": [
        cilium({ values: { operator: { rollOutPods: null } } }),
        "values.operator.rollOutPods is null; write true or leave it out",
      ],
      "not the port of KubePrism": [
        cilium({ values: { k8sServicePort: 6443 } }),
        "values.k8sServicePort is 6443; write 7445 or leave it out",
      ],
      "Talos lets nobody load modules": [
        cilium({ values: { securityContext: { capabilities: { ciliumAgent: ["NET_ADMIN", "SYS_MODULE"] } } } }),
        "values.securityContext.capabilities.ciliumAgent has SYS_MODULE, which Talos grants to no container; leave it out",
      ],
      "Helm's null deletes all capabilities": [
        cilium({ values: { securityContext: null } }),
        "values.securityContext is null, in which capabilities.ciliumAgent is not a list of capabilities; write that there, or leave values.securityContext out",
      ],
      "the capabilities of every container are deleted": [
        cilium({ values: { securityContext: { capabilities: null } } }),
        "values.securityContext.capabilities is null, in which cleanCiliumState is not a list of capabilities; write that there, or leave values.securityContext.capabilities out",
      ],
      "the capabilities of the agent are deleted": [
        cilium({ values: { securityContext: { capabilities: { ciliumAgent: null } } } }),
        "values.securityContext.capabilities.ciliumAgent is null; write a list of capabilities or leave it out",
      ],
      "an agent that may do nothing": [
        cilium({ values: { securityContext: { capabilities: { ciliumAgent: [] } } } }),
        "values.securityContext.capabilities.ciliumAgent is []; write a list of capabilities or leave it out",
      ],
      "a capability that is in no list": [
        cilium({ values: { securityContext: { capabilities: { ciliumAgent: "NET_ADMIN" } } } }),
        'values.securityContext.capabilities.ciliumAgent is "NET_ADMIN"; write a list of capabilities or leave it out',
      ],
      "nobody may load modules, in a list or not": [
        cilium({ values: { securityContext: { capabilities: { mountCgroup: "SYS_MODULE" } } } }),
        "values.securityContext.capabilities.mountCgroup has SYS_MODULE, which Talos grants to no container; leave it out",
      ],
      "a text is no switch of masquerading": [
        cilium({ values: { bpf: { masquerade: "true" } } }),
        'values.bpf.masquerade is "true"; write true or false, or leave it out',
      ],
      "a text is no switch of encryption": [
        cilium({ values: { encryption: { enabled: "true" } } }),
        'values.encryption.enabled is "true"; write true or false, or leave it out',
      ],
      "an option is lost: Hubble": [
        cilium({ hubble: { relay: true, ui: true }, values: { hubble: false } }),
        "values.hubble is false; write an object or leave it out",
      ],
      "an option is lost: the relay": [
        cilium({ hubble: { relay: true }, values: { hubble: { relay: true } } }),
        "values.hubble.relay is true; write an object or leave it out",
      ],
      "Talos's DNS would break": [
        cilium({ values: { bpf: { masquerade: true } } }),
        "values.bpf.masquerade is true, which breaks Talos's DNS; write bpf.hostLegacyRouting: true too, or machine.features.hostDNS.forwardKubeDNSToHost: false in a patch of the node",
      ],
      "nobody may load modules, not even to clean up": [
        cilium({ values: { securityContext: { capabilities: { cleanCiliumState: ["SYS_MODULE"] } } } }),
        "values.securityContext.capabilities.cleanCiliumState has SYS_MODULE, which Talos grants to no container; leave it out",
      ],
      "nor boot the machine": [
        cilium({ values: { envoy: { securityContext: { capabilities: { envoy: ["SYS_BOOT"] } } } } }),
        "values.envoy.securityContext.capabilities.envoy has SYS_BOOT, which Talos grants to no container; leave it out",
      ],
      "a second operator has no place": [
        cilium({ values: { operator: { replicas: 2 } } }),
        "values.operator.replicas is 2; write 1 or leave it out",
      ],
      "IPsec without a key": [
        cilium({ values: { encryption: { enabled: true, type: "ipsec" } } }),
        'values.encryption is of type "ipsec", whose key no secret holds; write encryption: "wireguard" of the construct, or ipsec.secretName of a secret that is there before Cilium',
      ],
      "IPsec is the chart's own choice": [
        cilium({ values: { encryption: { enabled: true } } }),
        'values.encryption is of type "ipsec", whose key no secret holds; write encryption: "wireguard" of the construct, or ipsec.secretName of a secret that is there before Cilium',
      ],
      "an option and its opposite: encryption": [
        cilium({ encryption: "wireguard", values: { encryption: { type: "ipsec" } } }),
        'values.encryption.type is "ipsec"; write "wireguard" or leave it out',
      ],
      "an option and its opposite: announcements": [
        cilium({ l2Announcements: { addressPools: [] }, values: { l2announcements: { enabled: false } } }),
        "values.l2announcements.enabled is false; write true or leave it out",
      ],
      "an option and its opposite: the Gateway API": [
        cilium({ gatewayApi: true, values: { gatewayAPI: { enabled: false } } }),
        "values.gatewayAPI.enabled is false; write true or leave it out",
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
      "whether running pods are replaced is a variable": {
        type: "bool",
        build: (stack, value: never) => void ciliumIn(stack, { values: { rollOutCiliumPods: value } }),
        passes: [true],
        fails: [false],
      },
      "how the agents are replaced is a variable": {
        build: (stack, value: never) => void ciliumIn(stack, { values: { updateStrategy: value } }),
        passes: [{ type: "RollingUpdate" }, {}, null],
        fails: [{ type: "OnDelete" }],
      },
      "what Talos requires is in a variable": {
        build: (stack, value: never) => void ciliumIn(stack, { values: { cgroup: value } }),
        passes: [{ autoMount: { enabled: false }, hostRoot: "/sys/fs/cgroup" }],
        fails: [
          { autoMount: { enabled: true }, hostRoot: "/sys/fs/cgroup" },
          { autoMount: { enabled: false }, hostRoot: "/run/cgroup" },
          { autoMount: false, hostRoot: "/sys/fs/cgroup" },
          null,
        ],
      },
      "all capabilities are a variable": {
        build: (stack, value: never) => void ciliumIn(stack, { values: { securityContext: { capabilities: value } } }),
        passes: [{ ciliumAgent: ["NET_ADMIN"], cleanCiliumState: ["NET_ADMIN"] }],
        fails: [
          { ciliumAgent: ["NET_ADMIN", "SYS_MODULE"], cleanCiliumState: ["NET_ADMIN"] },
          { ciliumAgent: ["NET_ADMIN"], cleanCiliumState: [] },
          { ciliumAgent: "NET_ADMIN", cleanCiliumState: ["NET_ADMIN"] },
          { ciliumAgent: null, cleanCiliumState: ["NET_ADMIN"] },
          null,
        ],
      },
      "capabilities of one container are a variable": {
        build: (stack, value: never) =>
          void ciliumIn(stack, { values: { securityContext: { capabilities: { ciliumAgent: value } } } }),
        passes: [["NET_ADMIN"]],
        fails: [["SYS_BOOT"], [], "NET_ADMIN", "SYS_MODULE", null],
      },
      "a switch is a variable": {
        build: (stack, value: never) => void ciliumIn(stack, { values: { bpf: { masquerade: value } } }),
        passes: [false, null],
        fails: [true, "true", "false"],
      },
      "encryption is a variable": {
        build: (stack, value: never) => void ciliumIn(stack, { values: { encryption: value } }),
        passes: [
          { enabled: false },
          { enabled: true, type: "wireguard" },
          { enabled: true, ipsec: { secretName: "keys" } },
        ],
        fails: [{ enabled: true }, { enabled: true, type: "ipsec" }, { enabled: "true", type: "wireguard" }],
      },
    },
  },
  "hubble-ui-needs-relay": {
    valid: {
      both: cilium({ hubble: { relay: true, ui: true } }),
      "the relay alone": cilium({ hubble: { relay: true } }),
      "the relay as a value": cilium({ hubble: { ui: true }, values: { hubble: { relay: { enabled: true } } } }),
      "a UI that stands alone": cilium({
        values: { hubble: { ui: { enabled: true, standalone: { enabled: true } } } },
      }),
    },
    invalid: {
      "the chart refuses it": [
        cilium({ hubble: { ui: true } }),
        "hubble.ui is true without hubble.relay, where it gets its flows from; write hubble: { relay: true, ui: true }",
      ],
      "also as a value": [
        cilium({ values: { hubble: { ui: { enabled: true } } } }),
        "hubble.ui is true without hubble.relay, where it gets its flows from; write hubble: { relay: true, ui: true }",
      ],
      "a value may not take the relay back": [
        cilium({ hubble: { relay: true, ui: true }, values: { hubble: { relay: { enabled: false } } } }),
        "hubble.ui is true without hubble.relay, where it gets its flows from; write hubble: { relay: true, ui: true }",
      ],
      "a relay of nothing": [
        cilium({ hubble: { relay: true }, values: { hubble: { enabled: false } } }),
        "values.hubble.enabled is false beside hubble.relay; leave it out",
      ],
    },
    atPlan: {
      "the UI is a variable": {
        type: "bool",
        build: (stack, value: never) => void ciliumIn(stack, { hubble: { ui: value } }),
        passes: [false],
        fails: [true],
      },
      "the relay is a variable": {
        type: "bool",
        build: (stack, value: never) => void ciliumIn(stack, { hubble: { relay: value, ui: true } }),
        passes: [true],
        fails: [false],
      },
    },
  },
  "address-pool-family": {
    valid: {
      "IPv6 on an IPv6 node": cilium({ version: "1.19.6", l2Announcements: ofFamilies("fd00:1::/120") }, ipv6Node),
      "a range of IPv6": cilium(
        {
          version: "1.20.2",
          l2Announcements: { addressPools: [{ name: "lan", blocks: [{ start: "fd00::9", stop: "fd00::a" }] }] },
        },
        ipv6Node,
      ),
      "blocks of both families": cilium(
        {
          version: "1.19.6",
          l2Announcements: ofFamilies("192.168.1.240/29", "fd00:1::/120"),
          values: { ipv6: { enabled: true } },
        },
        { configPatches: [{ cluster: { network: { podSubnets: ["10.244.0.0/16", "fd00:2::/56"] } } }] },
      ),
    },
    invalid: {
      "Cilium 1.18 announces no IPv6": [
        cilium({ version: "1.18.12", l2Announcements: ofFamilies("fd00:1::/120") }, ipv6Node),
        'l2Announcements.addressPools[0].blocks[0] has IPv6 addresses, which Cilium "1.18.12" does not announce; write IPv4 addresses, or a version of 1.19 or later',
      ],
      "the cluster has no IPv6": [
        cilium({ version: "1.19.6", l2Announcements: ofFamilies("192.168.1.240/29", "fd00:1::/120") }),
        "l2Announcements.addressPools[0].blocks[1] has IPv6 addresses, and the cluster has no IPv6; write IPv4 addresses",
      ],
      "the cluster has no IPv4": [
        cilium({ version: "1.19.6", l2Announcements: ofFamilies("192.168.1.240/29") }, ipv6Node),
        "l2Announcements.addressPools[0].blocks[0] has IPv4 addresses, and the cluster has no IPv4; write IPv6 addresses",
      ],
    },
    atPlan: {
      "the addresses are a variable": {
        build: (stack, value: never) => cilium({ version: "1.19.6", l2Announcements: ofFamilies(value) })(stack),
        passes: ["192.168.1.240/29"],
        fails: ["fd00:1::/120"],
      },
      "the version is a variable": {
        build: (stack, version: never) =>
          cilium({ version, l2Announcements: ofFamilies("fd00:1::/120") }, ipv6Node)(stack),
        passes: ["1.19.6", "1.20.2"],
        fails: ["1.18.12"],
      },
      "the address of the node is a variable": {
        build: (stack, address: never) =>
          cilium(
            { version: "1.19.6", l2Announcements: ofFamilies("192.168.1.240/29") },
            { machine: { ...machine, address, gateway: undefined } },
          )(stack),
        passes: ["192.168.1.50/24"],
        fails: ["2001:db8::50/64"],
      },
      "whether the cluster has IPv6 is a variable": {
        type: "bool",
        build: (stack, enabled: never) =>
          cilium({
            version: "1.19.6",
            l2Announcements: ofFamilies("fd00:1::/120"),
            values: { ipv6: { enabled } },
          })(stack),
        passes: [true],
        fails: [false],
      },
    },
  },
  "address-pool": {
    valid: {
      "a network and a range": pool({ cidr: "192.168.1.240/28" }, { start: "192.168.1.200", stop: "192.168.1.220" }),
      "a range of one": pool({ start: "192.168.1.200", stop: "192.168.1.200" }),
      "up to the node's own address": pool({ start: "192.168.1.40", stop: "192.168.1.49" }),
      "from behind it on": pool({ start: "192.168.1.51", stop: "192.168.1.60" }),
      "a block behind another": pool({ cidr: "192.168.1.240/29" }, { start: "192.168.1.248", stop: "192.168.1.250" }),
      "a block before another": pool({ cidr: "192.168.1.240/29" }, { start: "192.168.1.230", stop: "192.168.1.239" }),
      "beside the gateway": pool({ start: "192.168.1.2", stop: "192.168.1.9" }),
      "with a DNS server, which may run in the cluster": pools(
        [{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }],
        {
          machine: { ...machine, dnsServers: ["192.168.1.253"] },
        },
      ),
      "beside loopback": pool({ cidr: "126.255.255.0/24" }, { cidr: "128.0.0.0/24" }, { cidr: "1.0.0.0/24" }),
      "beside multicast": pool({ cidr: "223.255.255.0/24" }, { cidr: "240.0.0.0/24" }),
      "names of all characters": pool2("2.lan-b"),
      "a name of one character": pool2("b"),
      "the longest name": pool2("b".repeat(253)),
    },
    invalid: {
      "a name with a blank": [
        pool2("LAN Pool"),
        'l2Announcements.addressPools[1].name "LAN Pool" is no name in Kubernetes; write at most 253 lower-case letters, digits, hyphens and dots, as in "lan"',
      ],
      "no name": [
        pool2(""),
        'l2Announcements.addressPools[1].name "" is no name in Kubernetes; write at most 253 lower-case letters, digits, hyphens and dots, as in "lan"',
      ],
      "a name that Terraform would interpolate": [
        pool2("${x}"),
        'l2Announcements.addressPools[1].name "${x}" is no name in Kubernetes; write at most 253 lower-case letters, digits, hyphens and dots, as in "lan"',
      ],
      "one name for two": [
        pool2("lan"),
        'l2Announcements.addressPools[1].name "lan" is that of l2Announcements.addressPools[0] already; write another one',
      ],
      "one block of two pools": [
        pools([
          { name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] },
          { name: "other", blocks: [{ cidr: "192.168.1.240/28" }] },
        ]),
        "l2Announcements.addressPools[1].blocks[0] has addresses of l2Announcements.addressPools[0].blocks[0]; leave them out in all but one",
      ],
      "a block that begins with the last address of another": [
        pool({ cidr: "192.168.1.240/29" }, { start: "192.168.1.247", stop: "192.168.1.250" }),
        "l2Announcements.addressPools[0].blocks[1] has addresses of l2Announcements.addressPools[0].blocks[0]; leave them out in all but one",
      ],
      "a block that ends with the first address of another": [
        pool({ cidr: "192.168.1.240/29" }, { start: "192.168.1.230", stop: "192.168.1.240" }),
        "l2Announcements.addressPools[0].blocks[1] has addresses of l2Announcements.addressPools[0].blocks[0]; leave them out in all but one",
      ],
      "a block in another of IPv6": [
        pool({ cidr: "fd00:1::/112" }, { cidr: "fd00:1::f0/124" }),
        "l2Announcements.addressPools[0].blocks[1] has addresses of l2Announcements.addressPools[0].blocks[0]; leave them out in all but one",
      ],
      "the gateway": [
        pool({ start: "192.168.1.1", stop: "192.168.1.9" }),
        'l2Announcements.addressPools[0].blocks[0] contains a gateway, "192.168.1.1"; leave that out',
      ],
      "the gateway of an interface": [
        pools([{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }], {
          machine: {
            name: "talos-gpu",
            address: "192.168.1.50/24",
            interfaces: [{ addresses: ["192.168.1.50/24"], gateways: ["192.168.1.254"] }],
            installDisk: "/dev/sda",
          },
        }),
        'l2Announcements.addressPools[0].blocks[0] contains a gateway, "192.168.1.254"; leave that out',
      ],
      loopback: [
        pool({ cidr: "127.0.0.0/8" }),
        'l2Announcements.addressPools[0].blocks[0] has "127.0.0.0/8", which is loopback, multicast or no address of a machine; write addresses of the local network',
      ],
      "a range that ends in multicast": [
        pool({ start: "223.255.255.255", stop: "224.0.0.1" }),
        'l2Announcements.addressPools[0].blocks[0] has "224.0.0.1", which is loopback, multicast or no address of a machine; write addresses of the local network',
      ],
      "the last of multicast": [
        pool({ cidr: "239.255.255.0/24" }),
        'l2Announcements.addressPools[0].blocks[0] has "239.255.255.0/24", which is loopback, multicast or no address of a machine; write addresses of the local network',
      ],
      "no address of IPv6": [
        pool({ start: "0:0::0", stop: "::9" }),
        'l2Announcements.addressPools[0].blocks[0] has "0:0::0", which is loopback, multicast or no address of a machine; write addresses of the local network',
      ],
      "multicast of IPv6": [
        pool({ cidr: "ff02::/112" }),
        'l2Announcements.addressPools[0].blocks[0] has "ff02::/112", which is loopback, multicast or no address of a machine; write addresses of the local network',
      ],
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
      "from last to first": [
        pool({ start: "192.168.1.220", stop: "192.168.1.200" }),
        'l2Announcements.addressPools[0].blocks[0] goes from "192.168.1.220" to "192.168.1.200", which comes before it; write the first address as start',
      ],
      "numbers, and not letters, are in order": [
        pool({ start: "192.168.1.100", stop: "192.168.1.99" }),
        'l2Announcements.addressPools[0].blocks[0] goes from "192.168.1.100" to "192.168.1.99", which comes before it; write the first address as start',
      ],
      "two families": [
        pool({ start: "192.168.1.200", stop: "fd00::1" }),
        'l2Announcements.addressPools[0].blocks[0] goes from "192.168.1.200" to "fd00::1", which are of two families; write both of IPv4 or both of IPv6',
      ],
      "the node's own address in a network": [
        pool({ cidr: "192.168.1.0/24" }),
        'l2Announcements.addressPools[0].blocks[0] contains the node\'s own address, "192.168.1.50"; leave that out',
      ],
      "the node's own address as the first of a range": [
        pool({ start: "192.168.1.50", stop: "192.168.1.60" }),
        'l2Announcements.addressPools[0].blocks[0] contains the node\'s own address, "192.168.1.50"; leave that out',
      ],
      "the node's own address as the last of a range": [
        pool({ start: "192.168.1.40", stop: "192.168.1.50" }),
        'l2Announcements.addressPools[0].blocks[0] contains the node\'s own address, "192.168.1.50"; leave that out',
      ],
    },
    atPlan: {
      "the network is a variable": {
        type: "string",
        build: (stack, value: never) => pool({ cidr: value })(stack),
        passes: ["192.168.1.240/28", "fd00:1::/112"],
        fails: ["192.168.1.240", "192.168.1.0/24"],
      },
      "the name is a variable": {
        type: "string",
        build: (stack, value: never) => pool2(value)(stack),
        passes: ["other", "b".repeat(253)],
        fails: ["lan", "LAN", "", "b".repeat(254), "lan-", "a..b"],
      },
      "the network beside another is a variable": {
        type: "string",
        build: (stack, value: never) => pool({ cidr: "192.168.1.240/29" }, { cidr: value })(stack),
        passes: ["192.168.1.248/29", "192.168.1.232/29", "fd00:1::/112"],
        fails: ["192.168.1.240/28", "192.168.1.247/32", "127.0.0.0/8", "::1/128", "192.168.1.0/30"],
      },
      "the range beside another is a variable": {
        type: "string",
        build: (stack, value: never) =>
          pool({ start: "192.168.1.200", stop: "192.168.1.210" }, { start: value, stop: "192.168.1.220" })(stack),
        passes: ["192.168.1.211"],
        fails: ["192.168.1.210", "192.168.1.9"],
      },
      "the gateway is a variable": {
        type: "string",
        build: (stack, gateway: never) =>
          pools([{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }], { machine: { ...machine, gateway } })(stack),
        passes: ["192.168.1.239", "192.168.1.1"],
        fails: ["192.168.1.240", "192.168.1.254"],
      },
      "an end of the range is a variable": {
        type: "string",
        build: (stack, value: never) => pool({ start: value, stop: "192.168.1.220" })(stack),
        passes: ["192.168.1.200", "192.168.1.51", "192.168.1.220"],
        fails: ["192.168.1.200/24", "200", "192.168.1.221", "192.168.1.50", "192.168.1.9", "fd00::1"],
      },
      "an end of a range of IPv6 is a variable": {
        type: "string",
        build: (stack, value: never) =>
          ciliumIn(
            stack,
            { l2Announcements: { addressPools: [{ name: "lan", blocks: [{ start: value, stop: "fd00::ff" }] }] } },
            { machine: { ...machine, address: "fd00::50/64", gateway: "fd00::1" } },
          ),
        passes: ["fd00::51", "fd00::0:ff"],
        fails: ["fd00::50", "fd00::9", "fd00::100"],
      },
      "the node's address is a variable": {
        type: "string",
        build: (stack, value: never) =>
          ciliumIn(
            stack,
            {
              version: "1.19.6",
              values: { ipv6: { enabled: true } },
              l2Announcements: {
                addressPools: [
                  { name: "lan", blocks: [{ start: "192.168.1.200", stop: "192.168.1.220" }, { cidr: "fd00::/120" }] },
                ],
              },
            },
            { machine: { name: "talos-gpu", address: value, installDisk: "/dev/sda" } },
          ),
        passes: ["192.168.1.199/24", "192.168.1.221/24", "fd00::1ff/64"],
        fails: ["192.168.1.200/24", "192.168.1.220/24", "fd00::50/64"],
      },
    },
  },
  "l2-interfaces": {
    valid: {
      "a name": announcedAt("eth0"),
      "a regular expression": announcedAt("^(eth|ens)[0-9]+$"),
      "flags of Go's": announcedAt("(?i)^ETH[[:digit:]]$"),
      "a name for a group as Go has it": announcedAt("(?P<bus>en)p(?i:S)0"),
    },
    invalid: {
      "a group that does not end": [
        announcedAt("("),
        'l2Announcements.interfaces[0] "(" is no regular expression in Go\'s syntax; write one such as "^eth[0-9]+"',
      ],
      "an asterisk as in a shell": [
        announcedAt("*"),
        'l2Announcements.interfaces[0] "*" is no regular expression in Go\'s syntax; write one such as "^eth[0-9]+"',
      ],
      "what JavaScript has and Go does not": [
        announcedAt("^(?!lo)"),
        'l2Announcements.interfaces[0] "^(?!lo)" is no regular expression in Go\'s syntax; write one such as "^eth[0-9]+"',
      ],
    },
    atPlan: {
      "the expression is a variable": {
        type: "string",
        build: (stack, value) => announcedAt(value)(stack),
        passes: ["^eth[0-9]+", "(?i)^ETH", "(?P<bus>en)p0", "[[:alpha:]]+", "(?s-i:a)"],
        fails: ["(", "[", "*", "^(?!lo)", "(?<=a)b", "(a)\\1", "eth\\"],
      },
    },
  },

  "nvidia-method": {
    valid: {
      "the device plugin": gpus({ method: "device-plugin" }),
      "no smoke test": gpus({ smokeTest: false }),
    },
    invalid: {
      "another way": [gpus({ method: "helm" }), 'method is "helm"; write "device-plugin" or "gpu-operator" or "dra"'],
      "a smoke test that is no boolean": [gpus({ smokeTest: "no" }), 'smokeTest is "no"; write true or false'],
    },
  },
  "nvidia-method-supported": {
    valid: {
      "the device plugin on every minor": gpus({}, { talos: { version: "v1.11.6", nvidia: driver } }),
      "the operator on Talos 1.13": gpus({ method: "gpu-operator" }),
      "claims with Kubernetes 1.34": gpus({ method: "dra" }, { kubernetesVersion: "1.34.1" }),
    },
    invalid: {
      "the operator on Talos 1.12": [
        gpus({ method: "gpu-operator" }, { talos: { version: "v1.12.6", nvidia: driver } }),
        'method "gpu-operator" needs Talos 1.13 or later, and the node runs "v1.12.6"; write "device-plugin"',
      ],
      "claims on Talos 1.12": [
        gpus({ method: "dra" }, { talos: { version: "v1.12.6", nvidia: driver } }),
        'method "dra" needs Talos 1.13 or later, and the node runs "v1.12.6"; write "device-plugin"',
      ],
      "claims with Kubernetes 1.33": [
        gpus({ method: "dra" }, { kubernetesVersion: "1.33.4" }),
        'method "dra" needs Kubernetes 1.34 or later, and the node runs "1.33.4"; write "device-plugin"',
      ],
    },
    atPlan: {
      "the version of Talos is a variable": {
        build: (stack, version) => gpus({ method: "gpu-operator" }, { talos: { version, nvidia: driver } })(stack),
        passes: ["v1.13.9", "v1.14.1"],
        fails: ["v1.12.6", "v1.11.6"],
      },
      "the version of Kubernetes is a variable": {
        build: (stack, kubernetesVersion) => gpus({ method: "dra" }, { kubernetesVersion })(stack),
        passes: ["1.34.1", "1.36.0"],
        fails: ["1.33.4"],
      },
    },
  },
  "nvidia-needs-driver": {
    valid: { "a driver in the image": gpus({}) },
    invalid: {
      "an image without one": [
        gpus({}, { talos: { version: "v1.13.9" } }),
        'the node\'s Talos has no NVIDIA driver; give its image nvidia: { kernelModules: "open", branch: "production" }',
      ],
    },
  },
  "nvidia-once": {
    valid: { "one construct": gpus({}) },
    invalid: {
      "two for one node": [
        (stack) => {
          const node = nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver } });
          new NvidiaInstall(stack, "plugin", { node });
          new NvidiaInstall(stack, "claims", { node, method: "dra", smokeTest: false });
        },
        "the node's GPUs are handed out by stack/plugin already; leave one of the two out",
      ],
    },
  },
  "nvidia-version": {
    valid: {
      "a version": gpus({ version: "0.19.0" }),
      "a version of the operator": gpus({ method: "gpu-operator", version: "v26.3.0-rc.1+build.5" }),
    },
    invalid: {
      nothing: [gpus({ version: "" }), 'version "" is not complete; write one such as "0.20.0"'],
      "words that Helm cannot read": [
        gpus({ version: "latest please" }),
        'version "latest please" is not complete; write one such as "0.20.0"',
      ],
      "a number that begins with zero": [
        gpus({ method: "gpu-operator", version: "v26.03.3" }),
        'version "v26.03.3" is not complete; write one such as "v26.3.3"',
      ],
    },
    atPlan: {
      "the version is a variable": {
        build: (stack, version) => gpus({ version })(stack),
        type: "string",
        passes: ["0.20.0", "v0.20.10", "1.0.0-rc.1"],
        fails: ["", "0.20", "0.20.x", "~0.20.0", "0.020.0", "0.20.00", "00.20.0", "latest"],
      },
    },
  },
  "nvidia-timeout": {
    valid: { "ten minutes": gpus({ timeout: 600 }) },
    invalid: { "a second less": [gpus({ timeout: 599 }), "timeout is 599; write whole seconds, 600 or more"] },
    atPlan: {
      "the time is a variable": {
        build: (stack, timeout) => gpus({ timeout })(stack),
        type: "number",
        passes: [600],
        fails: [599, 600.5],
      },
    },
  },
  "nvidia-values": {
    valid: { "others beside": gpus({ values: { gfd: { enabled: true } } }) },
    invalid: {
      "another run-time class": [
        gpus({ values: { runtimeClassName: "runc" } }),
        'values.runtimeClassName is "runc"; write "nvidia" or leave it out',
      ],
      "a driver of the operator's own": [
        gpus({ method: "gpu-operator", values: { driver: { enabled: true } } }),
        "values.driver.enabled is true; write false or leave it out",
      ],
      "a driver elsewhere": [
        gpus({ method: "dra", values: { nvidiaDriverRoot: "/" } }),
        'values.nvidiaDriverRoot is "/"; write "/usr/local" or leave it out',
      ],
      "nobody replaces the plugin": [
        gpus({ values: { updateStrategy: { type: "OnDelete" } } }),
        'values.updateStrategy.type is "OnDelete", with which no change reaches a running pod; write "RollingUpdate" or leave it out',
      ],
      "nobody replaces what the operator makes": [
        gpus({ method: "gpu-operator", values: { daemonsets: { updateStrategy: "OnDelete" } } }),
        'values.daemonsets.updateStrategy is "OnDelete", with which no change reaches a running pod; write "RollingUpdate" or leave it out',
      ],
      "nobody replaces the driver for claims": [
        gpus({ method: "dra", values: { kubeletPlugin: { updateStrategy: { type: "OnDelete" } } } }),
        'values.kubeletPlugin.updateStrategy.type is "OnDelete", with which no change reaches a running pod; write "RollingUpdate" or leave it out',
      ],
      "another sharing than the option's": [
        gpus({ sharing: { strategy: "mps", replicas: 2 }, values: { config: { default: "mine" } } }),
        'values.config.default is "mine"; write "sharing" or leave it out',
      ],
    },
    atPlan: {
      "how the plugin is replaced is a variable": {
        build: (stack, type: never) => gpus({ values: { updateStrategy: { type } } })(stack),
        passes: ["RollingUpdate"],
        fails: ["OnDelete"],
      },
      "a value is a variable": {
        build: (stack, runtimeClassName) => gpus({ values: { runtimeClassName } })(stack),
        passes: ["nvidia"],
        fails: ["runc"],
      },
    },
  },
  "gpu-sharing": {
    valid: {
      "two pods in turn": gpus({ sharing: { strategy: "time-slicing", replicas: 2 } }),
      "the operator": gpus({ method: "gpu-operator", sharing: { strategy: "mps", replicas: 4 } }),
    },
    invalid: {
      "one pod": [
        gpus({ sharing: { strategy: "time-slicing", replicas: 1 } }),
        "sharing.replicas is 1; write a whole number, 2 or more, or leave sharing out",
      ],
      "no such way": [
        gpus({ sharing: { strategy: "mig", replicas: 2 } }),
        'sharing.strategy is "mig"; write "time-slicing" or "mps"',
      ],
      "a way that only Terraform knows": [
        withVariable((stack, strategy) => gpus({ sharing: { strategy, replicas: 2 } })(stack), "string"),
        'sharing.strategy is a variable; write "time-slicing" or "mps"',
      ],
      "MPS beside MIG": [
        gpus({ sharing: { strategy: "mps", replicas: 2 }, values: { migStrategy: "mixed" } }),
        'sharing.strategy "mps" does not go with values.migStrategy "mixed"; write "time-slicing", or leave migStrategy out',
      ],
      claims: [
        gpus({ method: "dra", sharing: { strategy: "time-slicing", replicas: 2 } }),
        'sharing goes with a device plugin, not with method "dra"; leave sharing out, or choose another method',
      ],
    },
    atPlan: {
      "MIG is a variable": {
        build: (stack, mig) => gpus({ sharing: { strategy: "mps", replicas: 2 }, values: { mig } })(stack),
        passes: [{ strategy: "none" }, {}],
        fails: [{ strategy: "mixed" }],
      },
      "the number is a variable": {
        build: (stack, replicas) => gpus({ sharing: { strategy: "time-slicing", replicas } })(stack),
        type: "number",
        passes: [2, 16],
        fails: [1, 2.5],
      },
    },
  },
};
