import { Fn, Token } from "cdktf";
import { and, type Condition, isUnknown, matches, or, versionNumber } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { lives } from "../versions/lives";
import { nextTalosLife, nextTalosMinor, supportsNextTalos } from "../versions/next-talos";

export const defaultTalosVersion = `v${lives.talos["1.14"].newest}` as const;

/** What depends on the minor version of Talos. */
interface MinorVersion {
  readonly minor: string;
  /** First and last supported minor version of Kubernetes 1. */
  readonly kubernetes: readonly [min: number, max: number];
  readonly defaultKubernetes: string;
  /** The host name is a document of its own, and no longer part of `machine.network`. */
  readonly hostnameDocument: boolean;
  /** Mirrors of registries are documents of their own, and no longer part of `machine.registries`. */
  readonly registryDocuments: boolean;
  /** Kernel arguments are part of the image, and no longer of `machine.install`. */
  readonly kernelArgsInImage: boolean;
  /** The NVIDIA driver needs the sysctl net.core.bpf_jit_harden. */
  readonly nvidiaSysctl: boolean;
  /** The NVIDIA driver of each branch, by its first number: https://github.com/siderolabs/extensions */
  readonly nvidiaDriver: { readonly lts: number; readonly production: number };
  /** Branches of NVIDIA's driver of which there are the open kernel modules alone. */
  readonly nvidiaOpenOnly: readonly ("lts" | "production")[];
  /** The container runtime has the handler `nvidia`; without it, devices are injected by NRI. */
  readonly nvidiaHandler: boolean;
  /** Its kernel is 7.2 or later, on which older agents of Cilium end: https://github.com/cilium/cilium/issues/48016 */
  readonly kernel72: boolean;
}

/** What the released ones have in common. */
const sinceEver = { nvidiaOpenOnly: [], nvidiaHandler: true, kernel72: false } as const;

const released = [
  {
    minor: "1.11",
    kubernetes: lives.talos["1.11"].kubernetes,
    defaultKubernetes: lives.kubernetes["1.34"].newest,
    hostnameDocument: false,
    registryDocuments: false,
    kernelArgsInImage: false,
    nvidiaSysctl: true,
    nvidiaDriver: { lts: 535, production: 570 },
  },
  {
    minor: "1.12",
    kubernetes: lives.talos["1.12"].kubernetes,
    defaultKubernetes: lives.kubernetes["1.35"].newest,
    hostnameDocument: true,
    registryDocuments: true,
    kernelArgsInImage: true,
    nvidiaSysctl: true,
    nvidiaDriver: { lts: 580, production: 570 },
  },
  {
    minor: "1.13",
    kubernetes: lives.talos["1.13"].kubernetes,
    defaultKubernetes: lives.kubernetes["1.35"].newest,
    hostnameDocument: true,
    registryDocuments: true,
    kernelArgsInImage: true,
    nvidiaSysctl: false,
    nvidiaDriver: { lts: 580, production: 595 },
  },
  {
    minor: "1.14",
    kubernetes: lives.talos["1.14"].kubernetes,
    defaultKubernetes: lives.kubernetes["1.35"].newest,
    hostnameDocument: true,
    registryDocuments: true,
    kernelArgsInImage: true,
    nvidiaSysctl: false,
    nvidiaDriver: { lts: 580, production: 595 },
  },
] as const satisfies readonly Omit<MinorVersion, keyof typeof sinceEver>[];

/** A supported minor version of Talos. */
export type TalosMinor = (typeof released)[number]["minor"];

type SupportedMinor = MinorVersion & { readonly minor: TalosMinor };

/** What the betas of the next minor version have. There is a third branch, new-feature: 615, open only. */
const next: SupportedMinor = {
  // No list by minor version has to know it before it is released.
  minor: nextTalosMinor as string as TalosMinor,
  kubernetes: nextTalosLife.kubernetes ?? [0, 0],
  defaultKubernetes: lives.kubernetes["1.36"].newest,
  hostnameDocument: true,
  registryDocuments: true,
  kernelArgsInImage: true,
  nvidiaSysctl: false,
  nvidiaDriver: { lts: 620, production: 595 },
  nvidiaOpenOnly: ["lts"],
  nvidiaHandler: false,
  kernel72: true,
};

/**
 * The supported minor versions, oldest first. Whatever else depends on them does not compile, or fails its test, until a new one
 * is there too. Their dates are in `versions/lives.ts`.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/getting-started/support-matrix
 */
export const talosMinors: readonly SupportedMinor[] = [
  ...released.map((minor) => ({ ...sinceEver, ...minor })),
  ...(supportsNextTalos ? [next] : []),
];

const minorPattern = /1[.][0-9]+/;
const newest = talosMinors[talosMinors.length - 1] as SupportedMinor;

const minorOf = (version: string) => {
  const minor = minorPattern.exec(version)?.[0];
  return talosMinors.find((each) => each.minor === minor) ?? newest;
};

/** What depends on the minor version of `defaultTalosVersion`. */
export const defaultTalosMinor = minorOf(defaultTalosVersion);

/** What `choose` says of the version's minor; Terraform looks it up where only Terraform knows the version. */
export function byTalosMinor(version: string, choose: (minor: SupportedMinor) => string): string {
  if (isUnknown(version)) {
    const choices = talosMinors.map((each) => choose(each));
    if (choices.every((choice) => choice === choices[0])) return choices[0] as string;
    const byMinor = Object.fromEntries(
      talosMinors.map(({ minor }, index) => [minor, asFunctionArgument(choices[index])]),
    );
    return Token.asString(Fn.lookup(byMinor, Fn.regex(minorPattern.source, asFunctionArgument(version))));
  }
  return choose(minorOf(version ?? ""));
}

/** Whether the version is of a minor with the property. */
export const hasMinor = (version: string, property: (minor: SupportedMinor) => boolean): Condition =>
  or(
    ...talosMinors
      .filter(property)
      .map(({ minor }) => matches(version, new RegExp(`^v?${minor.replace(".", "[.]")}([.]|$)`))),
  );

const supportedMinors = talosMinors.map(({ minor }) => minor).join(", ");

export const rules: readonly Rule<{ readonly version: string; readonly path: string }>[] = [
  {
    id: "talos-version-supported",
    requirement: `a Talos version is complete, such as ${defaultTalosVersion}, and of a minor version among ${supportedMinors}`,
    reason: "the machine configuration differs between minor versions, and a node refuses that of another one",
    source: talosDocs("getting-started/support-matrix"),
    checks: ({ version, path }) => [{ condition: isSupported(version), message: unsupportedMessage(path, version) }],
  },
];

/** Whether the version is complete, and of a supported minor version. */
export const isSupported = (version: string): Condition =>
  and(
    matches(version, new RegExp(`^v1[.]${versionNumber}[.]${versionNumber}(-[a-z]+[.]${versionNumber})?$`)),
    hasMinor(version, () => true),
  );

const unsupportedMessage = (path: string, version: string): string =>
  !isUnknown(version) && isSupported(`v${version}`) === true
    ? `${path} ${formatValue(version)} lacks the "v" that versions of Talos begin with; write ${formatValue(`v${version}`)}`
    : `${path} ${formatValue(version)} is not a supported version of Talos; write one of ${supportedMinors} in full, such as "${defaultTalosVersion}"`;
