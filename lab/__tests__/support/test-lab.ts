import { Lab, type LabOptions } from "../../lab";
import { providers } from "../../providers";

const open: Lab[] = [];

/** A lab of the test's own, which ends with it however it ends. */
export async function startLab(options: Omit<LabOptions, "providers"> = {}): Promise<Lab> {
  const lab = await Lab.start({ ...options, providers: await providers() });
  open.push(lab);
  return lab;
}

afterEach(async () => {
  for (const lab of open.splice(0)) await lab.stop();
});
