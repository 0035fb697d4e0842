import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NvidiaInstall, StrictApp, TalosGpuCluster } from "../constructs";
import { ciliumMinors } from "../constructs/cilium/version";
import { allMethods } from "../constructs/gpu/vendors";
import { chart as localChart } from "../constructs/storage/local-storage";
import { name as csiChart } from "../constructs/storage/proxmox-csi";
import { defaultKubernetesVersion } from "../constructs/talos/kubernetes-version";
import { talosMinors } from "../constructs/talos/version";
import type { Life } from "../constructs/versions/life";
import { lives } from "../constructs/versions/lives";
import { hasEnded, isTestedWith, lifeOf, shortcomingsOn } from "../constructs/versions/verdict";
import { problemsOn, tableOn } from "../scripts/versions";
import { ciliumIn, nodeIn, outcomeOf, warningsOf } from "./stacks";

/** What the makers say, written down a second time: the day of the end, and the tested minor versions of Kubernetes. */
const talos = {
  "v1.11.6": { ends: "2025-12-22", supports: [29, 30, 31, 32, 33, 34] },
  "v1.12.12": { ends: "2026-04-27", supports: [30, 31, 32, 33, 34, 35] },
  "v1.13.12": { ends: "2026-09-03", supports: [31, 32, 33, 34, 35, 36] },
  "v1.14.7": { ends: "2026-12-27", supports: [33, 34, 35, 36, 37] },
};
const cilium = {
  "1.18.14": [30, 31, 32, 33],
  "1.19.8": [32, 33, 34, 35],
  "1.20.3": [33, 34, 35, 36],
};
/** https://kubernetes.io/releases/, and data/releases/eol.yaml of its website. */
const ended = {
  "1.29": "2025-02-28",
  "1.30": "2025-07-15",
  "1.31": "2025-11-11",
  "1.32": "2026-02-28",
  "1.33": "2026-06-28",
};
/** https://docs.nvidia.com/datacenter/tesla/drivers/: a month each. For 570 no page was found. */
const drivers = { "535": "2026-06", "570": "2026-02", "580": "2028-06", "595": "2027-03" };
const kubernetes = { "1.34.13": "2026-10-27", "1.35.10": "2027-02-28", "1.36.6": "2027-06-28", "1.37.2": "2027-10-28" };

test("the newest releases are those that the makers list", () => {
  expect(Object.values(lives.talos).map(({ newest }) => `v${newest}`)).toEqual(Object.keys(talos));
  expect(Object.values(lives.cilium).map(({ newest }) => newest)).toEqual(Object.keys(cilium));
  expect(Object.values(lives.kubernetes).map(({ newest }) => newest)).toEqual(
    expect.arrayContaining(Object.keys(kubernetes)),
  );
});

test("the days of the ends are those that the makers name; what lies ahead is planned, what they do not name is inferred", () => {
  const ends = (all: Readonly<Record<string, Life>>) =>
    Object.entries(all).map(([name, life]) => [name, life.ends?.on]);
  const current = Object.entries(kubernetes).map(([version, end]) => [version.slice(0, 4), end]);
  expect(ends(lives.kubernetes)).toEqual([...Object.entries(ended), ...current]);
  expect(ends(lives.driver).map(([name, on]) => [name, on?.slice(0, 7)])).toEqual(Object.entries(drivers));
  const all = Object.values<Readonly<Record<string, Life>>>(lives).flatMap((each) => Object.values(each));
  // The day on which the table was written.
  expect(all.filter(({ ends }) => ends && ends.on > "2026-11-30" !== (ends.planned ?? false))).toEqual([]);
  expect(all.flatMap(({ newest, ends }) => (ends?.inferred ? [newest] : []))).toEqual(["570.211", "8.4"]);
});

test("every chart that the constructs install has a life, and none has that they do not install", () => {
  const charts = [...allMethods.map(({ chart }) => chart), localChart, csiChart];
  expect(Object.keys(lives.chart).sort()).toEqual(charts.sort());
});

