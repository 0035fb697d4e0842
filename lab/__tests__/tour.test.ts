import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

const repository = resolve(__dirname, "../..");

test("npm run lab deploys the default stack, says where to look, and leaves nothing after Ctrl-C", async () => {
  const tour = spawn("node_modules/.bin/tsx", ["lab/command.ts"], { cwd: repository, detached: true });
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

    tour.kill("SIGINT");
    expect((await ended)[0]).toBe(0);
    expect(existsSync(dirname(configuration))).toBe(false);
    await expect(fetch(control)).rejects.toThrow("fetch failed");
  } finally {
    if (tour.exitCode === null && tour.pid !== undefined) process.kill(-tour.pid, "SIGKILL");
  }
});
