import type { Condition } from "../rules/condition";
import type { Check } from "../rules/rule";
import type { Generation } from "./gpu-generation";

/** The settings that Talos needs for a vendor's GPU driver. */
export interface VendorDriver<Driver> {
  /** As people write it, such as `AMD`. */
  readonly title: string;
  /** PCI vendor id, such as `1002`. */
  readonly vendorId: string;
  /** What to write in `talos` for a GPU of the vendor. */
  readonly example: string;
  /** System extensions in the image. */
  readonly extensions: (driver: Driver) => readonly string[];
  /** Kernel arguments in the image. */
  readonly kernelArgs: (driver: Driver) => readonly string[];
  /** Patch that loads the kernel modules, as the Talos version needs it. */
  readonly patch: (driver: Driver, version: string) => string;
  /** Checks of what is written of the driver at the path. */
  readonly checks: (driver: Driver, path: string, version: string) => Check[];
}

/** The same of a vendor whose driver in the kernel knows a GPU or does not, whatever branch there is. */
export interface KernelDriver<Driver> extends VendorDriver<Driver> {
  readonly generations: readonly Generation[];
  /** Those that do not reset when their VM stops; undefined if all do. */
  readonly stuckGenerations?: readonly Generation[];
  /** Whether the driver works with a GPU of the generation, whose device id it may need. */
  readonly knows: (driver: Driver, generation: Generation, deviceId: string) => Condition;
  /** What to write for a GPU of the generation, or a virtual function of it; undefined if no driver of Talos knows it. */
  readonly driverFor: (generation: Generation, deviceId: string, isVirtual?: boolean) => Driver | undefined;
}
