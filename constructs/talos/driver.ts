import { type Field, isInvalid, listOf, required, string, unchecked, unionOf } from "../props/schema";
import { formatUnlessVariable, formatValue } from "../rules/format-value";
import type { Rule } from "../rules/rule";
import { type AmdDriver, amd } from "./amd-driver";
import { type IntelDriver, intel } from "./intel-driver";
import { type NvidiaDriver, nvidia, nvidiaDriver } from "./nvidia-driver";
import type { KernelDriver, VendorDriver } from "./vendor-driver";

/** NVIDIA's driver, as one of several. */
export interface NvidiaGpuDriver extends NvidiaDriver {
  /** NVIDIA. */
  readonly vendor: "nvidia";
}

/** A GPU driver in Talos. */
export type GpuDriver = NvidiaGpuDriver | AmdDriver | IntelDriver;

/** A vendor of GPUs that Talos has drivers for. */
export type GpuVendor = GpuDriver["vendor"];

type DriverOf<Vendor extends GpuVendor> = Extract<GpuDriver, { readonly vendor: Vendor }>;

/** Those whose driver is part of the kernel. */
export const kernelDrivers = { amd, intel } as const;
export type KernelVendor = keyof typeof kernelDrivers;
export const kernelVendors = Object.keys(kernelDrivers) as readonly KernelVendor[];

/** All vendors, each with the settings that Talos needs. Another vendor is one more record. */
export const vendorDrivers: { readonly [Vendor in GpuVendor]: VendorDriver<DriverOf<Vendor>> } = {
  nvidia,
  ...kernelDrivers,
};

export const gpuVendors = Object.keys(vendorDrivers) as readonly GpuVendor[];

/** The record of the driver's vendor. */
export const recordOf = (driver: GpuDriver): VendorDriver<GpuDriver> =>
  vendorDrivers[driver.vendor] as VendorDriver<GpuDriver>;

/** The same of a vendor whose driver is part of the kernel. */
export const kernelRecordOf = (vendor: KernelVendor): KernelDriver<GpuDriver> =>
  kernelDrivers[vendor] as KernelDriver<GpuDriver>;

/** What decides which extensions there are; no rule judges it once more where it is no scalar. */
const judged = <Value>(): Field<Value> => {
  const field = unchecked<Value>();
  const parse: Field<Value>["parse"] = (...from) => field.parse(...from) ?? (string.invalid() as Value);
  return { ...field, invalid: string.invalid as () => Value, parse };
};

const one: Field<GpuDriver> = unionOf<GpuDriver>(
  {
    vendor: required(unchecked()),
    kernelModules: judged(),
    branch: judged(),
    forceProbe: listOf(judged()),
  },
  "vendor",
);
const several = listOf(one);

/** One driver, or a list of several. */
export const schema: Field<GpuDriver | readonly GpuDriver[]> = {
  ...one,
  parse: (value, path, report) =>
    Array.isArray(value) ? several.parse(value, path, report) : one.parse(value, path, report),
};

/** The driver props of a Talos release. */
export interface WithDrivers {
  /**
   * The NVIDIA driver among its extensions, the same as `driver: { vendor: "nvidia", … }`.
   *
   * @default - none
   */
  readonly nvidia?: NvidiaDriver;

  /**
   * The GPU driver among its extensions: NVIDIA's, AMD's or Intel's, or a list of several.
   *
   * @default - none
   */
  readonly driver?: GpuDriver | readonly GpuDriver[];
}

/** The drivers, each with where it is written. */
export function placedDrivers({
  nvidia: own,
  driver,
}: WithDrivers): { readonly path: string; readonly driver: GpuDriver }[] {
  const all = Array.isArray(driver) ? (driver as readonly GpuDriver[]) : undefined;
  return [
    ...(own ? [{ path: "nvidia", driver: { vendor: "nvidia" as const, ...own } }] : []),
    ...(all ?? []).map((each, index) => ({ path: `driver[${index}]`, driver: each })),
    ...(driver && !all ? [{ path: "driver", driver: driver as GpuDriver }] : []),
  ];
}

