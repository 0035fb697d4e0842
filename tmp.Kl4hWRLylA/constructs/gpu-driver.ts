import { type GpuGeneration, gpuGenerations, isOf } from "./nvidia/gpu-generation";
import { describe, idOf, isAt, isDisplay, type PlacedDevice } from "./proxmox/host-device";
import type { Host, HostDevice } from "./proxmox/host-facts";
import { and, type Condition, matches, not, oneOf, or } from "./rules/condition";
import { given, type Rule } from "./rules/rule";
import { shown } from "./rules/shown";
import type { NvidiaDriver } from "./talos/nvidia-driver";
import { hasMinor } from "./talos/version";
import { listed, some, valuesOf } from "./terraform/rows";

/** A node's GPUs, and the driver that its Talos has for them. */
interface Driven {
  readonly talos: { readonly version: string; readonly nvidia?: NvidiaDriver };
  readonly vm: {
    readonly gpus: readonly unknown[];
    readonly devices: readonly PlacedDevice[];
    readonly host?: Host;
  };
}

const source = "https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu";

const driversOf = ({ branches, kernelModules }: GpuGeneration): string => `${branches} ${kernelModules}`;

/** Generations, those together that the same drivers know. */
const alike = [...new Set(gpuGenerations.map(driversOf))].map((drivers) =>
  gpuGenerations.filter((generation) => driversOf(generation) === drivers),
);

const knows = ({ kernelModules, branch }: NvidiaDriver, version: string, generation: GpuGeneration): Condition =>
  and(
    oneOf(kernelModules, generation.kernelModules),
    or(
      oneOf(branch, generation.branches),
      hasMinor(version, ({ nvidiaFromTuring }) => !nvidiaFromTuring),
    ),
  );

/** Whether the device has the property, by its id where that is given, otherwise by its host's answer. */
const isSuch = (device: PlacedDevice, host: Host | undefined, property: (deviceId: string) => Condition): Condition =>
  device.deviceId !== undefined
    ? property(device.deviceId)
    : host !== undefined && some(host.devices, isSuchAt(device, property));

const isSuchAt =
  ({ address }: PlacedDevice, property: (deviceId: string) => Condition) =>
  (device: HostDevice): Condition =>
    and(isAt(device, address), isDisplay(device), property(idOf(device)));

const named = (device: PlacedDevice, host: Host | undefined): string =>
  host !== undefined && device.deviceId === undefined
    ? listed(
        valuesOf(
          host.devices,
          describe,
          isSuchAt(device, () => true),
        ),
        `${device.address}`,
      )
    : shown(device.deviceId ?? `${device.address}`);

const isNvidia = (deviceId: string): Condition => matches(deviceId, /^10de:/i);

export const rules: readonly Rule<Driven>[] = [
  {
    id: "gpu-driver-generation",
    demands: "the NVIDIA driver of a node's Talos knows the GPU",
    because:
      "the production branch dropped GPUs before Turing, the open kernel modules begin with it, and from Blackwell on there are no others: the driver finds no device",
    source,
    checks: ({ talos: { version, nvidia }, vm: { devices, host } }) =>
      given(nvidia, (nvidia) =>
        devices.flatMap((device) =>
          alike.map((generations) => {
            const [{ branches, kernelModules }] = generations as [GpuGeneration];
            return {
              holds: or(
                knows(nvidia, version, generations[0] as GpuGeneration),
                not(isSuch(device, host, (deviceId) => isOf(deviceId, generations))),
              ),
              problem: `${device.path} is ${named(device, host)}, of ${generations.map(({ name }) => name).join(", ")}, which the driver with kernelModules ${shown(nvidia.kernelModules)} and branch ${shown(nvidia.branch)} does not know; write talos.nvidia with kernelModules ${kernelModules.map(shown).join(" or ")} and branch ${branches.map(shown).join(" or ")}`,
            };
          }),
        ),
      ),
  },
  {
    id: "gpu-with-driver",
    demands: "an image with an NVIDIA driver goes with a GPU, and an NVIDIA GPU with a driver",
    because: "one without the other does nothing: no pod gets a GPU",
    source,
    severity: "warning",
    checks: ({ talos: { nvidia }, vm: { gpus, devices, host } }) =>
      nvidia
        ? [
            {
              holds: gpus.length > 0,
              problem:
                "talos.nvidia puts a driver into the image, and vm.gpus is empty; give the VM a GPU, or leave it out",
            },
          ]
        : devices.map((device) => ({
            holds: not(isSuch(device, host, isNvidia)),
            problem: `${device.path} is ${named(device, host)} of NVIDIA, and the image has no driver for it; write talos: { nvidia: { kernelModules: "open", branch: "production" } }`,
          })),
  },
];
