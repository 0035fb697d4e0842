import { generationOf } from "../constructs/talos/gpu-generation";

/** Ids at both ends of each range, and their neighbours. */
test.each([
  ["133f", undefined],
  ["1340", "Maxwell"],
  ["15ef", "Maxwell"],
  ["15f0", "Pascal"],
  ["15ff", "Pascal"],
  ["1600", "Maxwell"],
  ["1aff", "Maxwell"],
  ["1b00", "Pascal"],
  ["1d7f", "Pascal"],
  ["1d80", "Volta"],
  ["1dff", "Volta"],
  ["1e00", "Turing"],
  ["1fff", "Turing"],
  ["2000", undefined],
  ["207f", undefined],
  ["2080", "Ampere, Ada or Hopper"],
  ["20ff", "Ampere, Ada or Hopper"],
  ["2100", undefined],
  ["217f", undefined],
  ["2180", "Turing"],
  ["21ff", "Turing"],
  ["2200", "Ampere, Ada or Hopper"],
  ["28ff", "Ampere, Ada or Hopper"],
  ["2900", "Blackwell"],
  ["2fff", "Blackwell"],
  ["3000", undefined],
  ["31bf", undefined],
  ["31c0", "Blackwell"],
  ["31FF", "Blackwell"],
  ["3200", undefined],
])("the device id %s of NVIDIA is of the generation %s", (id, generation) => {
  expect(generationOf(`10de:${id}`)?.name).toBe(generation);
});

test.each(["1002:2684", "10de:26844", "10de:", "gpu"])("%s is of none", (id) => {
  expect(generationOf(id)).toBeUndefined();
});
