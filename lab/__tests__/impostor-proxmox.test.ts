import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { discover } from "../../discover/discover";
import { terminalOf } from "../../discover/terminal";
import { Processes, type Run } from "../processes";
import { clusterAuthority, nodeCertificate } from "../proxmox/certificate";
import { credentials } from "./support/accounts";
import { fingerprintOf, rootPassword } from "./support/discovered";
import { gpuVm, provideImage, vmStack } from "./support/gpu-vm";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

const scripts = resolve(__dirname, "../../scripts");

test("whoever answers in Proxmox's place gets no credential of any command, and nothing happens", async () => {
  const lab = await startLab();
  provideImage(lab);
  lab.synthesize(vmStack(gpuVm(lab)));
  const npmRun = (script: string, ...args: string[]): Promise<Run> =>
    new Processes().run(
      process.execPath,
      ["--require", join(scripts, "typescript.cjs"), join(scripts, script), ...args],
      {
        directory: lab.directory,
        environment: { ...lab.environment, ...credentials },
      },
    );
  const own = ["gpu", "--skip-synth", "--skip-provider-lock"];
  // Writes the file that cdktf needs here.
  lab.cdktf("gpu");
  const deployed = await npmRun("cdktf.ts", "deploy", ...own, "--auto-approve");
  succeeded(deployed);
  const { endpoint, journal } = lab.proxmox;
  const fingerprint = await fingerprintOf(endpoint);
  const before = journal.entries.length;

  lab.proxmox.show("pve-ssl.pem", await nodeCertificate(await clusterAuthority(), "pve"));
  const terraform = lab.terraform(join(lab.directory, "cdktf.out/stacks/gpu"), credentials);
  const outcomes = [
    await npmRun("cdktf.ts", "diff", ...own),
    await npmRun("cdktf.ts", "deploy", ...own, "--auto-approve"),
    await npmRun("cdktf.ts", "destroy", ...own, "--auto-approve"),
    await terraform.plan(),
    await terraform.apply(),
    await terraform.destroy(),
    await terraform.run("refresh", "-no-color", "-input=false"),
  ];
  expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 1));
  for (const { output } of outcomes) expect(unwrapped(output)).toMatch(/failed to verify certificate: x509/);
  const terminal = terminalOf(new PassThrough(), new PassThrough());
  const asked = discover([endpoint, "--fingerprint", fingerprint], {
    environment: rootPassword,
    terminal,
    print: () => {},
    answersAt: async () => false,
  });
  await expect(asked).rejects.toThrow("and not the one that was given");
  expect(journal.entries).toHaveLength(before);
});
