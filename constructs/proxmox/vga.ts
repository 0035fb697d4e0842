import { number, objectOf, text } from "../rules/shape";

/** Display of a VM. */
export interface VmVga {
  /**
   * Display: `std`, `none`, `serial0`, `virtio`, `qxl` and others.
   *
   * @default - std
   */
  readonly type?: string;

  /**
   * Video memory in MiB.
   *
   * @default - 16
   */
  readonly memory?: number;
}

export const shape = objectOf<VmVga>({ type: text, memory: number });
