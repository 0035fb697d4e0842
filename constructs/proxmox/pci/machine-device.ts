import { and, type Condition, not } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { includes, listed, some, valuesOf } from "../../terraform/rows";
import type { Host, HostDevice } from "../host/host-facts";
import type { Gpu } from "./gpu";
import { describe, idOf, isAt, isDisplay, type PlacedDevice } from "./host-device";

type Property = (deviceId: string) => Condition;

/** The devices of a VM as the guest's rules ask for them: by the id where it is given, else by the host's answer. */
export const machineDevices = (gpus: readonly Gpu[], knownDevices: readonly PlacedDevice[], host: Host | undefined) => [
  ...knownDevices.map((device) => ({
    path: device.path,
    description: descriptionOf(device, host),
    hasId: device.deviceId !== undefined,
    // The graphics of a processor and its virtual functions share a slot; other functions of cards are no displays.
    isVirtualFunction: Number(device.address.functionNumber ?? 0) > 0 || device.address.isBeyondCard,
    isBeyondCard: device.address.isBeyondCard,
    isDivided: () => host !== undefined && hasVirtualFunctions(device, host),
    isSuch: (property: Property) => isSuch(device, host, property),
  })),
  // Of a mapping that the app does not make, only the name is known.
  ...gpus.flatMap(({ mapping }, slot) =>
    knownDevices.some(({ path }) => path.startsWith(`gpus[${slot}].`))
      ? []
      : { path: `gpus[${slot}].mapping`, description: formatValue(mapping), isSuch: () => false as const },
  ),
];

/** Whether other functions in its slot are the same display as it: those of a card with audio are other devices. */
function hasVirtualFunctions({ address }: PlacedDevice, { devices }: Host): Condition {
  if (Number(address.functionNumber ?? 0) > 0) return false;
  const [slot, first] = [address.wholeDevice(), address.wholeDevice().withFunction(0)];
  const own = valuesOf(devices, idOf, (device) => isAt(device, first));
  return some(devices, (device) =>
    and(isAt(device, slot), not(isAt(device, first)), isDisplay(device), includes(own, idOf(device))),
  );
}

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
