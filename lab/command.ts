/**
 * The five-minute tour: deploys the default stack into a simulated Proxmox host and Talos node on this machine, shows what
 * came of it, and removes everything on Ctrl-C.
 */
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandArguments } from "../scripts/command-line";
import { build } from "./build";
import { Lab } from "./lab";
import { demandPrerequisites } from "./prerequisites";
import { Program } from "./program";
import { providers } from "./providers";

const usage = `Usage: npm run lab

Deploys the default stack into a simulated Proxmox host and Talos node on this machine, and shows what came of it until
Ctrl-C. Needs Go, Terraform and kubectl; the first time it builds for some minutes.`;

const password = "proxmox";
const visitor = { id: "root@pam!visitor", secret: "00000000-0000-0000-0000-000000000000" };

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());

async function tour(program: Program, lab: Lab): Promise<void> {
  const cdktf = lab.cdktf(program.stack, { TF_VAR_proxmox_password: password }, true);
  interrupted.signal.addEventListener("abort", () => cdktf.kill());
  const directory = program.placeIn(lab.site);
  console.log(`\nDeploying the stack "${program.stack}", as \`npm run deploy\` would:\n`);
  const { code } = await cdktf.run("deploy");
  if (interrupted.signal.aborted) return;
  if (code !== 0) throw new Error("the deployment failed; what it wrote is above");
  console.log(await sights(program, lab, directory));
  await once(interrupted.signal, "abort");
}

/** What there is to see, and how. */
async function sights(program: Program, lab: Lab, directory: string): Promise<string> {
  const vmid = Number(program.vm.vm_id);
  const { host, endpoint } = lab.proxmox;
  const node = await lab.node(vmid);
  const { stage, applied } = await node.state();
  const header = `Authorization: PVEAPIToken=${visitor.id}=${visitor.secret}`;
  const clusters = join(lab.directory, "clusters");
  const configuration = Object.entries(host.vm(vmid).config)
    .filter(([key]) => /^(name|cpu|cores|memory|machine|bios|hostpci\d+|scsi0|efidisk0|net0|ipconfig0)$/.test(key))
    .map(([key, value]) => `  ${key}: ${value}`);
  return `
VM ${vmid} on the simulated Proxmox host:
${configuration.join("\n")}

The simulated Talos node at ${lab.address} is ${stage}, with ${applied.length} machine configuration${applied.length === 1 ? "" : "s"} applied.

Look around, in another terminal:
  the reviewed Terraform JSON   ${join(directory, "cdk.tf.json")}
  the VM in Proxmox             curl -sk -H '${header}' ${endpoint}api2/json/nodes/${host.node}/qemu/${vmid}/config
  the cluster                   kubectl --kubeconfig ${clusters}/*/kubeconfig get nodes,pods --all-namespaces --output wide
  what Talos was told           curl -s ${node.control}/state

Ctrl-C removes everything.`;
}

async function main(): Promise<void> {
  commandArguments({ usage });
  demandPrerequisites();
  console.log("Building what the lab needs; the first time takes some minutes.");
  build("talos-node", "talosctl", "talos-validate", "kubernetes");
  const program = Program.synthesize("examples/default.ts");
  try {
    const accounts = [{ id: "root@pam", secret: password }, visitor];
    const lab = await Lab.start({ node: program.node, accounts, providers: await providers() });
    try {
      await tour(program, lab);
    } finally {
      await lab.stop();
    }
  } finally {
    program.dispose();
  }
}

main().catch(async (error: Error) => {
  // What is run while this program waits for it hears Ctrl-C first.
  await sleep(100);
  if (interrupted.signal.aborted) return;
  console.error(error.message);
  process.exitCode = 1;
});
