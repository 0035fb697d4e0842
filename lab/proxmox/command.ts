import { parseArgs } from "node:util";
import { SimulatedProxmox } from "./server";

const usage = `Usage: npm run lab:proxmox -- [--port 8006] [--node pve]

Runs a simulated Proxmox VE host on loopback until Ctrl-C, with the user root@pam and the password "proxmox".`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8006" },
      node: { type: "string", default: "pve" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const proxmox = await SimulatedProxmox.start({ port: Number(values.port), node: values.node });
  console.log(`Simulated Proxmox VE, node "${values.node}", at ${proxmox.endpoint}`);
  proxmox.journal.follow(({ method, path, status, reason }) => console.log(`${method} ${path} ${status} ${reason}`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void proxmox.stop());
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
