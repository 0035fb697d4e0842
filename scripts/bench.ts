/**
 * Prints what the project costs as ratios to named baselines, which compare across machines. With `--check` it fails when a
 * ratio is over its budget.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { StrictApp } from "../synth/strict-app";
import { bare, type Cluster, constructs, ofNodes } from "./clusters";
import { commandArguments } from "./command-line";

const { values } = commandArguments({
  usage: `Usage: npm run bench [-- --check]

Prints what the project costs as ratios to named baselines: some two minutes.

  --check   fail if a ratio is over its budget`,
  options: { check: { type: "boolean" } },
});

interface Comparison {
  readonly project: number;
  readonly baseline: number;
  readonly ratio: number;
}

/** For a row: its rounds are as many as this has room for, so that a busy machine takes no longer. */
const usual = 6;
/** For a row whose rounds take seconds each. */
const long = 24;

const node = [process.execPath, "--require", "./scripts/typescript.cjs"];

let overBudget = 0;

heading("time of a run, in ms", "project", "baseline");
const main = "examples/default.ts";
const empty = "scripts/empty-app.ts";
inTemporaryDirectory((outdir) => {
  run([...node, main], { CDKTF_OUTDIR: outdir });
  const stack = join(outdir, "stacks/talos-gpu");
  const bareApp = synthesis("scripts/bare-app.ts", { BENCH_STACK: join(stack, "cdk.tf.json") });
  report("synth, to the bare bindings", compare(synthesis(main), bareApp, wallTime), 1.0);
  // Measured by a profile, too.
  console.log(`Of what it takes more: constructs 35 %, their code run for the first time; rules and expressions 18 %; YAML 15 %; finding,
reading and compiling 250 modules 21 %. The baseline loads 290 modules of cdktf that the project leaves out.`);
  const isReady = spawnSync("terraform", ["init", "-backend=false", "-input=false"], { cwd: stack }).status === 0;
  if (isReady) {
    const validate = () => run(["terraform", `-chdir=${stack}`, "validate"]);
    report("synth, to terraform validate of it", compare(synthesis(main), validate, wallTime, long), 0.4);
  } else console.log("synth, to terraform validate of it: left out, as terraform init finds no providers");
});
report("cdktf synth, to an empty app", compare(cliSynthesis(main), cliSynthesis(empty), wallTime, long), 1.1);

// As under the cdktf command line, an app does not print the files that it wrote.
process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
heading("processor time of a cluster, in ms", "project", "baseline");
const ofCluster = (count: number) => {
  const all = compare(
    () => synth(StrictApp, constructs, count),
    () => synth(App, bare, count),
    processorTime,
  );
  const one = { ...all, project: all.project / count, baseline: all.baseline / count };
  report(`${count} with constructs, to bare bindings`, one, 1.3);
  return one;
};
ofCluster(1);
ofCluster(10);
const hundred = ofCluster(100);
const thousand = ofCluster(1000);
// Measured by profiles of 300 clusters each.
console.log(`Of what constructs take more, files apart: cdktf 34 %, which resolves references in checks, twice; creating constructs
23 %; expressions 13 %; rules, props and values 12 %; YAML 11 %; the rest is changes to cdktf, and memory.`);

heading("growth of that from 100 to 1000", "project", "baseline");
const growth = { project: thousand.project / hundred.project, baseline: thousand.baseline / hundred.baseline };
report("with constructs, to bare bindings", { ...growth, ratio: growth.project / growth.baseline }, 1.25);

heading("processor time of 100 nodes, in ms", "one", "ten");
const ofTen = ofNodes(10);
const ofHundred = ofNodes(100);
report(
  "one cluster, to ten of ten nodes",
  compare(
    () => synth(StrictApp, ofHundred, 1),
    () => synth(StrictApp, ofTen, 10),
    processorTime,
  ),
  1.25,
);

if (values.check && overBudget > 0) process.exitCode = 1;

function heading(...[title, one, other]: string[]) {
  console.log(`\n${title?.padEnd(40)}${one?.padStart(9)}${other?.padStart(9)}    ratio   budget`);
}

function report(name: string, { project, baseline, ratio }: Comparison, budget: number) {
  const isOver = ratio > budget;
  if (isOver) overBudget++;
  const times = [project, baseline].map((each) => each.toFixed(each < 100 ? 2 : 0).padStart(9)).join("");
  const ratios = [ratio, budget].map((each) => each.toFixed(2).padStart(9)).join("");
  console.log(`${name.padEnd(40)}${times}${ratios}${isOver ? "  over" : ""}`);
}

/** Medians of rounds in which both take turns: what else the machine does falls on both alike. */
function compare(project: () => void, baseline: () => void, clock: () => number, seconds = usual): Comparison {
  const timed = (task: () => void) => {
    const start = clock();
    task();
    return clock() - start;
  };
  const rounds: { project: number; baseline: number }[] = [];
  const end = performance.now() + seconds * 1000;
  do rounds.push({ project: timed(project), baseline: timed(baseline) });
  while (performance.now() < end);
  return {
    project: median(rounds.map((round) => round.project)),
    baseline: median(rounds.map((round) => round.baseline)),
    ratio: median(rounds.map((round) => round.project / round.baseline)),
  };
}

/** Of an even number of values, what is between the two in the middle. */
function median(values: number[]): number {
  const sorted = values.sort((one, other) => one - other);
  const at = (index: number) => sorted[index >> 1] as number;
  return (at(sorted.length - 1) + at(sorted.length)) / 2;
}

function wallTime() {
  return performance.now();
}

/** Of this process, in ms: unlike the time of day, it leaves out most of what other programs take. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Runs an app. */
function synthesis(app: string, environment: NodeJS.ProcessEnv = {}) {
  return () => inTemporaryDirectory((outdir) => run([...node, app], { ...environment, CDKTF_OUTDIR: outdir }));
}

/** Runs an app under the command line of cdktf. */
function cliSynthesis(app: string) {
  const command = [...node, "scripts/cdktf.ts", "synth", "--app", [...node, app].join(" "), "--output"];
  return () => inTemporaryDirectory((outdir) => run([...command, outdir]));
}

function run([program = "", ...args]: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8", env: { ...process.env, ...environment } });
  if (status !== 0) throw new Error(`${[program, ...args].join(" ")} fails:\n${stderr}`);
}

function synth(AppClass: typeof App, cluster: Cluster, count: number) {
  inTemporaryDirectory((outdir) => {
    const app = new AppClass({ outdir, stackTraces: false });
    for (let index = 0; index < count; index++) cluster(app, index);
    app.synth();
  });
}

function inTemporaryDirectory(task: (directory: string) => void) {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    task(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
