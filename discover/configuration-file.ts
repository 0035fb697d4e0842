import { dirname, join, relative } from "node:path";
import { defaultCiliumVersion } from "../constructs/cilium/version";
import { vendors } from "../constructs/gpu/vendors";
import { inOneLine, printable } from "../constructs/rules/printable";
import { movedSubnets } from "../constructs/talos/cluster-subnets";
import type { GpuDriver } from "../constructs/talos/driver";
import { defaultKubernetesVersion } from "../constructs/talos/kubernetes-version";
import { defaultTalosVersion } from "../constructs/talos/version";
import type { Choice } from "./choice";
import type { HostGpu } from "./gpu";
import { type Host, mayUseAddresses } from "./host";
import type { HostNode } from "./node";
import { freeName, type Settings } from "./setting";

const root = join(__dirname, "..");

/** A program that makes the stack, in the form of main.ts. `file` is where it will be. */
export function configurationFileOf(host: Host, choice: Choice, settings: Settings, file: string): string {
  const { node, gpu, images, disks, bridge } = choice;
  const { name, address, gateway, memory, disk } = settings;
  const datastore = JSON.stringify(disks.name);
  const cores = Math.min(8, node.cpus ?? 8);
  return printable(`import { StrictApp, TalosGpuCluster } from ${JSON.stringify(constructsFrom(file))};

// The configuration, as \`npm run discover\` wrote it for the host: edit the values, then \`npm run review\` to check and review
// them, \`npm run deploy\` to apply them.
const app = new StrictApp();

new TalosGpuCluster(app, "${name}", {
  proxmox: {
    endpoint: ${JSON.stringify(host.endpoint)},
${lines(4, connection(host))}
  },
  vm: {
    name: "${name}",
    node: ${JSON.stringify(node.name)},
    vmId: ${host.nextVmId},
    cpu: { cores: ${cores} },
    memory: { dedicated: ${memory * 1024} },
    disks: [{ datastore: ${datastore}, size: ${disk} }],
    efiDisk: { datastore: ${datastore} },
${lines(4, gpuLines(host, node, gpu))}
    networkDevices: [{ bridge: ${JSON.stringify(bridge.name)} }],
    initialization: {
      datastore: ${datastore},
      // In the subnet of ${inOneLine(bridge.name)}, and unused as far as discover can see. Reserve it on your DHCP server.
      ipConfigs: [{ address: "${address}", gateway: "${gateway}" }],
      dnsServers: ["${gateway}"],
    },
  },
${lines(2, talos(gpu, images.name))}
${lines(2, cluster(name, bridge.name, movedSubnets(address)))}
${lines(2, charts(gpu))}
});

app.synth();
`);
}

const lines = (indentation: number, texts: readonly string[]): string =>
  texts.map((text) => `${" ".repeat(indentation)}${text}`).join("\n");

function constructsFrom(file: string): string {
  const path = relative(dirname(file), join(root, "constructs"));
  return path.startsWith(".") ? path : `./${path}`;
}

function connection({ credentials, account }: Host): string[] {
  const asked = {
    password: mayUseAddresses({ account, credentials })
      ? "A raw PCI address needs root's password, which Terraform asks for as proxmox_password."
      : "Terraform asks for the password as proxmox_password.",
    ticket:
      "A second factor takes a ticket: Terraform asks for it as proxmox_auth_ticket and proxmox_csrf_prevention_token.",
    "api-token": "Terraform asks for the token as proxmox_api_token.",
  };
  return [
    `// ${asked[credentials]}`,
    `credentials: ${JSON.stringify(credentials)},`,
    ...(credentials === "password" ? [`username: ${JSON.stringify(account)},`] : []),
  ];
}

function gpuLines(host: Host, { mappings }: HostNode, gpu: HostGpu): string[] {
  const { name, address, functions, deviceId, subsystemId, iommuGroup } = gpu;
  const comment = `// ${inOneLine(name)}`;
  if (mayUseAddresses(host)) {
    const all = functions.length > 1 ? ', functions: "all"' : "";
    return [comment, `gpus: [{ address: ${JSON.stringify(address)}${all} }],`];
  }
  const known = mappings.find(
    (mapping) =>
      mapping.problems.length === 0 && !mapping.isMediated && mapping.addresses.some((each) => each === address),
  );
  if (known) return [comment, `gpus: [{ mapping: ${JSON.stringify(known.name)} }],`];
  return [
    comment,
    "gpus: [",
    "  {",
    "    mapping: {",
    `      name: ${JSON.stringify(
      freeName(
        "gpu",
        mappings.map((each) => each.name),
      ),
    )},`,
    `      address: ${JSON.stringify(address)},`,
    `      deviceId: ${JSON.stringify(deviceId)},`,
    ...(subsystemId === undefined ? [] : [`      subsystemId: ${JSON.stringify(subsystemId)},`]),
    `      iommuGroup: ${Number(iommuGroup)},`,
    "    },",
    "  },",
    "],",
  ];
}

function cluster(name: string, bridge: string, movedSubnets?: object): string[] {
  const clusterName = `clusterName: "${name}"`;
  const version = `kubernetesVersion: "${defaultKubernetesVersion}"`;
  if (movedSubnets === undefined) return [`cluster: { ${clusterName}, ${version} },`];
  return [
    "cluster: {",
    `  ${clusterName},`,
    `  ${version},`,
    `  // ${inOneLine(bridge)} has addresses that Talos gives to pods or services, which get others.`,
    `  configPatches: [${JSON.stringify({ cluster: { network: movedSubnets } })}],`,
    "},",
  ];
}

/** The driver as main.ts has it: NVIDIA's by its own prop. */
function driverLine({ vendor, ...rest }: GpuDriver): string {
  const props = Object.entries(vendor === "nvidia" ? rest : { vendor, ...rest });
  const written = props.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  return `${vendor === "nvidia" ? "nvidia" : "driver"}: { ${written} }`;
}

const talos = ({ driver }: HostGpu, datastore: string): string[] => [
  "talos: {",
  `  version: "${defaultTalosVersion}",`,
  `  datastore: ${JSON.stringify(datastore)},`,
  ...(driver ? [`  ${driverLine(driver)},`] : []),
  "},",
];

const charts = ({ driver }: HostGpu): string[] => [
  `cilium: { version: "${defaultCiliumVersion}" },`,
  ...(driver ? [`${driver.vendor}: { version: "${vendors[driver.vendor].methods["device-plugin"]?.version}" },`] : []),
];
