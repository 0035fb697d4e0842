import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cases, wantedAt } from "../lab/changes/cases";
import { changesDocument } from "../lab/changes/document";
import type { Row } from "../lab/changes/row";

const page = readFileSync(join(__dirname, "../docs/changes.md"), "utf8");

/** What was seen of a prop of the VM, as if that had become of it. */
const seen = (prop: string, row: Partial<Row>): Row[] =>
  cases.vm
    .filter((each) => each.prop === prop)
    .map((each) => ({ part: "vm", each, changes: [], pods: undefined, ...row }) satisfies Row);
const lineOf = (text: string, prop: string) => text.split("\n").filter((line) => line.startsWith(`| \`${prop}\` |`));
const without = (text: string, prop: string) => text.split("\n").filter((line) => !line.startsWith(`| \`${prop}\` |`));

test("docs/changes.md stays as it is where nothing was seen anew", () => {
  expect(changesDocument([], page)).toBe(page);
});

test("what was seen anew takes the place of its line, among those that are as bad, and no other line changes", () => {
  const refusal = "vm.cpu.cores is too much [host-processors]";
  const written = changesDocument(seen("cpu.cores", { refusal }), page);
  expect(lineOf(written, "cpu.cores")).toEqual([
    "| `cpu.cores` | `12` | **refused** | – | [host-processors](rules.md#host-processors) |",
  ]);
  expect(without(written, "cpu.cores")).toEqual(without(page, "cpu.cores"));
  expect(written.indexOf("| `cpu.cores`")).toBeGreaterThan(written.indexOf('| `node` | `"pve2"` | **refused**'));
});

test("pods that keep their UIDs and have restarted containers are told from those that are replaced", () => {
  const pods = {
    replaced: [],
    restarted: ["cilium", "hubble-ui"],
    gone: [],
    started: [],
    others: false,
    isDrained: false,
  };
  const told = (more: Partial<typeof pods> | { replaced: string[] }) =>
    lineOf(changesDocument(seen("cpu.cores", { pods: { ...pods, ...more } }), page), "cpu.cores")[0]?.split(" | ")[3];
  expect(told({})).toBe("all are restarted");
  expect(told({ others: true })).toBe("restarted: `cilium`, `hubble-ui`");
  expect(told({ replaced: ["hubble-relay"] })).toBe("replaced: `hubble-relay`; restarted: `cilium`, `hubble-ui`");
  expect(told({ replaced: ["hubble-relay"], isDrained: true })).toBe("drained");
  expect(told({ restarted: [], others: true })).toBe("stay");
});

test("cases are chosen by the paths of their props", () => {
  const chosen = (...paths: string[]) => cases.vm.filter((each) => wantedAt(paths)("vm", each)).map(({ prop }) => prop);
  expect(chosen()).toHaveLength(cases.vm.length);
  expect(chosen("vm")).toHaveLength(cases.vm.length);
  expect(chosen("vm.cpu")).toEqual(["cpu.cores", "cpu.sockets", "cpu.type"]);
  expect(chosen("vm.cpu.cores", "vm.memory.floating")).toEqual(["cpu.cores", "memory.floating"]);
  expect(new Set(chosen("vm.disks[2]"))).toEqual(new Set(["disks[2]"]));
  expect(chosen("cilium")).toEqual([]);
  expect(() => wantedAt(["vm.cpu.core"])).toThrow("no case changes vm.cpu.core; write a prop");
});
