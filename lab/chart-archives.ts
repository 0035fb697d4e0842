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

/**
 * The charts there are: archives in the directory that `LAB_CHARTS` names, and for every other chart the lab's own, which
 * stands in for it at whatever version is asked.
 */
export class ChartArchives {
  private readonly given: readonly string[];
  private readonly packed = new Map<string, ChartArchive & { readonly repository: string }>();

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
    const source = join(ownCharts, name, "Chart.yaml");
    if (this.given.some((file) => named(file).name === name) || !existsSync(source)) return;
    const chart: ChartFile = parse(readFileSync(source, "utf8"));
    const file = { ...chart, version: version ?? chart.version, appVersion: version ?? chart.version };
    const key = `${name}-${file.version}`;
    if (this.packed.has(key)) return;
    const folder = join(this.directory, key, name);
    mkdirSync(folder, { recursive: true });
    cpSync(join(ownCharts, name), folder, { recursive: true });
    writeFileSync(join(folder, "Chart.yaml"), stringify(file));
    const content = execFileSync("tar", ["-cz", name], { cwd: join(this.directory, key) });
    this.packed.set(key, {
      name,
      version: file.version,
      content,
      repository: chart.annotations["lab/repository"],
    });
  }

  /** What a repository has. The given archives do not say where they come from: every repository has them. */
  in(repository: string): ChartArchive[] {
    const { charts = "" } = this;
    return [
      ...this.given.map((file) => ({ ...named(file), content: readFileSync(resolve(charts, file)) })),
      ...[...this.packed.values()].filter((chart) => chart.repository === repository.replace(/\/$/, "")),
    ];
  }
}

const archiveName = /^(?<name>.+?)-(?<version>v?\d+\.\d+\.\d+.*)\.tgz$/;

function named(file: string): { name: string; version: string } {
  const { name = "", version = "" } = archiveName.exec(basename(file))?.groups ?? {};
  return { name, version };
}

export const digestOf = (content: Buffer | string): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;
