import { notAfter, overlap, rangeOf } from "../constructs/network/address-order";

describe("the order of addresses", () => {
  test.each([
    ["192.168.1.9", "192.168.1.10"],
    ["192.168.1.255", "192.168.2.0"],
    ["9.255.255.255", "10.0.0.0"],
    ["2001:db8::9", "2001:db8::10"],
    ["2001:db8::ff", "2001:db8::100"],
    ["2001:db8::ffff", "2001:db8::1:0"],
    ["2001:db8:0:0:ffff::", "2001:db8:0:1::"],
    ["::1", "ffff::"],
  ])("%s comes before %s", (one, other) => {
    expect([notAfter(one, other), notAfter(other, one), notAfter(one, one)]).toEqual([true, false, true]);
  });

  test.each([
    ["192.168.1.0/24", "192.168.1.0", "192.168.1.255"],
    ["2001:db8::42/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"],
    ["2001:db8::8/125", "2001:db8::8", "2001:db8::f"],
  ])("the addresses of %s are those from %s to %s", (cidr, first, last) => {
    expect(rangeOf(cidr)).toEqual([first, last]);
  });

  test.each([
    [["192.168.1.5", "192.168.1.9"], "192.168.1.4", "192.168.1.10"],
    [["2001:db8::5", "2001:db8::9"], "2001:db8::4", "2001:db8::a"],
  ] as const)("%j ends with the addresses that it names", (range, before, after) => {
    const [first, last] = range;
    const far = first.includes(":")
      ? (["2001:db8::", "2001:db8::ff"] as const)
      : (["192.168.1.0", "192.168.1.255"] as const);
    const shares = (one: string, other: string) => [overlap([one, other], range), overlap(range, [one, other])];
    expect(shares(far[0], first)).toEqual([true, true]);
    expect(shares(far[0], before)).toEqual([false, false]);
    expect(shares(last, far[1])).toEqual([true, true]);
    expect(shares(after, far[1])).toEqual([false, false]);
  });

  test("addresses of two families have none in common", () => {
    expect(overlap(["192.168.1.5", "192.168.1.9"], ["::", "ffff::"])).toBe(false);
  });
});
