import type { GpuVendor } from "../talos/driver";
import { amd } from "./amd";
import { intel } from "./intel";
import type { Method } from "./method";
import { nvidia } from "./nvidia";
import type { Vendor } from "./vendor";

/** All vendors, each with how its GPUs are advertised to pods. A further one is one more record. */
export const vendors: Readonly<Record<GpuVendor, Vendor>> = { nvidia, amd, intel };

/** The ways of all vendors. */
export const allMethods: readonly Method[] = Object.values(vendors).flatMap(({ methods }) => Object.values(methods));
