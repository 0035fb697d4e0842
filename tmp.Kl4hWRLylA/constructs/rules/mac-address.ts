import type { Check, Rule } from "./rule";

export const macAddressOfEach: Omit<Rule<unknown>, "checks"> = {
  id: "mac-address-of-each",
  demands: "each of several network devices that Talos is to configure has a MAC address",
  because: "Talos could not tell the devices apart, and would give one of them the address of another",
  source: "https://docs.siderolabs.com/talos/v1.13/networking/configuration/device-selectors",
};

/** Checks that each of the network devices at `path` of the props has a MAC address. */
export const hasMacAddressOfEach = (path: string, devices: readonly { readonly macAddress?: string }[]): Check[] =>
  devices.map(({ macAddress }, place) => ({
    holds: macAddress !== undefined,
    problem: `${path}[${place}].macAddress is missing beside other network devices; write one such as "BC:24:11:00:00:01"`,
  }));