/** The drivers of vendors that there are, each once; a rule tells of the others. */
export const driversOf = (given: WithDrivers): readonly GpuDriver[] =>
  placedDrivers(given)
    .map(({ driver }) => driver)
    .filter(
      (driver, index, all) =>
        gpuVendors.includes(driver.vendor) && all.findIndex((other) => isSame(other, driver)) === index,
    );

/** The NVIDIA driver among them; a rule tells what it lacks, and until then that is not in the way of other problems. */
export function nvidiaOf(given: WithDrivers): NvidiaDriver | undefined {
  const [first] = driversOf(given).flatMap((driver) => (driver.vendor === "nvidia" ? [driver] : []));
  return (
    given.nvidia ?? (first && { kernelModules: first.kernelModules ?? "open", branch: first.branch ?? "production" })
  );
}

/** The drivers as they are given, without one that is none. */
export const givenDrivers = (driver: WithDrivers["driver"]): WithDrivers["driver"] =>
  Array.isArray(driver) || (driver as GpuDriver | undefined)?.vendor !== undefined ? driver : undefined;

/** The system extensions of the drivers. */
export const extensionsOf = (drivers: readonly GpuDriver[]): string[] =>
  drivers.flatMap((driver) => recordOf(driver).extensions(driver));

/** The kernel arguments of the drivers. */
export const kernelArgsOf = (drivers: readonly GpuDriver[]): string[] =>
  drivers.flatMap((driver) => recordOf(driver).kernelArgs(driver));

/** Props that a driver of the vendor has. */
const propsOf: { readonly [Vendor in GpuVendor]: readonly (keyof DriverOf<Vendor>)[] } = {
  nvidia: ["vendor", "kernelModules", "branch"],
  amd: ["vendor"],
  intel: ["vendor", "kernelModules", "forceProbe"],
};

const quoted = gpuVendors.map(formatValue).join(" or ");

type Judged = WithDrivers & { readonly version: string };

const recordChecks = ({ version, ...given }: Judged, isOf: (vendor: GpuVendor) => boolean) =>
  placedDrivers(given).flatMap(({ path, driver }) =>
    gpuVendors.includes(driver.vendor) && isOf(driver.vendor) && !Object.values(driver).flat().some(isInvalid)
      ? recordOf(driver).checks(driver, path, version)
      : [],
  );

export const rules: readonly Rule<Judged>[] = [
  { ...nvidiaDriver, checks: (given) => recordChecks(given, (vendor) => vendor === "nvidia") },
  {
    id: "gpu-driver",
    requirement:
      "a GPU driver is of NVIDIA, AMD or Intel, with the props of that vendor, listed once, and available for the Talos version",
    reason: "the Image Factory knows no other, and two of one kind would be loaded for the same GPU",
    source: "https://github.com/siderolabs/extensions",
    checks: (given) => {
      const placed = placedDrivers(given);
      const ofShape = placed.flatMap(({ path, driver }, index) => {
        const { vendor } = driver;
        if (!gpuVendors.includes(vendor)) {
          const isMissing = vendor === undefined;
          return isMissing
            ? []
            : [{ condition: false, message: `${path}.vendor is ${formatUnlessVariable(vendor)}; write ${quoted}` }];
        }
        const known: readonly string[] = propsOf[vendor];
        const earlier = placed.slice(0, index).find((other) => isSame(other.driver, driver));
        return [
          ...Object.keys(driver)
            .filter((name) => !known.includes(name))
            .map((name) => ({
              condition: false,
              message: `${path}.${name} is not a prop of a driver of vendor ${formatValue(vendor)}, which has ${known.join(", ")}; leave it out`,
            })),
          {
            condition: earlier === undefined,
            message: `${path} is the driver that ${earlier?.path} is already; leave one of them out`,
          },
        ];
      });
      return [...ofShape, ...recordChecks(given, (vendor) => vendor !== "nvidia")];
    },
  },
];

/** Intel's two drivers go together. */
const isSame = (one: GpuDriver, other: GpuDriver): boolean =>
  one.vendor === other.vendor && (one.vendor !== "intel" || one.kernelModules === (other as IntelDriver).kernelModules);
