import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parse, stringify } from "yaml";

/** A chart as `helm package` makes it. */
export interface ChartArchive {
  readonly name: string;
  readonly version: string;
  readonly content: Buffer;
}

interface ChartFile {
  readonly name: string;
  readonly version: string;
  readonly annotations: { readonly "lab/repository": string };
}

const ownCharts = join(__dirname, "charts");

/** The lab's own chart of a name, if there is one. */
function ownChart(name: string): ChartFile | undefined {
  const file = join(ownCharts, name, "Chart.yaml");
  return existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * The charts there are: archives in the directory that `LAB_CHARTS` names, and for every other chart the lab's own, which
 * stands in for it at whatever version is asked.
 */
export class ChartArchives {
  private readonly given: readonly string[];
  private readonly packed = new Map<string, ChartArchive>();

  /** @param directory where the lab's own charts are packed */
  constructor(
    private readonly directory: string,
    private readonly charts = process.env.LAB_CHARTS,
  ) {
    if (charts && !existsSync(charts)) {
      throw new Error(`LAB_CHARTS is "${charts}", which is no directory; write the directory of chart archives`);
    }
    this.given = charts ? readdirSync(charts).filter((file) => archiveName.test(file)) : [];
  }

  /** Makes the lab's own chart of this name ready, unless there is an archive of it. */
  offer(name: string, version?: string): void {
    const chart = ownChart(name);
    if (chart === undefined || this.given.some((file) => named(file).name === name)) return;
    const file = { ...chart, version: version ?? chart.version, appVersion: version ?? chart.version };
    const key = `${name}-${file.version}`;
    if (this.packed.has(key)) return;
    const folder = join(this.directory, key, name);
    mkdirSync(folder, { recursive: true });
    cpSync(join(ownCharts, name), folder, { recursive: true });
    writeFileSync(join(folder, "Chart.yaml"), stringify(file));
    const content = execFileSync("tar", ["-cz", name], { cwd: join(this.directory, key) });
    this.packed.set(key, { name, version: file.version, content });
  }

  /** What a repository has. Of a chart that the lab does not know nobody can say where it belongs: every repository has it. */
  in(repository: string): ChartArchive[] {
    const { charts = "" } = this;
    const here = repository.replace(/\/$/, "");
    const given = this.given.map((file) => ({ ...named(file), content: readFileSync(resolve(charts, file)) }));
    return [...given, ...this.packed.values()].filter(({ name }) => {
      const homes = ownChart(name)?.annotations["lab/repository"].split(" ");
      return homes === undefined || homes.includes(here);
    });
  }
}

const archiveName = /^(?<name>.+?)-(?<version>v?\d+\.\d+\.\d+.*)\.tgz$/;

function named(file: string): { name: string; version: string } {
  const { name = "", version = "" } = archiveName.exec(basename(file))?.groups ?? {};
  return { name, version };
}

export const digestOf = (content: Buffer | string): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;