test("every supported minor version has a life, and no other has", () => {
  expect(Object.keys(lives.talos)).toEqual(talosMinors.map(({ minor }) => minor));
  expect(Object.keys(lives.cilium)).toEqual(Object.keys(ciliumMinors));
  const used = talosMinors.flatMap(({ kubernetes: [min, max] }) => [`1.${min}`, `1.${max}`]);
  expect(used.filter((minor) => !Object.hasOwn(lives.kubernetes, minor))).toEqual([]);
});

const combinations = Object.entries(talos).flatMap(([talosVersion, { ends, supports }]) =>
  Object.entries(cilium).flatMap(([ciliumVersion, tested]) =>
    Object.entries(kubernetes).map(([kubernetesVersion, end]) => {
      const minor = Number(kubernetesVersion.split(".")[1]);
      const isRefused = !supports.includes(minor);
      return { talosVersion, ciliumVersion, kubernetesVersion, isRefused, isTested: tested.includes(minor), ends, end };
    }),
  ),
);

test.each(combinations)(
  "Talos $talosVersion, Cilium $ciliumVersion and Kubernetes $kubernetesVersion have their makers' verdict",
  ({ talosVersion, ciliumVersion, kubernetesVersion, isRefused, isTested, ends, end }) => {
    const outcome = outcomeOf((stack) => {
      ciliumIn(stack, { version: ciliumVersion }, { talos: { version: talosVersion }, kubernetesVersion });
    });
    const ids = (messages: readonly string[]) => messages.map((message) => /\[([a-z-]+)\]$/.exec(message)?.[1]);
    expect(ids(outcome.problems())).toEqual(isRefused ? ["kubernetes-version-supported"] : []);
    expect(ids(outcome.warnings())).toEqual(isTested ? [] : ["versions-tested-together"]);
    expect(outcome.laterWarnings().map((message) => message.slice(0, 10))).toEqual([ends, end]);
    // What the review page says on the day of the table.
    const cilium = shortcomingsOn("2026-11-30", { program: "cilium", version: ciliumVersion, kubernetesVersion });
    expect(cilium).toEqual(isTested ? [] : [expect.stringMatching(/^works, untested together: /)]);
    const talosIs = shortcomingsOn("2026-11-30", { program: "talos", version: talosVersion, kubernetesVersion });
    expect(talosIs.map((each) => each.split(/ since |: /)[0])).toEqual([
      ...(ends < "2026-11-30" ? ["no longer maintained"] : []),
      ...(isRefused ? ["works, untested together"] : []),
    ]);
  },
);

test("the lab runs a Kubernetes of the default's minor version", () => {
  const [, major, minor] =
    /kubernetesVersion = "(\d+)[.](\d+)[.]\d+"/.exec(readFileSync(join(__dirname, "../lab/build.ts"), "utf8")) ?? [];
  expect(defaultKubernetesVersion).toMatch(new RegExp(`^${major}[.]${minor}[.]`));
});

