import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Addition } from "./addition";
import { sorted } from "./json";
import { block, code } from "./markdown";

/** Content of the files of charts in a stack's folder, by their paths in it. */
export type Charts = ReadonlyMap<string, string>;

/** The chart of the project's own: Kubernetes objects as they are given. */
const folder = join(__dirname, "../constructs/helm/charts/kubernetes-objects");

/** Files in a folder, by their paths there. */
export function filesIn(folder: string): Map<string, string> {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), readFileSync(path, "utf8")] as const;
      }),
  );
}

const own: Charts = filesIn(folder);

/** Whether a release is of a chart in the stack's own folder, which the page reads. */
export const isInStack = (chart: string | undefined): boolean => /^assets\/\w[\w-]*\/[0-9A-F]{32}$/.test(chart ?? "");

/** A chart is in a folder of its name and a hash. */
const isOwn = (path: string, content: string): boolean => own.get(path.split("/").slice(2).join("/")) === content;

/** Files of charts that are not as the project has them. */
export const chartAdditions = (charts: Charts): Addition[] =>
  sorted(charts.keys())
    .filter((path) => !isOwn(path, charts.get(path) ?? ""))
    .map((path) => ({
      title: `${code(`assets/${path}`)}, **not as this project has it**`,
      reasons: ["a part of a chart that is not the project's own"],
      content: block(charts.get(path) ?? "", "yaml"),
    }));
