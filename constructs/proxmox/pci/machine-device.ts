import { and, type Condition } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { listed, some, valuesOf } from "../../terraform/rows";
import type { Host, HostDevice } from "../host/host-facts";
import type { Gpu } from "./gpu";
import { describe, idOf, isAt, isDisplay, type PlacedDevice } from "./host-device";

type Property = (deviceId: string) => Condition;

/** The devices of a VM as the guest's rules ask for them: by the id where it is given, else by the host's answer. */
export const machineDevices = (gpus: readonly Gpu[], placed: readonly PlacedDevice[], host: Host | undefined) => [
  ...placed.map((device) => ({
    path: device.path,
    description: descriptionOf(device, host),
    // The graphics of a processor and its virtual functions share a slot; other functions of cards are no displays.
    isVirtualFunction: Number(device.address.functionNumber ?? 0) > 0,
    isSuch: (property: Property) => isSuch(device, host, property),
  })),
  // Of a mapping that the app does not make, only the name is known.
  ...gpus.flatMap(({ mapping }, slot) =>
    placed.some(({ path }) => path.startsWith(`gpus[${slot}].`))
      ? []
      : { path: `gpus[${slot}].mapping`, description: formatValue(mapping), isSuch: () => false as const },
  ),
];

const isSuch = (device: PlacedDevice, host: Host | undefined, property: Property): Condition =>
  device.deviceId !== undefined
    ? property(device.deviceId)
    : host !== undefined && some(host.devices, isSuchAt(device, property));

const isSuchAt =
  ({ address }: PlacedDevice, property: Property) =>
  (device: HostDevice): Condition =>
    and(isAt(device, address), isDisplay(device), property(idOf(device)));

const descriptionOf = (device: PlacedDevice, host: Host | undefined): string =>
  host !== undefined && device.deviceId === undefined
    ? listed(
        valuesOf(
          host.devices,
          describe,
          isSuchAt(device, () => true),
        ),
        `${device.address}`,
      )
    : formatValue(device.deviceId ?? `${device.address}`);