test("the changelog has the version of package.json as its newest release, and each says what git pull does", () => {
  const root = join(__dirname, "..");
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const [unreleased, ...releases] = read("CHANGELOG.md").split(/^## /m).slice(1);
  expect(unreleased).toMatch(/^Unreleased\n/);
  const { version } = JSON.parse(read("package.json"));
  expect(releases[0]).toMatch(new RegExp(`^${version.replaceAll(".", "[.]")} - \\d{4}-\\d{2}-\\d{2}\\n`));
  for (const release of releases) expect(release).toContain("### What `git pull` does to a running cluster\n");
});

test.each([
  ["gpu-operator", "1.32.13", true],
  ["gpu-operator", "1.33.13", false],
  ["device-plugin", "1.32.13", false],
] as const)("NVIDIA's %s with Kubernetes %s: a warning is %s", (method, kubernetesVersion, isWarned) => {
  const warnings = warningsOf((stack) => {
    const talos = { version: "v1.13.12", nvidia: { kernelModules: "open", branch: "production" } } as const;
    new NvidiaInstall(stack, "nvidia", { node: nodeIn(stack, { talos, kubernetesVersion }), method });
  });
  const words = 'version "v26.7.0" is tested with Kubernetes 1.33 to 1.37, and the node runs "1.32.13"';
  expect(warnings.filter((each) => each.includes(words))).toHaveLength(isWarned ? 1 : 0);
});

test("a minor version is maintained until the end of its last day", () => {
  const life = lives.talos["1.14"];
  expect([hasEnded(life, "2026-12-27"), hasEnded(life, "2026-12-28")]).toEqual([false, true]);
  expect(hasEnded(lives.cilium["1.20"], "2099-01-01")).toBe(false);
  expect(lifeOf("talos", "v1.99.0")).toBeUndefined();
  expect(isTestedWith(lives.cilium["1.19"], "v1.36.6")).toBe(false);
  expect(isTestedWith(lives.kubernetes["1.35"], "1.35.10")).toBeUndefined();
});

describe("npm run versions", () => {
  test("prints each version with what is to be said of it on a day", () => {
    expect(tableOn("2026-12-28")).toMatch(
      /^Talos 1[.]14 +1[.]14[.]7 .*no longer maintained since 2026-12-27 \(planned\)$/m,
    );
    expect(tableOn("2026-12-27")).toMatch(/^Talos 1[.]14 +1[.]14[.]7 .*maintained until 2026-12-27 \(planned\)$/m);
  });

  test("finds nothing wrong with the defaults on the day of their release", () => {
    expect(problemsOn("2026-11-30")).toEqual([]);
  });

  test("names what is no longer maintained, what to move to, and what is not tested together", () => {
    expect(problemsOn("2026-11-30", { talos: "v1.12.12", kubernetes: "1.36.6", cilium: "1.19.8" })).toEqual([
      "Talos v1.12.12: no longer maintained since 2026-04-27; move to 1.13.12, then 1.14.7",
      "Talos v1.12.12: works, untested together: its makers test it with Kubernetes 1.30 to 1.35; move to Talos 1.13.12, then 1.14.7",
      "Cilium 1.19.8: works, untested together: its makers test it with Kubernetes 1.32 to 1.35; move to Cilium 1.20.3",
    ]);
  });

  test("judges the version of Kubernetes of the default Talos", () => {
    expect(problemsOn("2027-03-01")).toContainEqual(
      expect.stringContaining(`Kubernetes ${defaultKubernetesVersion}: no longer maintained`),
    );
  });
});

describe("a stack", () => {
  const outdir = mkdtempSync(join(tmpdir(), "maintained-"));
  const said = jest.spyOn(console, "error").mockImplementation(() => {});
  jest.spyOn(console, "log").mockImplementation(() => {});
  afterEach(() => {
    jest.useRealTimers();
    said.mockClear();
  });
  afterAll(() => {
    jest.restoreAllMocks();
    rmSync(outdir, { recursive: true });
  });

  /** All files of a synthesis on a day, and what was said. */
  function synthesizedOn(day: string) {
    jest.useFakeTimers().setSystemTime(new Date(`${day}T12:00:00Z`));
    const app = new StrictApp({ outdir });
    new TalosGpuCluster(app, "gpu", {
      proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
      talos: { version: "v1.14.7" },
      vm: {
        name: "gpu",
        node: "pve",
        gpus: [{ address: "01:00" }],
        initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] },
      },
      cluster: { clusterName: "gpu" },
    });
    app.synth();
    const files = readdirSync(outdir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    return {
      bytes: files.map((file) => [file, readFileSync(file, "utf8")]),
      warnings: said.mock.calls.map(([message]) => String(message)).filter((message) => message.includes("maintained")),
    };
  }

  test("is the same on every day, and the day alone decides what is said of its versions", () => {
    const before = synthesizedOn("2026-12-27");
    said.mockClear();
    const after = synthesizedOn("2027-03-01");
    expect(after.bytes).toEqual(before.bytes);
    expect(before.warnings).toEqual([]);
    expect(after.warnings).toEqual([
      expect.stringMatching(/^Warning: \[gpu\/.*\] .*Talos version "v1[.]14[.]7" is no longer maintained/),
      expect.stringMatching(/^Warning: \[gpu\/.*\] .*kubernetesVersion "1[.]35[.]10" is no longer maintained/),
    ]);
  });
});
