/**
 * Prints what the project costs as ratios to named floors, which compare across machines. With `--check` it fails when a
 * ratio is over its budget.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { StrictApp } from "../synth/strict-app";
import { bare, type Cluster, constructs, ofNodes } from "./clusters";

interface Comparison {
  readonly project: number;
  readonly floor: number;
  readonly ratio: number;
}

/** For a row: its rounds are as many as this has room for, so that a busy machine takes no longer. */
const usual = 6;
/** For a row whose rounds take seconds each. */
const long = 24;

const node = [process.execPath, "--require", "./scripts/typescript.cjs"];

let overBudget = 0;

heading("time of a run, in ms", "project", "floor");
const main = "main.ts";
const empty = "scripts/empty-app.ts";
report("synth, to an empty app", compare(synthesis(main), synthesis(empty), wallTime), 1.2);
report("cdktf synth, to an empty app", compare(cliSynthesis(main), cliSynthesis(empty), wallTime, long), 1.1);

// As under the cdktf command line, an app does not print the files that it wrote.
process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
heading("processor time of a cluster, in ms", "project", "floor");
const ofCluster = (count: number) => {
  const all = compare(
    () => synth(StrictApp, constructs, count),
    () => synth(App, bare, count),
    processorTime,
  );
  const one = { ...all, project: all.project / count, floor: all.floor / count };
  report(`${count} with constructs, to bare bindings`, one, 1.3);
  return one;
};
ofCluster(1);
ofCluster(10);
const hundred = ofCluster(100);
const thousand = ofCluster(1000);

heading("growth of that from 100 to 1000", "project", "floor");
const growth = { project: thousand.project / hundred.project, floor: thousand.floor / hundred.floor };
report("with constructs, to bare bindings", { ...growth, ratio: growth.project / growth.floor }, 1.25);

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

if (process.argv.includes("--check") && overBudget > 0) process.exitCode = 1;

function heading(...[title, one, other]: string[]) {
  console.log(`\n${title?.padEnd(40)}${one?.padStart(9)}${other?.padStart(9)}    ratio   budget`);
}

function report(name: string, { project, floor, ratio }: Comparison, budget: number) {
  const isOver = ratio > budget;
  if (isOver) overBudget++;
  const times = [project, floor].map((each) => each.toFixed(each < 100 ? 2 : 0).padStart(9)).join("");
  const ratios = [ratio, budget].map((each) => each.toFixed(2).padStart(9)).join("");
  console.log(`${name.padEnd(40)}${times}${ratios}${isOver ? "  over" : ""}`);
}

/** Medians of rounds in which both take turns: what else the machine does falls on both alike. */
function compare(project: () => void, floor: () => void, clock: () => number, seconds = usual): Comparison {
  const timed = (task: () => void) => {
    const start = clock();
    task();
    return clock() - start;
  };
  const rounds: { project: number; floor: number }[] = [];
  const end = performance.now() + seconds * 1000;
  do rounds.push({ project: timed(project), floor: timed(floor) });
  while (performance.now() < end);
  return {
    project: median(rounds.map((round) => round.project)),
    floor: median(rounds.map((round) => round.floor)),
    ratio: median(rounds.map((round) => round.project / round.floor)),
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
function synthesis(app: string) {
  return () => inTemporaryDirectory((outdir) => run([...node, app], { CDKTF_OUTDIR: outdir }));
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
