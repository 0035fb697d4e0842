import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { terraform as binary } from "../../scripts/prerequisites";
import type { Lab } from "../lab";
import { Processes } from "../processes";
import type { NodeFault } from "../talos-node";
import type { Terraform } from "../terraform";
import { credentials } from "./support/accounts";
import { type ClusterOptions, deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { attribute } from "./support/state";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

const kubernetesVersion = "1.34.1";
const site = (version: string, readyTimeout = 300): ClusterOptions => ({
  talos: { version },
  node: { kubernetesVersion, readyTimeout },
});

/** What of a cluster an upgrade may change, and its secrets. */
async function touched(lab: Lab, terraform: Terraform) {
  const { calls, version, schematic, bootstraps } = await (await lab.node(100)).state();
  const changing = /^(Upgrade|Reboot|Reset|ApplyConfiguration|Bootstrap|EtcdRecover)$/;
  const files = readdirSync(join(lab.directory, "clusters/talos-gpu"));
  return {
    ...{ version, schematic, bootstraps },
    secrets: attribute(terraform, "talos_machine_secrets", "machine_secrets"),
    calls: calls.filter(({ method }) => changing.test(method)),
    snapshots: files.filter((file) => file.endsWith(".snapshot")),
  };
}

const programs =
  "kubectl node sh awk base64 cat date dirname env grep head ls mkdir mktemp mv od rm sed sha256sum sleep sort tail tr wc".split(
    " ",
  );

/** A PATH with what a deployment needs, but for talosctl. */
function pathWithoutTalosctl(lab: Lab): string {
  const path = join(lab.directory, "programs");
  mkdirSync(path);
  const places = [process.env.PATH, lab.environment.PATH].join(delimiter).split(delimiter);
  for (const name of [binary, ...programs]) {
    const place = places.find((place) => existsSync(join(place, name)));
    if (place === undefined) throw new Error(`${name} is not on the PATH`);
    symlinkSync(join(place, name), join(path, name));
  }
  return path;
}

test("what an upgrade refuses leaves the node alone, and what fails or is interrupted the next apply completes", async () => {
  const lab = await startLab();
  const PATH = pathWithoutTalosctl(lab);
  const { directory } = await deployCluster(lab, site("v1.12.11"));
  const alone = lab.terraform(directory, { ...credentials, PATH });
  succeeded(await alone.apply());
  const node = await lab.node(100);
  const before = await touched(lab, alone);

  /** Applies to a node with faults, and returns why that failed. */
  const failure = async (options: ClusterOptions, ...faults: NodeFault[]) => {
    await node.setFaults(...faults);
    const { code, output } = await (await deployCluster(lab, options)).apply();
    await node.setFaults();
    expect(code).toBe(1);
    return unwrapped(output);
  };

  // Refused.
  expect(await failure(site("v1.12.0"))).toMatch(
    /Talos cannot be downgraded from v1\.12\.11 to v1\.12\.0;.* Nothing was changed \[upgrade-one-minor\]/,
  );
  expect(await failure(site("v1.14.1"))).toMatch(/Talos is upgraded one minor version at a time.* Nothing was changed/);
  await expect(
    deployCluster(lab, { talos: { version: "v1.12.12" }, node: { kubernetesVersion: "1.36.1" } }),
  ).rejects.toThrow(/"1\.36\.1" is not supported by Talos "v1\.12\.12".*\[kubernetes-version-supported\]/);
  expect(await failure(site("v1.13.9", 3), { method: "Version", code: "Unavailable", message: "no route" })).toMatch(
    /does not answer, after 3 seconds; nothing was changed\. Its last answer: .*no route/,
  );
  expect(
    await failure(site("v1.13.9"), { method: "EtcdSnapshot", code: "Unavailable", message: "etcd is sick" }),
  ).toMatch(/no snapshot of etcd could be taken, so nothing was changed: .*etcd is sick/);
  expect(unwrapped((await alone.apply()).output)).toContain(
    "talosctl is missing on the machine that runs Terraform; install it from https://",
  );

  // The deployment names it before anything starts, on Proxmox too; the applies that failed have left the node unchecked.
  const asked = lab.proxmox.journal.entries.length;
  // Writes the file that cdktf needs here.
  lab.cdktf("talos-gpu");
  const root = resolve(__dirname, "../..");
  const deploy = await new Processes().run(
    process.execPath,
    [
      ...["--require", join(root, "scripts/typescript.cjs"), join(root, "scripts/cdktf.ts")],
      ...["deploy", "talos-gpu", "--auto-approve", "--skip-synth", "--skip-provider-lock"],
    ],
    { directory: lab.directory, environment: { ...lab.environment, ...credentials, PATH } },
  );
  expect(deploy).toEqual({
    code: 1,
    output: expect.stringMatching(
      /^\S+ shows a certificate of this cluster\ntalos-gpu is planned first: .*\nthe upgrade of talos-gpu needs talosctl, which is not on the PATH: https:.*\n$/,
    ),
  });
  const since = lab.proxmox.journal.entries.slice(asked);
  expect(since.filter(({ method, path }) => method !== "GET" && !path.endsWith("/access/ticket"))).toEqual([]);
  expect(await touched(lab, alone)).toEqual(before);

  // Interrupted while the node restarts.
  await node.setFaults({ method: "boot", delayMilliseconds: 3000, times: 1 });
  const terraform = await deployCluster(lab, site("v1.13.9"));
  const killed = terraform.apply();
  await eventually(async () => expect((await node.state()).on).toBe(false));
  terraform.kill();
  expect((await killed).code).not.toBe(0);
  succeeded(await terraform.apply());
  expect(await touched(lab, alone)).toMatchObject({ version: "v1.13.9", bootstraps: 1 });
  await unchanged(terraform);

  // Failed on the node, and then not back in time.
  expect(await failure(site("v1.14.1"), { method: "install", message: "no space left on device" })).toMatch(
    /the upgrade of Talos failed; the next apply continues: .*no space left on device/,
  );
  expect(await touched(lab, alone)).toMatchObject({ version: "v1.13.9" });
  expect(await failure(site("v1.14.1", 2), { method: "boot", delayMilliseconds: 8000, times: 1 })).toMatch(
    /the upgrade of Talos failed; the next apply continues: /,
  );
  const late = await deployCluster(lab, site("v1.14.1"));
  succeeded(await late.apply());
  expect(await touched(lab, alone)).toMatchObject({ version: "v1.14.1", bootstraps: 1 });
  await unchanged(late);
});
