import { Fn, Token } from "cdktf";
import { and, type Condition, equal, isUnknown, matches, or } from "../../rules/condition";
import { asFunctionArgument, expression } from "../../rules/expression";
import { formatValue, toTokenString } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";

/**
 * As `lspci` prints it: the domain (0000) and the function may be left out.
 *
 * @see https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough
 */
export const pciAddressPattern = /^([0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]([.][0-7])?$/i;

/**
 * A PCI address as Proxmox writes it: `domain:bus:device`, with `.function` unless the whole device is meant. Its parts
 * may be known to Terraform only.
 *
 * @see https://pve.proxmox.com/wiki/PCI_Passthrough
 */
export class PciAddress {
  /** Reads `01:00`, `01:00.0` or `0000:01:00.0`; undefined when it is none of these. */
  static parse(text: string): PciAddress | undefined {
    if (isUnknown(text)) return PciAddress.parseAtPlan(text);
    if (typeof text !== "string" || !pciAddressPattern.test(text)) return undefined;
    const [device = "", functionNumber] = text.toLowerCase().split(".");
    return new PciAddress(device.split(":").length === 2 ? `0000:${device}` : device, functionNumber);
  }

  private static parseAtPlan(text: string): PciAddress {
    const part = (of: string, index: number) => Fn.element(Fn.split(".", asFunctionArgument(of)), index);
    const device = Fn.replace(part(text, 0), "/^(..:..)$/", "0000:$1");
    const functionNumber = part(Fn.join(".", [asFunctionArgument(text), "0"]), 1);
    return new PciAddress(Token.asString(Fn.lower(device)), Token.asString(functionNumber));
  }

  private constructor(
    /** Domain, bus and device, in lower case: Proxmox refuses upper-case hex. */
    readonly device: string,
    readonly functionNumber?: string,
  ) {}

  /** The same device with one function only. */
  withFunction(functionNumber: number): PciAddress {
    // Terraform does not compare the number of a variable with the text of an address.
    const text = isUnknown(functionNumber) ? expression`tostring(${functionNumber})` : functionNumber;
    return new PciAddress(this.device, toTokenString(text));
  }

  /** The same device with all of its functions. */
  wholeDevice(): PciAddress {
    return new PciAddress(this.device);
  }

  /** Whether both name the same function, or one of them names the other's whole device. */
  overlaps(other: PciAddress): Condition {
    const one = this.functionNumber;
    const another = other.functionNumber;
    return and(equal(this.device, other.device), or(one === undefined, another === undefined, equal(one, another)));
  }

  /**
   * Whether no card has the address by itself, only as a virtual function: NVIDIA's cards have four functions at most, and a
   * card has one slot of its bus. Bus 00 has the devices of the host itself.
   */
  get isBeyondCard(): boolean {
    if (isUnknown(this.device) || isUnknown(this.functionNumber)) return false;
    const isOtherSlot = /:[0-9a-f]{2}:[0-9a-f]{2}$/.test(this.device) && !/:00:..$|:00$/.test(this.device);
    return isOtherSlot || Number(this.functionNumber ?? 0) > 3;
  }

  /** The address as Proxmox writes it. */
  toString(): string {
    return this.functionNumber === undefined ? this.device : `${this.device}.${this.functionNumber}`;
  }
}

/** The address with its domain and in lower case, of the whole device where it has no function. */
export const inFull = (text: string): string =>
  isUnknown(text)
    ? Token.asString(Fn.lower(Fn.replace(asFunctionArgument(text), "/^(..:..([.].)?)$/", "0000:$1")))
    : `${PciAddress.parse(text) ?? text}`;

export const pciAddressFormat: Omit<Rule<unknown>, "checks"> = {
  id: "pci-address-format",
  requirement: "a PCI address has the form [domain:]bus:device[.function], in hex, with function 0 to 7",
  reason: "Proxmox refuses anything else, but only when the VM is created",
  source: "https://pve.proxmox.com/wiki/PCI_Passthrough",
};

/** Checks that the text at `path` of the props is a PCI address. */
export function checkPciAddress(path: string, text: string): Check {
  const vendorAndDevice = /^[0-9a-f]{4}:[0-9a-f]{4}$/i.test(text);
  const advice = vendorAndDevice
    ? `it is a vendor and device id; \`lspci -D -d ${text}\` prints the address, such as "0000:01:00.0"`
    : 'write it as `lspci -D` prints it, such as "0000:01:00.0"';
  return {
    condition: matches(text, pciAddressPattern),
    message: `${path} ${formatValue(text)} is not a PCI address; ${advice}`,
  };
}
