import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./support/eventually";
import { processesIn } from "./support/processes-in";

const repository = resolve(__dirname, "../..");

/**
 * Ctrl-C in a terminal: everything that runs in the foreground hears it, the tour again from npm. The shell of npm between
 * them would die of it, and npm end with 130: the script replaces it with `exec`.
 */
async function interrupt({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) throw new Error("the tour does not run");
  for (const pause of [30, 0]) {
    process.kill(-pid, "SIGINT");
    await sleep(pause);
  }
}

test("npm run lab deploys the default stack, says where to look, and leaves nothing after Ctrl-C", async () => {
  const tour = spawn("npm", ["run", "--silent", "lab"], { cwd: repository, detached: true });
  try {
    let said = "";
    const told = new Promise<void>((resolve) => {
      tour.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("Ctrl-C removes everything.")) resolve();
      });
    });
    const ended = once(tour, "close");
    await Promise.race([
      told,
      ended.then(() => {
        throw new Error(`the tour ended early:\n${said}`);
      }),
    ]);
    expect(said).toContain("hostpci0: host=0000:01:00.0,pcie=1,rombar=0,x-vga=0");
    expect(said).toMatch(/The simulated Talos node at 127\.\S+ is bootstrapped/);
    const configuration = String(/(\S+)\/stacks\/talos-gpu\/cdk\.tf\.json/.exec(said)?.[1]);
    const control = String(/http:\S+\/state/.exec(said)?.[0]);
    expect(existsSync(configuration)).toBe(true);
    expect((await fetch(control)).status).toBe(200);
    const kubeconfig = String(/--kubeconfig (\/\S+)/.exec(said)?.[1]);
    const listed = `kubectl --kubeconfig ${kubeconfig} get nodes,pods --all-namespaces --output name`;
    await eventually(() =>
      expect(execFileSync("sh", ["-c", listed]).toString()).toMatch(/node\/talos-gpu\n(.*\n)*pod\/coredns-/),
    );

    await interrupt(tour);
    expect((await ended)[0]).toBe(0);
    const directory = dirname(configuration);
    expect(existsSync(directory)).toBe(false);
    expect(processesIn(directory)).toEqual([]);
    await expect(fetch(control)).rejects.toThrow("fetch failed");
  } finally {
    if (tour.exitCode === null && tour.pid !== undefined) process.kill(-tour.pid, "SIGKILL");
  }
});
