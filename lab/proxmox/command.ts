import { commandArguments } from "../../scripts/command-line";
import { type ExampleHost, exampleHosts } from "./example-hosts";
import { SimulatedProxmox } from "./server";

const names = Object.keys(exampleHosts);

const usage = `Usage: npm run lab:proxmox -- [--port 8006] [--node pve] [--host one-gpu]

Runs a simulated Proxmox VE host on loopback until Ctrl-C, with the user root@pam and the password "proxmox".

Hosts: ${names.join(", ")}`;

async function main(): Promise<void> {
  const { values } = commandArguments({
    usage,
    options: {
      port: { type: "string", default: "8006" },
      node: { type: "string" },
      host: { type: "string", default: "one-gpu" },
    },
  });
  if (!names.includes(values.host)) throw new Error(`no host "${values.host}"; there are ${names.join(", ")}`);
  const options = exampleHosts[values.host as ExampleHost];
  const named = values.node === undefined ? {} : { node: values.node };
  const proxmox = await SimulatedProxmox.start({ ...options, ...named, port: Number(values.port) });
  const nodes = proxmox.cluster.hosts.map(({ node }) => `"${node}"`).join(" and ");
  console.log(`Simulated Proxmox VE ${proxmox.cluster.release}, node ${nodes}, at ${proxmox.endpoint}`);
  proxmox.journal.follow(({ method, path, status, reason }) => console.log(`${method} ${path} ${status} ${reason}`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void proxmox.stop());
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
