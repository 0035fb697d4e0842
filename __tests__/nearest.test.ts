import { nearest } from "../constructs/props/nearest";

const known = ["cpu", "sysctls", "sysfs", "kubelet", "UserVolumeConfig", "VolumeConfig"];

test.each([
  ["cpi", "cpu"],
  ["sysctl", "sysctls"],
  ["Kubelet", "kubelet"],
  ["kublet", "kubelet"],
  ["UserVolume", "UserVolumeConfig"],
  ["UserVolumeConifg", "UserVolumeConfig"],
])("%s was probably meant to be %s", (name, meant) => {
  expect(nearest(name, known)).toBe(meant);
});

test.each(["network", "cxi", "x", ""])("%j is like none of the known names", (name) => {
  expect(nearest(name, known)).toBeUndefined();
});

test("of no known names none is the nearest", () => {
  expect(nearest("sysctl", [])).toBeUndefined();
});
