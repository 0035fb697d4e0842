import { parseAllDocuments } from "yaml";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import * as gpuDriver from "../constructs/gpu-driver";
import { enforce } from "../constructs/rules/rule";
import { type TalosMinor, talosMinors } from "../constructs/talos/version";
import { nodeIn, problemsOf, synthesizedJson, vmIn } from "./stacks";

/** What is known of a minor, written down a second time. A minor that is missing here does not compile. */
interface Known {
  readonly version: string;
  readonly kubernetes: readonly [least: number, most: number];
  readonly hostnameDocument: boolean;
  readonly nvidiaSysctl: boolean;
  readonly kernelArgsInInstall: boolean;
  /** Whether the production branch of NVIDIA's driver knows GPUs before Turing. */
  readonly productionKnowsPascal: boolean;
}

const known: Readonly<Record<TalosMinor, Known>> = {
  "1.11": {
    version: "v1.11.6",
    kubernetes: [29, 34],
    hostnameDocument: false,
    nvidiaSysctl: true,
    kernelArgsInInstall: true,
    productionKnowsPascal: true,
  },
  "1.12": {
    version: "v1.12.11",
    kubernetes: [30, 35],
    hostnameDocument: true,
    nvidiaSysctl: true,
    kernelArgsInInstall: false,
    productionKnowsPascal: true,
  },
  "1.13": {
    version: "v1.13.9",
    kubernetes: [31, 36],
    hostnameDocument: true,
    nvidiaSysctl: false,
    kernelArgsInInstall: false,
    productionKnowsPascal: false,
  },
  "1.14": {
    version: "v1.14.1",
    kubernetes: [33, 37],
    hostnameDocument: true,
    nvidiaSysctl: false,
    kernelArgsInInstall: false,
    productionKnowsPascal: false,
  },
};

test("every supported minor is known here", () => {
  expect(Object.keys(known)).toEqual(talosMinors.map(({ minor }) => minor));
});

describe.each(Object.entries(known))("Talos %s", (_, { version, kubernetes, ...is }) => {
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

  test(`has a driver for Pascal in ${is.productionKnowsPascal ? "both branches" : "one branch alone"}`, () => {
    const nvidia = { kernelModules: "proprietary", branch: "production" } as const;
    const problems = problemsOf((stack) => {
      const vm = vmIn(stack, { gpus: [{ mapping: { name: "gpu", address: "01:00", deviceId: "10de:1b81" } }] });
      enforce(vm, gpuDriver.rules, { talos: { version, nvidia }, vm });
    });
    expect(problems).toHaveLength(is.productionKnowsPascal ? 0 : 1);
  });

  const [least, most] = kubernetes;
  test.each([
    [least - 1, false],
    [least, true],
    [most, true],
    [most + 1, false],
  ])("with Kubernetes 1.%i: supported is %s", (minor, supported) => {
    const problems = problemsOf((stack) => void nodeIn(stack, { talos, kubernetesVersion: `1.${minor}.0` }));
    expect(problems).toHaveLength(supported ? 0 : 1);
  });
});
