import { parseAllDocuments } from "yaml";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { type TalosMinor, talosMinors } from "../constructs/talos/version";
import { nodeIn, problemsOf, synthesizedJson, vmIn } from "./stacks";

/** What is known of a minor, written down a second time. A minor that is missing here does not compile. */
interface Known {
  readonly version: string;
  readonly kubernetes: readonly [min: number, max: number];
  readonly hostnameDocument: boolean;
  readonly nvidiaSysctl: boolean;
  readonly kernelArgsInInstall: boolean;
  /** The branches of NVIDIA's driver that know such GPUs. */
  readonly pascal: readonly string[];
  readonly blackwell: readonly string[];
}

const known: Readonly<Record<TalosMinor, Known>> = {
  "1.11": {
    version: "v1.11.6",
    kubernetes: [29, 34],
    hostnameDocument: false,
    nvidiaSysctl: true,
    kernelArgsInInstall: true,
    pascal: ["lts", "production"],
    blackwell: ["production"],
  },
  "1.12": {
    version: "v1.12.11",
    kubernetes: [30, 35],
    hostnameDocument: true,
    nvidiaSysctl: true,
    kernelArgsInInstall: false,
    pascal: ["lts", "production"],
    blackwell: ["lts", "production"],
  },
  "1.13": {
    version: "v1.13.9",
    kubernetes: [31, 36],
    hostnameDocument: true,
    nvidiaSysctl: false,
    kernelArgsInInstall: false,
    pascal: ["lts"],
    blackwell: ["lts", "production"],
  },
  "1.14": {
    version: "v1.14.1",
    kubernetes: [33, 37],
    hostnameDocument: true,
    nvidiaSysctl: false,
    kernelArgsInInstall: false,
    pascal: ["lts"],
    blackwell: ["lts", "production"],
  },
};

test("every supported minor is known here", () => {
  expect(Object.keys(known)).toEqual(talosMinors.map(({ minor }) => minor));
});

describe.each(Object.entries(known))("Talos %s", (_, { version, kubernetes, pascal, blackwell, ...is }) => {
  const talos = { version, nvidia: { kernelModules: "open", branch: "lts" } } as const;
  const patches = (): string[] =>
    synthesizedJson((stack) => void nodeIn(stack, { talos })).data[DataTalosMachineConfiguration.tfResourceType].node
      .config_patches;
  const documents = () => patches().flatMap((patch) => parseAllDocuments(patch).map((document) => document.toJS()));

  test(`takes the host name ${is.hostnameDocument ? "in a document of its own" : "in machine.network"}`, () => {
    const name = "talos-gpu";
    const asDocument = { apiVersion: "v1alpha1", kind: "HostnameConfig", hostname: name, auto: "off" };
    const inNetwork = { machine: { network: { hostname: name } } };
    expect(documents()).toContainEqual(is.hostnameDocument ? asDocument : inNetwork);
    expect(documents()).not.toContainEqual(is.hostnameDocument ? inNetwork : asDocument);
  });

  test(`${is.nvidiaSysctl ? "needs" : "does not need"} a sysctl for NVIDIA's driver`, () => {
    expect(JSON.stringify(documents()).includes("net.core.bpf_jit_harden")).toBe(is.nvidiaSysctl);
  });

  test(`${is.kernelArgsInInstall ? "takes" : "refuses"} kernel arguments in machine.install`, () => {
    const configPatches = [{ machine: { install: { extraKernelArgs: ["quiet"] } } }];
    expect(problemsOf((stack) => void nodeIn(stack, { talos, configPatches })).length).toBe(
      is.kernelArgsInInstall ? 0 : 1,
    );
  });

  test.each([
    ["Pascal", "10de:1b81", "proprietary", pascal],
    ["Blackwell", "10de:2b85", "open", blackwell],
  ] as const)("has drivers that know %s", (_, deviceId, kernelModules, knowing) => {
    const knows = (branch: "lts" | "production"): boolean => {
      const nvidia = { kernelModules, branch };
      const problems = problemsOf((stack) => {
        const gpus = [{ mapping: { name: "gpu", address: "01:00", deviceId } }];
        const machine = vmIn(stack, { gpus, initialization: { ipConfigs: [{ address: "192.168.1.50/24" }] } });
        nodeIn(stack, { machine, talos: { version, nvidia } });
      });
      expect(problems.every((problem) => problem.includes("[gpu-driver-generation]"))).toBe(true);
      return problems.length === 0;
    };
    expect((["lts", "production"] as const).filter(knows)).toEqual(knowing);
  });

  const [min, max] = kubernetes;
  test.each([
    [min - 1, false],
    [min, true],
    [max, true],
    [max + 1, false],
  ])("with Kubernetes 1.%i: supported is %s", (minor, supported) => {
    const problems = problemsOf((stack) => void nodeIn(stack, { talos, kubernetesVersion: `1.${minor}.0` }));
    expect(problems).toHaveLength(supported ? 0 : 1);
  });
});
