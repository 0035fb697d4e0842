import { and, type Condition, isUnknown, matches, not, oneOf, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { type Check, ifSet, type Rule } from "../rules/rule";
import { talosDocs } from "../rules/source";
import { nvidiaOf, type WithDrivers } from "./driver";
import * as nvidia from "./nvidia-driver";
import { hasMinor, type TalosMinor, talosMinors } from "./version";

/**
 * Names of the Image Factory's system extensions, by the Talos minor version that they came with, without NVIDIA's driver. None of
 * them has gone since; one that comes is added here.
 *
 * @see https://github.com/siderolabs/extensions
 */
const since: Readonly<Record<TalosMinor, string>> = {
  "1.11": `
    amazon-ena amd-ucode amdgpu binfmt-misc bnx2-bnx2x btrfs chelsio-drivers chelsio-firmware cloudflared crun
    ctr drbd dvb-cx23885 dvb-m88ds3103 ecr-credential-provider fuse3 gasket-driver glibc gvisor gvisor-debug
    hailort hello-world-service i915 intel-ice-firmware intel-ucode iscsi-tools kata-containers lldpd mdadm
    mei metal-agent nebula newt nfsd nfsrahead nut-client nvme-cli panfrost qemu-guest-agent qlogic-firmware
    realtek-firmware revpi-firmware spin stargz-snapshotter tailscale tenstorrent thunderbolt uinput
    usb-modem-drivers util-linux-tools v4l-uvc-drivers vc4 vmtoolsd-guest-agent wasmedge xdma-driver
    xen-guest-agent youki zerotier zfs`,
  "1.12": `
    bird2 gpio-pinctrl mellanox-mstflint multipath-tools netbird nfs-utils nvidia-gdrdrv-device
    soci-snapshotter trident-iscsi-tools usb-audio-drivers xe`,
  "1.13": "intel-npu joydev px-fuse rockchip-rknn uhid",
  "1.14": "harbor-credential-provider hyperv-guest-agent kata-containers-snp",
};

const owner = "siderolabs/";

const newIn = (minor: TalosMinor): string[] => (since[minor]?.match(/\S+/g) ?? []).map((name) => `${owner}${name}`);

/** The names of all extensions of a minor. */
const namesOf = (minor: TalosMinor): string[] => [
  ...nvidia.allExtensions,
  ...talosMinors
    .slice(0, talosMinors.findIndex((each) => each.minor === minor) + 1)
    .flatMap((each) => newIn(each.minor)),
];

const allNames = namesOf(talosMinors[talosMinors.length - 1]?.minor as TalosMinor);

interface Extensions extends WithDrivers {
  readonly version: string;
  readonly extensions?: readonly string[];
  readonly factory?: string;
}

export const rules: readonly Rule<Extensions>[] = [
  {
    id: "extension-name",
    requirement:
      "a system extension exists in the Image Factory for the Talos version, and is written with its prefix, such as siderolabs/",
    reason: "the factory refuses names that it does not know, when the image is created",
    source: "https://github.com/siderolabs/extensions",
    checks: ({ extensions = [], version, factory }) =>
      extensions.flatMap((extension, index): Check[] => {
        const isName = matches(extension, /^[a-z0-9-]+[/][a-z0-9-]+$/);
        const where = `extensions[${index}] ${formatValue(extension)}`;
        // A factory of one's own has extensions of its own.
        if (isName === false || factory !== undefined) {
          return [
            {
              condition: isName,
              message: `${where} is not the name of an extension; write it as in "siderolabs/iscsi-tools"`,
            },
          ];
        }
        const message = `${where} is not an extension of Talos ${formatValue(version)}; ${adviceOn(extension)}`;
        return extensionConditions(version, extension).map((condition) => ({ condition, message }));
      }),
  },
  {
    id: "nvidia-extensions",
    requirement: "an image has one kind of NVIDIA's kernel modules, and all of NVIDIA's extensions of one branch",
    reason: "the two kinds exclude each other, and the tools of one branch do not find the modules of the other",
    source: talosDocs("configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu"),
    checks: ({ extensions, ...drivers }) =>
      ifSet(extensions, (extensions) => {
        const driver = nvidiaOf(drivers);
        const all = [...new Set([...(driver ? nvidia.extensionsOf(driver) : []), ...extensions])];
        const ofNvidia = all.filter((each) => isUnknown(each) || nvidia.allExtensions.includes(each));
        const has = (part: string): Condition => or(...ofNvidia.map((each) => matches(each, new RegExp(part))));
        const these = ofNvidia.map(formatValue).join(", ");
        return [
          {
            condition: not(and(has(nvidia.extensionOf.open), has(nvidia.extensionOf.proprietary))),
            message: `the image has both kinds of NVIDIA's kernel modules among ${these}; leave one of them out`,
          },
          {
            condition: not(and(has("-lts"), has("-production"))),
            message: `the image has extensions of both of NVIDIA's branches, ${these}; write all of them with -lts, or all with -production`,
          },
        ];
      }),
  },
];

/** Names by their first letter: a condition with those of one range can be read in a review. */
const ranges: readonly RegExp[] = [/^siderolabs[/][h-m]/, /^siderolabs[/][n-r]/, /^siderolabs[/][s-z]/];

/** Hold together if it is an extension of the version. Of a wrong one, one does not. */
function extensionConditions(version: string, extension: string): Condition[] {
  // Another rule judges a version that is not supported.
  if (hasMinor(version, () => true) === false) return [true];
  const known = talosMinors.find(({ minor }) => hasMinor(version, (each) => each.minor === minor) === true);
  const names = known ? namesOf(known.minor) : allNames;
  const isFirst = not(or(...ranges.map((range) => matches(extension, range))));
  const first = names.filter((name) => !ranges.some((range) => range.test(name)));
  return [
    or(not(isFirst), oneOf(extension, first)),
    ...ranges.map((range) =>
      or(
        not(matches(extension, range)),
        oneOf(
          extension,
          names.filter((name) => range.test(name)),
        ),
      ),
    ),
    ...(known ? [] : talosMinors.map(({ minor }, index) => isSinceThen(version, extension, minor, index))),
  ];
}

/** Whether the version is late enough for the extension, if that came with the minor version. */
const isSinceThen = (version: string, extension: string, minor: TalosMinor, index: number): Condition =>
  index === 0 ||
  or(
    hasMinor(version, (each) => talosMinors.indexOf(each) >= index),
    not(oneOf(extension, newIn(minor))),
  );

function adviceOn(extension: string): string {
  const minor = isUnknown(extension) ? undefined : talosMinors.find(({ minor }) => namesOf(minor).includes(extension));
  if (minor) return `it came with Talos ${minor.minor}`;
  const alike = allNames.map((name) => ({ name, length: commonStart(name, extension) }));
  const longest = Math.max(...alike.map(({ length }) => length));
  const closest = alike.filter(({ length }) => length === longest).map(({ name }) => formatValue(name));
  const where = "the names are at https://github.com/siderolabs/extensions";
  return longest < owner.length + 3 || closest.length > 4 ? where : `write ${closest.join(" or ")}`;
}

const commonStart = (one: string, other: string): number =>
  [...one].findIndex((letter, index) => letter !== other[index]) + 1 || one.length + 1;
