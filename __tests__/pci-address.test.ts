import fc from "fast-check";
import { PciAddress } from "../constructs";

/** qemu-server's own pattern, PVE::QemuServer::PCI. */
const proxmoxPattern = /^(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?$/;

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEF"), minLength: digits, maxLength: digits });
const digit = (digits: string) => fc.constantFrom(...digits);

/** Addresses as `lspci` and Proxmox print them, in either case. */
const addresses = fc
  .record({
    domain: fc.option(fc.oneof(hex(4), hex(5), hex(8)), { nil: undefined }),
    bus: hex(2),
    device: fc.tuple(digit("01"), hex(1)).map((digits) => digits.join("")),
    functionNumber: fc.option(digit("01234567"), { nil: undefined }),
  })
  .map(({ domain, bus, device, functionNumber }) => ({
    parts: { domain, bus, device, functionNumber },
    text: `${domain === undefined ? "" : `${domain}:`}${bus}:${device}${functionNumber === undefined ? "" : `.${functionNumber}`}`,
  }));

/** Text that is an address but for one change, or anything. */
const nearlyAddresses = fc.oneof(
  fc.string(),
  fc
    .tuple(addresses, fc.nat(), fc.constantFrom("", "g", ":", ".", " ", "0", "8", "\n"))
    .map(([{ text }, at, character]) => {
      const index = at % (text.length + 1);
      return text.slice(0, index) + character + text.slice(index + 1);
    }),
);

describe("PciAddress", () => {
  test.each([
    ["01:00", "0000:01:00"],
    ["01:00.0", "0000:01:00.0"],
    ["0000:0A:1f.7", "0000:0a:1f.7"],
    ["10000:E1:00.0", "10000:e1:00.0"],
  ])("writes %s as Proxmox does: %s", (text, written) => {
    expect(PciAddress.parse(text)?.toString()).toBe(written);
  });

  test("accepts every address, in Proxmox's notation and with all of its parts", () => {
    fc.assert(
      fc.property(addresses, ({ text, parts }) => {
        const written = String(PciAddress.parse(text));
        expect(written).toMatch(proxmoxPattern);
        const device = `${parts.domain ?? "0000"}:${parts.bus}:${parts.device}`.toLowerCase();
        expect(written).toBe(parts.functionNumber === undefined ? device : `${device}.${parts.functionNumber}`);
      }),
    );
  });

  test("leaves what it has written as it is", () => {
    fc.assert(
      fc.property(addresses, ({ text }) => {
        const written = String(PciAddress.parse(text));
        expect(String(PciAddress.parse(written))).toBe(written);
      }),
    );
  });

  test("accepts nothing else", () => {
    fc.assert(
      fc.property(nearlyAddresses, (text) => {
        const parsed = PciAddress.parse(text);
        if (parsed === undefined) return;
        const [device = "", functionNumber, ...more] = text.split(".");
        const numbers = device.split(":");
        expect(more).toEqual([]);
        expect(numbers.map(({ length }) => length)).toEqual(numbers.length === 2 ? [2, 2] : [expect.any(Number), 2, 2]);
        expect(numbers.join("")).toMatch(/^[0-9a-fA-F]+$/);
        expect(parseInt(numbers.at(-1) as string, 16)).toBeLessThan(32);
        if (functionNumber !== undefined) expect("01234567".includes(functionNumber) && functionNumber.length).toBe(1);
        expect(String(parsed)).toMatch(proxmoxPattern);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(["10de:2684", "0g:00.0", "01:00.8", "01:00.f", "01:20.0", "1:00.0", "01:00.0 ", "0000:01:00.0.0", ""])(
    "refuses %j",
    (text) => {
      expect(PciAddress.parse(text)).toBeUndefined();
    },
  );

  test.each([
    ["01:00.0", "0000:01:00.0", true],
    ["01:00", "01:00.1", true],
    ["01:00.0", "01:00.1", false],
    ["01:00", "02:00", false],
  ])("%s overlaps %s: %s", (one, another, overlap) => {
    const [first, second] = [PciAddress.parse(one), PciAddress.parse(another)] as [PciAddress, PciAddress];
    expect(first.overlaps(second)).toBe(overlap);
    expect(second.overlaps(first)).toBe(overlap);
  });
});
