import { and, equal, matches, not } from "../rules/condition";
import { lowerCase } from "../rules/expression";
import { formatValue } from "../rules/format-value";
import { checkEachOnce } from "../rules/once";
import type { Check, Rule } from "../rules/rule";
import { providerDocs, talosDocs } from "../rules/source";

export const macAddress: Omit<Rule<unknown>, "checks"> = {
  id: "mac-address",
  requirement: "a MAC address is six pairs of hex digits with colons, and unicast: its second digit is even",
  reason: "the provider or Proxmox refuses anything else, and Talos finds no device by it",
  source: providerDocs("bpg/proxmox", "/resources/virtual_environment_vm#mac_address"),
};

/** Checks that the text at `path` of the props is the MAC address of a device. */
export function checkMacAddress(path: string, address: string): Check {
  const multicast = /^[0-9a-f][13579bdf](:[0-9a-f]{2}){5}$/i.test(address);
  return {
    // With nothing but zeros it is no device's.
    condition: and(matches(address, /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i), not(matches(address, /^00(:00){5}$/))),
    message: multicast
      ? `${path} ${formatValue(address)} is a multicast address; write an even second digit, as in "BC:24:11:00:00:01"`
      : `${path} ${formatValue(address)} is not a MAC address; write it as in "BC:24:11:00:00:01"`,
  };
}

export const macAddressOfEach: Omit<Rule<unknown>, "checks"> = {
  id: "mac-address-of-each",
  requirement: "each of several network devices that Talos is to configure has a MAC address of its own",
  reason: "Talos could not tell the devices apart, and would give one of them the address of another",
  source: talosDocs("networking/configuration/device-selectors"),
};

/** Checks that each of the network devices at `path` of the props has a MAC address, and none that of another. */
export function checkMacAddressOfEach(path: string, devices: readonly { readonly macAddress?: string }[]): Check[] {
  const given = devices.flatMap(({ macAddress }, index) => (macAddress === undefined ? [] : { macAddress, index }));
  return [
    ...devices.map(({ macAddress }, index) => ({
      condition: macAddress !== undefined,
      message: `${path}[${index}].macAddress is missing beside other network devices; write one such as "BC:24:11:00:00:01"`,
    })),
    ...checkEachOnce(
      given,
      ({ index }) => `${path}[${index}]`,
      ({ macAddress, index }, { value, by }) => ({
        condition: not(equal(lowerCase(macAddress), lowerCase(value.macAddress))),
        message: `${path}[${index}].macAddress ${formatValue(macAddress)} is that of ${by}; write another one`,
      }),
    ),
  ];
}
