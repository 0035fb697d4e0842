import { Lab, type LabOptions } from "../../lab";
import { providers } from "../../providers";
import { documentedRole, root, tokenWithRole } from "./accounts";
import { secretsIn } from "./secrets";

const open: Lab[] = [];

/** A lab of the test's own, which ends with it however it ends. */
export async function startLab(options: Omit<LabOptions, "providers"> = {}): Promise<Lab> {
  const accounts = [root, tokenWithRole(documentedRole(options.version))];
  const lab = await Lab.start({ accounts, ...options, providers: await providers() });
  open.push(lab);
  return lab;
}

afterEach(async () => {
  const labs = open.splice(0);
  try {
    for (const lab of labs) {
      expectAccepted(lab);
      await expectNoSecrets(lab);
    }
  } finally {
    for (const lab of labs) await lab.stop();
  }
});

/** Whatever a test is about: Terraform never shows a password, a token, a ticket or a key of the cluster. */
async function expectNoSecrets(lab: Lab): Promise<void> {
  const nodes = await Promise.all((await lab.allNodes()).map((node) => node.state()));
  const secrets = [...lab.proxmox.host.access.secrets, ...secretsIn(nodes.map(({ applied }) => applied))];
  for (const secret of secrets) {
    const at = lab.transcript.indexOf(secret);
    if (at >= 0) throw new Error(`a secret is in Terraform's output, after: ${lab.transcript.slice(at - 200, at)}`);
  }
}

/** Whatever a test is about: nothing that the real provider sends is against Proxmox's own interface. */
function expectAccepted({ proxmox }: Lab): void {
  for (const { method, path, parameters, status, reason } of proxmox.journal.entries) {
    // What an account may not give away is refused in the same way.
    if (status !== 400 || path === "/access/acl") continue;
    throw new Error(`${method} ${path} was refused (${reason}) with ${JSON.stringify(parameters)}`);
  }
}
