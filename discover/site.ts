import { dirname, join, relative } from "node:path";
import { inOneLine, printable } from "../constructs/rules/printable";
import { addressIn } from "./address";
import type { Choice } from "./choice";
import type { HostGpu } from "./gpu";
import { type Host, mayUseAddresses } from "./host";
import type { HostNode } from "./node";

const gibibyte = 1024 ** 3;
const root = join(__dirname, "..");

/** A program that makes the stack, in the form of main.ts. `file` is where it will be. */
export function siteOf(host: Host, choice: Choice, file: string): string {
  const { node, gpu, images, disks, bridge } = choice;
  const { address, gateway, isOfBridge, movedSubnets } = addressIn(bridge);
  const datastore = JSON.stringify(disks.name);
  const cores = Math.min(8, node.cpus ?? 8);
  const diskSize = Math.min(100, Math.floor((disks.available / gibibyte) * 0.9));
  return printable(`import { StrictApp, TalosGpuCluster } from ${JSON.stringify(constructsFrom(file))};

// The site, as \`npm run discover\` found the host: edit the values, then \`npm run synth\` to check and review them,
// \`npm run deploy\` to apply them.
const app = new StrictApp();

new TalosGpuCluster(app, "talos-gpu", {
  proxmox: {
    endpoint: ${JSON.stringify(host.endpoint)},
${lines(4, connection(host))}
  },
  vm: {
    name: "talos-gpu",
    node: ${JSON.stringify(node.name)},
    vmId: ${host.nextVmId},
    cpu: { cores: ${cores} },
    memory: { dedicated: ${memoryFor(node)} },
    disks: [{ datastore: ${datastore}, size: ${diskSize} }],
    efiDisk: { datastore: ${datastore} },
${lines(4, gpuLines(host, node, gpu))}
    networkDevices: [{ bridge: ${JSON.stringify(bridge.name)} }],
    initialization: {
      datastore: ${datastore},
      // ${isOfBridge ? `In the network of ${inOneLine(bridge.name)}; Proxmox does not know whether it is free, so see to that.` : `${inOneLine(bridge.name)} has no address to go by: write one of its network, and its gateway.`}
      ipConfigs: [{ address: "${address}", gateway: "${gateway}" }],
      dnsServers: ["${gateway}"],
    },
  },
${lines(2, talos(gpu, images.name))}
${lines(2, cluster(bridge.name, movedSubnets))}
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

/** The host pins all of it; half of the host's is a beginning. */
const memoryFor = ({ memory }: HostNode): number =>
  memory === undefined ? 16384 : Math.max(2048, Math.min(16384, Math.floor(memory / 2 / gibibyte) * 1024));

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
    `      name: ${JSON.stringify(freeName(mappings.map((each) => each.name)))},`,
    `      address: ${JSON.stringify(address)},`,
    `      deviceId: ${JSON.stringify(deviceId)},`,
    ...(subsystemId === undefined ? [] : [`      subsystemId: ${JSON.stringify(subsystemId)},`]),
    `      iommuGroup: ${Number(iommuGroup)},`,
    "    },",
    "  },",
    "],",
  ];
}

function freeName(taken: readonly string[]): string {
  let name = "gpu";
  for (let number = 2; taken.includes(name); number += 1) name = `gpu-${number}`;
  return name;
}

function cluster(bridge: string, movedSubnets?: object): string[] {
  const clusterName = 'clusterName: "talos-gpu"';
  if (movedSubnets === undefined) return [`cluster: { ${clusterName} },`];
  return [
    "cluster: {",
    `  ${clusterName},`,
    `  // ${inOneLine(bridge)} has addresses that Talos gives to pods or services, which get others.`,
    `  configPatches: [${JSON.stringify({ cluster: { network: movedSubnets } })}],`,
    "},",
  ];
}

const talos = ({ driver }: HostGpu, datastore: string): string[] => [
  "talos: {",
  `  datastore: ${JSON.stringify(datastore)},`,
  ...(driver ? [`  nvidia: { kernelModules: "${driver.kernelModules}", branch: "${driver.branch}" },`] : []),
  "},",
];
