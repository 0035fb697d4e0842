import { writeFileSync } from "node:fs";
import { checkTalosconfig } from "../../constructs/talos/cluster-files";
import { file, run } from "../provisioner";

describe("overwrites no talosconfig of another cluster", () => {
  const check = () => run(checkTalosconfig({ talosconfig: file("talosconfig"), ca: "Q0E=", clusterName: "talos-gpu" }));

  test.each([
    ["no file", undefined],
    ["an empty file", ""],
    ["its own", "contexts:\n  talos-gpu:\n    ca: Q0E=\n"],
  ])("and takes %s", (_, content) => {
    if (content !== undefined) writeFileSync(file("talosconfig"), content);
    expect(check()).toMatchObject({ status: 0, stderr: "" });
  });

  test("and refuses another's", () => {
    writeFileSync(file("talosconfig"), "contexts:\n  talos-gpu:\n    ca: T1RIRVI=\n");
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/talosconfig belongs to a cluster that this state does not know, and was not/),
    });
  });
});
