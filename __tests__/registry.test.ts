import { readdirSync } from "node:fs";
import { join } from "node:path";
import { argumentType } from "../constructs/rules/argument";
import { rulesByModule } from "../constructs/rules-by-module";

const registered = new Set([
  ...Object.values(rulesByModule)
    .flat()
    .map(({ id }) => id),
  // No construct is held to it: it throws.
  argumentType.id,
]);

const constructs = join(__dirname, "../constructs");
const files = readdirSync(constructs, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** The rules that a file exports, alone or in lists. */
const rulesOf = (file: string): string[] =>
  Object.values(require(join(constructs, file)))
    .flat()
    .flatMap((value) => (isRule(value) ? [value.id] : []));

const isRule = (value: unknown): value is { id: string } =>
  typeof value === "object" && value !== null && ["id", "requirement", "reason"].every((key) => key in value);

test.each(files)("%s exports no rule that is not registered", (file) => {
  expect(rulesOf(file).filter((id) => !registered.has(id))).toEqual([]);
});

test("rules are found where they are exported", () => {
  expect(rulesOf("proxmox/vm/cpu.ts")).toEqual(["cpu-type-host", "cpu-type-known", "cpu-cores"]);
  expect(rulesOf("network/https-endpoint.ts")).toEqual(["endpoint-https"]);
});
