import { existsSync } from "node:fs";
import { built } from "../build";
import { Lab } from "../lab";
import { providers, providersFrom } from "../providers";
import { root } from "./support/accounts";
import { deployCluster } from "./support/cluster";
import { eventually } from "./support/eventually";
import { processesIn } from "./support/processes-in";

test("a lab that ends in the middle of an apply leaves no process, no server and no file", async () => {
  const lab = await Lab.start({ accounts: [root], providers: await providers() });
  lab.proxmox.faults.add({ method: "GET", path: /status\/current$/, outcome: { delay: 60_000 } });
  const terraform = await deployCluster(lab);
  const applied = terraform.apply();
  await terraform.until("proxmox_virtual_environment_vm.talos_node: Creating...");
  expect(processesIn(lab.directory).length).toBeGreaterThan(1);
  const { endpoint } = lab.proxmox;
  const { url } = lab.factory;
  await lab.stop();
  expect((await applied).code).not.toBe(0);
  // A killed process takes a moment to be gone; one that was left would wait for its answer.
  await eventually(() => expect(processesIn(lab.directory)).toEqual([]), 5_000);
  expect(existsSync(lab.directory)).toBe(false);
  for (const server of [endpoint, url])
    await expect(fetch(server)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
});

test("labs side by side have addresses of their own", async () => {
  const options = { accounts: [root], providers: await providers() };
  const labs = await Promise.all([Lab.start(options), Lab.start(options)]);
  try {
    const [one, other] = await Promise.all(labs.map((lab) => deployCluster(lab)));
    const runs = await Promise.all([one?.apply(), other?.apply()]);
    expect(runs.map((run) => run?.code)).toEqual([0, 0]);
    expect(new Set(labs.map((lab) => lab.address)).size).toBe(2);
  } finally {
    for (const lab of labs) await lab.stop();
  }
});

describe("LAB_PROVIDERS", () => {
  const standIns = () => built.mirror;

  test.each([
    ["stand-in", { cliConfiguration: expect.stringContaining(built.mirror) }],
    ["registry", { cliConfiguration: expect.not.stringContaining("filesystem_mirror") }],
    [__dirname, { cliConfiguration: expect.stringContaining(`path = "${__dirname}"`) }],
  ])("%s", async (setting, expected) => {
    expect(await providersFrom(setting, standIns)).toEqual(expected);
  });

  test("something else is named, with what can be written", async () => {
    await expect(providersFrom("real", standIns)).rejects.toThrow(/"real".*"stand-in", "registry" or the directory/);
  });
});
