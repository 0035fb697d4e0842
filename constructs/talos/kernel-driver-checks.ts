import { and, isUnknown, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check } from "../rules/rule";
import { type GpuDriver, type GpuVendor, type KernelVendor, kernelRecordOf } from "./driver";
import { isOf } from "./gpu-generation";
import type { TalosMachineDevice } from "./machine";
import type { NvidiaDriver } from "./nvidia-driver";

/** The devices of a machine, and the Talos that runs on it. */
export interface Driven {
  readonly devices: readonly TalosMachineDevice[];
  readonly version: string;
  readonly nvidia?: NvidiaDriver;
  readonly drivers?: readonly GpuDriver[];
  /** Where the props describe that Talos. */
  readonly path: string;
}

/** Drivers of the vendor among those of the Talos. */
export const ofVendor = (drivers: readonly GpuDriver[], vendor: GpuVendor) =>
  drivers.filter((driver) => driver.vendor === vendor);

/** Whether the drivers of a vendor whose driver is part of the kernel know the GPUs of the machine. */
export const kernelChecks = ({ devices, drivers = [], path }: Driven, vendor: KernelVendor): Check[] => {
  const { title, vendorId, generations, knows, driverFor } = kernelRecordOf(vendor);
  const own = ofVendor(drivers, vendor);
  if (own.length === 0) return [];
  return devices.flatMap((device) =>
    generations.map((generation) => {
      const fitting = driverFor(generation, "", device.isVirtualFunction);
      const advice = fitting
        ? `write ${path}.driver: ${written(fitting)}`
        : "Talos has no driver for it; choose another GPU";
      return {
        condition: not(
          device.isSuch((id) =>
            and(isOf(id, [generation], vendorId), not(or(...own.map((driver) => knows(driver, generation, id))))),
          ),
        ),
        message: `${device.path} is ${device.description} of ${title}, of ${generation.name}, which the driver ${own.map(written).join(" and ")} does not know; ${advice}`,
      };
    }),
  );
};

/** A driver as it is written in the props. */
const written = (driver: GpuDriver): string =>
  `{ ${Object.entries(driver)
    .map(([name, value]) => `${name}: ${formatValue(value)}`)
    .join(", ")} }`;

/** A GPU of the vendor, and no driver of it. Devices of other kinds have the vendor's id too, so only known ones count. */
export const kernelVendorChecks = ({ devices, path }: Driven, vendor: KernelVendor, isKnown: boolean): Check[] => {
  const { title, vendorId, generations, example } = kernelRecordOf(vendor);
  return devices
    .map((device) => ({
      // The host tells of its displays alone, where the vendor is enough.
      condition: not(
        device.isSuch((id) =>
          isUnknown(id) ? matches(id, new RegExp(`^${vendorId}:`, "i")) : isOf(id, generations, vendorId),
        ),
      ),
      message: `${device.path} is ${device.description} of ${title}, and the image has no driver for it; write ${path}: { ${example} }`,
    }))
    .filter(({ condition }) => isKnown || typeof condition === "boolean");
};
