/**
 * Prints what the project costs as ratios to named floors, which compare across machines. With `--check` it fails when a
 * ratio is over its budget.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { App } from "cdktf";
import { StrictApp } from "../synth/strict-app";
import { bare, type Cluster, constructs } from "./clusters";

interface Comparison {
  readonly project: number;
  readonly floor: number;
  readonly ratio: number;
}

let overBudget = 0;

heading("time of a run, in ms", "project", "floor");
const command = (...words: string[]) =>
  compare(
    () => run(words, "main.ts"),
    () => run(words, "scripts/empty-app.ts"),
    7,
    () => performance.now(),
  );
report("tsx main.ts, to an empty app", command("tsx"), 1.5);
report("cdktf synth, to an empty app", command("tsx", "scripts/cdktf.ts", "synth", "--app"), 1.15);

// As under the cdktf command line, an app does not print the files that it wrote.
process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
heading("processor time of a cluster, in ms", "project", "floor");
const ofCluster = (count: number, rounds: number) => {
  const all = compare(
    () => synth(StrictApp, constructs, count),
    () => synth(App, bare, count),
    rounds,
    processorTime,
  );
  const one = { ...all, project: all.project / count, floor: all.floor / count };
  report(`${count} with constructs, to bare bindings`, one, 1.5);
  return one;
};
ofCluster(1, 50);
ofCluster(10, 20);
const hundred = ofCluster(100, 7);
const thousand = ofCluster(1000, 3);

heading("growth of that from 100 to 1000", "project", "floor");
const growth = { project: thousand.project / hundred.project, floor: thousand.floor / hundred.floor };
report("with constructs, to bare bindings", { ...growth, ratio: growth.project / growth.floor }, 1.25);

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

/** Medians of several rounds, in which both take turns: what else the machine does falls on both alike. */
function compare(project: () => void, floor: () => void, rounds: number, clock: () => number): Comparison {
  const timed = (task: () => void) => {
    const start = clock();
    task();
    return clock() - start;
  };
  const warmUp = 1;
  const times = Array.from({ length: warmUp + rounds }, () => ({ project: timed(project), floor: timed(floor) }));
  const counted = times.slice(warmUp);
  return {
    project: median(counted.map((round) => round.project)),
    floor: median(counted.map((round) => round.floor)),
    ratio: median(counted.map((round) => round.project / round.floor)),
  };
}

function median(values: number[]) {
  return values.sort((one, other) => one - other)[values.length >> 1] as number;
}

/** Of this process, in ms: unlike the time of day, it leaves out most of what other programs take. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function run(words: readonly string[], app: string) {
  const viaCli = words.includes("synth");
  inTemporaryDirectory((outdir) => {
    const [program = "", ...rest] = [...words, viaCli ? `tsx ${app}` : app, ...(viaCli ? ["--output", outdir] : [])];
    const path = `${resolve("node_modules/.bin")}${delimiter}${process.env.PATH}`;
    const { status, stderr } = spawnSync(program, rest, {
      encoding: "utf8",
      env: { ...process.env, PATH: path, ...(!viaCli && { CDKTF_OUTDIR: outdir }) },
    });
    if (status !== 0) throw new Error(`${words.join(" ")} ${app} fails:\n${stderr}`);
  });
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
