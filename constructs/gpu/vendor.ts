import type { GpuDriver, GpuVendor } from "../talos/driver";
import type { NodeTaint } from "../talos/node-taint";
import type { Method } from "./method";
import type { SharingStrategy } from "./sharing";

/** The container of a smoke test: it does something on the GPU that fails without one. */
export interface GpuWork {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  /** Folders that it writes to, which are there as long as its pod. */
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** What pods ask for. */
export interface GpuResource {
  /** Such as `amd.com/gpu`. */
  readonly name: string;
  /** The driver that such GPUs have. */
  readonly isOf: (driver: GpuDriver) => boolean;
  /** Name of the smoke test in Terraform. */
  readonly address: string;
  /** Name of its Job. */
  readonly job: string;
  /** The attribute `driver` of such GPUs in claims; without it, all of the device class are such. */
  readonly claimedDriver?: string;
  readonly work: GpuWork;
}

/** How the smoke test finds a broken link between the device and the plugin. Patterns are extended regular expressions. */
export interface DriverEvidence {
  /** Matches the device in the output of `talosctl get pcidevices`. */
  readonly device: string;
  /** File that is there while the driver is loaded. */
  readonly file: string;
  /** Matches what the kernel says of a driver that does not work with the device. */
  readonly refusal: string;
  /** What to choose then. */
  readonly advice: string;
}

/** What is to be known of a vendor to advertise its GPUs to pods. */
export interface Vendor {
  /** As people write it, such as `AMD`. */
  readonly title: string;
  /** The ways to advertise its GPUs, the first of which is the default. */
  readonly methods: Readonly<Record<string, Method>>;
  /** Why its operator is no method, as the end of "its operator …"; undefined if it is one. */
  readonly operator?: string;
  /** The name of the resources before the chart in Terraform, and of their release. */
  readonly prerequisites: { readonly address: string; readonly release: string };
  /** Label of the nodes that the plugin is for. */
  readonly label: string;
  /** What keeps pods off a node with GPUs that ask for none. */
  readonly taint: NodeTaint;
  /** Handler and name of the RuntimeClass that pods need; undefined without one. */
  readonly runtimeClass?: string;
  /** How several pods can use one GPU. */
  readonly strategies: readonly SharingStrategy[];
  readonly resources: readonly GpuResource[];
  /** What the smoke test looks at; undefined if the script knows it by itself. */
  readonly evidenceOf?: (resource: GpuResource) => DriverEvidence;
  /** What to write in `talos` for a driver. */
  readonly example: string;
  /** Where the way is described. */
  readonly source: string;
}

/** The taint of nodes with such GPUs. */
export const taintOf = (key: string): NodeTaint => ({ key, value: "present", effect: "NoSchedule" });

/** Of the drivers of a Talos, those of the vendor. */
export const ofVendor = (drivers: readonly GpuDriver[], vendor: GpuVendor): readonly GpuDriver[] =>
  drivers.filter((driver) => driver.vendor === vendor);
