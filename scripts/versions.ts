/** Prints which versions are maintained on a day, and whether the defaults are: see `help`. */
import { parseArgs } from "node:util";
import { defaultCiliumVersion } from "../constructs/cilium/version";
import { allMethods } from "../constructs/gpu/vendors";
import { defaultKubernetesVersion } from "../constructs/talos/kubernetes-version";
import { defaultTalosVersion } from "../constructs/talos/version";
import type { Life } from "../constructs/versions/life";
import { lives } from "../constructs/versions/lives";
import { isTestedWith, maintenanceOn, programNames, rangeOf, shortcomingsOn } from "../constructs/versions/verdict";

const help = `Usage: npm run versions [-- --date <day> | --check]

Prints the versions: the newest known release of each minor version, until when it is maintained, and what it is tested with.

  npm run versions                        against today
  npm run versions -- --date 2026-12-28   against another day
  npm run versions -- --check             for a scheduled job: exits with 1 if a default is no longer maintained,
                                          or not tested with the others`;

const programs = { ...programNames, driver: "NVIDIA driver", proxmox: "Proxmox VE", chart: "" };

const defaults = {
  talos: defaultTalosVersion,
  kubernetes: defaultKubernetesVersion,
  cilium: defaultCiliumVersion,
} as const;

/** The lines of the table, with columns as wide as they have to be. */
export function tableOn(day: string): string {
  const rows = Object.entries<Readonly<Record<string, Life>>>(lives).flatMap(([program, minors]) =>
    Object.entries(minors).map(([name, life]) => [
      `${programs[program as keyof typeof programs]} ${name}`.trim(),
      life.newest,
      life.kubernetes ? rangeOf(life.kubernetes) : "",
      maintenanceOn(day, life),
    ]),
  );
  const all = [["what", "newest", "tested with Kubernetes", `on ${day}`], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What is wrong with the defaults on a day. */
export function problemsOn(day: string, running: Readonly<Record<keyof typeof defaults, string>> = defaults): string[] {
  const charts = allMethods.map(({ chart, version }) => [chart, version] as const);
  return [
    ...(["talos", "kubernetes", "cilium"] as const).flatMap((program) => {
      const version = running[program];
      const judged = { program, version, kubernetesVersion: program === "kubernetes" ? undefined : running.kubernetes };
      return shortcomingsOn(day, judged).map((shortcoming) => `${programs[program]} ${version}: ${shortcoming}`);
    }),
    ...charts.flatMap(([chart, version]) => {
      const life = (lives.chart as Readonly<Record<string, Life>>)[chart];
      return life !== undefined && isTestedWith(life, running.kubernetes) === false
        ? [`${chart} ${version} is not tested with Kubernetes ${running.kubernetes}`]
        : [];
    }),
  ];
}

function main(): void {
  const options = { check: { type: "boolean" }, help: { type: "boolean" }, date: { type: "string" } } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(help);
    return;
  }
  const day = values.date ?? new Date().toISOString().slice(0, 10);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) throw new Error(`--date ${day} is not a date; write it as in 2026-12-28`);
  const problems = problemsOn(day);
  console.log(tableOn(day));
  console.log(
    ["", ...(problems.length > 0 ? problems : ["The defaults are maintained and tested together."])].join("\n"),
  );
  if (values.check && problems.length > 0) process.exitCode = 1;
}

if (require.main === module) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
