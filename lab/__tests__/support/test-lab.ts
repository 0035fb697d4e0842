import { Lab } from "../../lab";
import { providers } from "../../providers";
import type { ServerOptions } from "../../proxmox/server";

const open: Lab[] = [];

/** A lab of the test's own, which ends with it however it ends. */
export async function startLab(options: ServerOptions = {}): Promise<Lab> {
  const lab = await Lab.start({ ...options, providers: await providers() });
  open.push(lab);
  return lab;
}

afterEach(async () => {
  for (const lab of open.splice(0)) await lab.stop();
});
