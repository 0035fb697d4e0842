import { Fn } from "cdktf";
import { checkedByRule, objectOf, required } from "../props/schema";
import { and, equal, isUnknown, not, oneOf } from "../rules/condition";
import { asFunctionArgument } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { asYaml } from "../terraform/document";
import { nvidiaId } from "./gpu-generation";
import type { VendorDriver } from "./vendor-driver";
import { byTalosMinor, hasMinor } from "./version";

/**
 * The NVIDIA driver that Talos runs.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu
 */
export interface NvidiaDriver {
  /** NVIDIA's open kernel modules, which GPUs of Blackwell and later need, or its proprietary ones. */
  readonly kernelModules: "open" | "proprietary";

  /** NVIDIA's release branch: long-term support, or production. */
  readonly branch: (typeof branches)[number];
}

export const schema = objectOf<NvidiaDriver>({
  kernelModules: required(checkedByRule("string")),
  branch: required(checkedByRule("string")),
});

/** System extensions with the kernel modules, of either branch. */
export const extensionOf = { open: "nvidia-open-gpu-kernel-modules", proprietary: "nonfree-kmod-nvidia" };

export const branches = ["lts", "production"] as const;

/** All system extensions of NVIDIA's driver, of which an image has those of one branch. */
export const allExtensions = [
  ...Object.values(extensionOf),
  "nvidia-container-toolkit",
  "nvidia-fabricmanager",
].flatMap((name) => branches.map((branch) => `siderolabs/${name}-${branch}`));

/** The pair of system extensions: driver and container toolkit are of one branch, or neither works. */
export function extensionsOf({ kernelModules, branch }: NvidiaDriver): string[] {
  const modules = isUnknown(kernelModules)
    ? Fn.lookup(extensionOf, asFunctionArgument(kernelModules))
    : extensionOf[kernelModules];
  return [`siderolabs/${modules}-${branch}`, `siderolabs/nvidia-container-toolkit-${branch}`];
}

/** Patch that loads the kernel modules. */
export const patch = (version: string): string =>
  byTalosMinor(version, ({ nvidiaSysctl }) =>
    asYaml({
      machine: {
        kernel: { modules: ["nvidia", "nvidia_uvm", "nvidia_drm", "nvidia_modeset"].map((name) => ({ name })) },
        ...(nvidiaSysctl && { sysctls: { "net.core.bpf_jit_harden": "1" } }),
      },
    }),
  );

/** Checks of what is written at the path. */
const checks = ({ kernelModules, branch }: NvidiaDriver, path: string, version: string) => [
  {
    condition: oneOf(kernelModules, Object.keys(extensionOf)),
    message: `${path}.kernelModules is ${formatValue(kernelModules)}; write "open" or "proprietary"`,
  },
  {
    condition: oneOf(branch, branches),
    message: `${path}.branch is ${formatValue(branch)}; write "lts" or "production"`,
  },
  ...branches.map((each) => ({
    condition: not(
      and(
        equal(kernelModules, "proprietary"),
        equal(branch, each),
        hasMinor(version, ({ nvidiaOpenOnly }) => nvidiaOpenOnly.includes(each)),
      ),
    ),
    message: `${path} asks for proprietary kernel modules of the branch ${formatValue(each)}, which Talos ${formatValue(version)} does not have; write kernelModules "open", or another branch`,
  })),
];

/** The settings that Talos needs for NVIDIA's driver, as for other vendors'. */
export const nvidia: VendorDriver<NvidiaDriver> = {
  title: "NVIDIA",
  vendorId: nvidiaId,
  example: 'nvidia: { kernelModules: "open", branch: "production" }',
  extensions: extensionsOf,
  kernelArgs: () => [],
  patch: (_, version) => patch(version),
  checks,
};

export const nvidiaDriver: Omit<Rule<unknown>, "checks"> = {
  id: "nvidia-driver",
  requirement: "an NVIDIA driver has open or proprietary kernel modules, and the branch lts or production",
  reason: "the Image Factory knows no other",
  source: talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu"),
};
