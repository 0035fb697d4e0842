import { PassThrough } from "node:stream";
import { transformSync } from "@swc/core";
import { formatValue } from "../constructs/rules/format-value";
import { configurationFileOf } from "../discover/configuration-file";
import type { Host } from "../discover/host";
import { Refusal } from "../discover/refusal";
import { report } from "../discover/report";
import { terminalOf } from "../discover/terminal";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e]/;

/** What a host, or whoever answers in its place, may call its devices, storages and bridges. */
const hostile = 'x\u001b]0;owned\u0007\u009b31m\u202e"\n});\nprocess.exit(7); // \u2028process.exit(8); /*';

const node = {
  name: hostile,
  isOnline: true,
  processor: hostile,
  cpus: 8,
  memory: 64 * 1024 ** 3,
  boot: { kernel: hostile, isEfi: true, isSecure: false },
  gpus: [
    {
      name: hostile,
      address: "01:00",
      functions: ["01:00.0", hostile],
      deviceId: hostile,
      subsystemId: hostile,
      iommuGroup: hostile as unknown as number,
      otherMembers: [hostile],
      generation: hostile,
      isOfProcessor: false,
      isUsable: true,
      verdict: hostile,
    },
  ],
  storages: [
    {
      name: hostile,
      type: hostile,
      content: [hostile],
      enabled: true,
      active: true,
      shared: false,
      available: 1e12,
      total: 1e12,
    },
  ],
  bridges: [{ name: hostile, cidr: "10.96.0.10/12", gateway: "10.96.0.1" }],
  mappings: [{ name: hostile, addresses: [hostile], isMediated: false, problems: [hostile] }],
};

const host: Host = {
  endpoint: "https://pve.example:8006/",
  fingerprint: hostile,
  isTrusted: false,
  version: `9.0${hostile}`,
  account: `someone@pve${hostile}`,
  credentials: "api-token",
  lackingPrivileges: [],
  nextVmId: 100,
  nodes: [node],
  guests: { names: [], addresses: [] },
} as Host;

const settings = { name: "talos-gpu", address: "10.96.0.50/12", gateway: "10.96.0.1", memory: 16, disk: 100 };

const choice = { node, gpu: node.gpus[0], images: node.storages[0], disks: node.storages[0], bridge: node.bridges[0] };

test("no text of a host makes lines in the report, which has all of them", () => {
  const harmless = (text: string): string => text.replaceAll(hostile, "x");
  const plain = JSON.parse(harmless(JSON.stringify(host)).replaceAll(JSON.stringify(hostile).slice(1, -1), "x"));
  expect(report(host).split("\n").length).toBe(report(plain).split("\n").length);
});

test.each([
  ["8.4.1", "2026-11-30", true],
  ["8.4.1", "2026-08-31", false],
  ["9.2.1", "2026-11-30", false],
])("Proxmox VE %s on %s: a warning of its end of life is %s", (version, day, isWarned) => {
  const warning =
    "  maintenance   warning: Proxmox VE 8 is no longer maintained since 2026-08-31 (inferred); upgrade the host: https://pve.proxmox.com/wiki/Upgrade_from_8_to_9";
  expect(
    report({ ...host, version }, day)
      .split("\n")
      .includes(warning),
  ).toBe(isWarned);
});

test("a configuration with texts of a host is a program that does nothing of theirs", () => {
  const program = configurationFileOf(host, choice as never, settings, "main.ts");
  expect(program).not.toMatch(obeyed);
  const { code } = transformSync(program, { jsc: { parser: { syntax: "typescript" } }, module: { type: "commonjs" } });
  const exit = jest.fn();
  class Anything {
    synth() {}
  }
  const constructs = { StrictApp: Anything, TalosGpuCluster: Anything };
  new Function("require", "exports", "process", code)(() => constructs, {}, { exit });
  expect(exit).not.toHaveBeenCalled();
});

test("no question and no refusal has a control character", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let asked = "";
  output.on("data", (part) => {
    asked += part;
  });
  const answer = terminalOf(input, output).choose(hostile, [[hostile, 1]]);
  input.write("\r");
  expect(await answer).toBe(1);
  expect(asked).not.toContain("\u001b]0;");
  expect(new Refusal(hostile).message).not.toMatch(obeyed);
});

test("no value in a message has one", () => {
  expect(formatValue(hostile)).not.toMatch(obeyed);
  expect(formatValue(`${hostile}${"x".repeat(1000)}`)).not.toMatch(obeyed);
});
