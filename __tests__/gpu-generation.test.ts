import { amd } from "../constructs/talos/amd-driver";
import { generationIn, generationOf } from "../constructs/talos/gpu-generation";
import { intel } from "../constructs/talos/intel-driver";

/** Ids at both ends of each range, and their neighbours. */
test.each([
  ["06bf", undefined],
  ["06c0", "Fermi or Kepler"],
  ["06df", "Fermi or Kepler"],
  ["06e0", undefined],
  ["0dbf", undefined],
  ["0dc0", "Fermi or Kepler"],
  ["0dff", "Fermi or Kepler"],
  ["0e0f", undefined],
  ["0e22", "Fermi or Kepler"],
  ["0e3b", "Fermi or Kepler"],
  ["0eff", undefined],
  ["0f00", "Fermi or Kepler"],
  ["0f06", "Fermi or Kepler"],
  ["0fbc", undefined],
  ["0fc0", "Fermi or Kepler"],
  ["109f", "Fermi or Kepler"],
  ["10f8", undefined],
  ["1140", "Fermi or Kepler"],
  ["1141", undefined],
  ["117f", undefined],
  ["1180", "Fermi or Kepler"],
  ["12bf", "Fermi or Kepler"],
  ["133f", undefined],
  ["1340", "Maxwell"],
  ["15ef", "Maxwell"],
  ["15f0", "Pascal"],
  ["15ff", "Pascal"],
  ["1600", "Maxwell"],
  ["17ff", "Maxwell"],
  ["1aeb", undefined],
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

/** Written down a second time: a digit that is wrong at an end of a range gives a GPU another driver, or none. */
test.each([
  ["TeraScale of AMD", amd, "TeraScale", "6700-677f 6840-685f 6880-68ff 9400-97ff 9802-980f 9900-99af"],
  [
    "GCN of AMD",
    amd,
    "GCN",
    "1304-131d 6600-666f 6780-683f 6900-694f 6980-699f 6fdf 7300-730f 9830-985f 9870-987f 98e4",
  ],
  ["Vega of AMD", amd, "Vega", "15d8-15dd 15e7 1636-1638 164c 66a0-66af 6860-687f 69a0-69af"],
  ["RDNA 1 of AMD", amd, "RDNA 1", "7310-731f 7340-734f 7360-736f"],
  ["RDNA 2 of AMD", amd, "RDNA 2", "13c0 13db-13ff 143f 1506 163f 164d-164e 1681 73a0-73ff 7420-743f"],
  ["RDNA 3 of AMD", amd, "RDNA 3", "1114 150e 1586 15bf-15c8 164f 1900-1902 7440-749f"],
  ["RDNA 4 of AMD", amd, "RDNA 4", "7550-759f"],
  ["CDNA of AMD", amd, "CDNA", "7388-738e 7390 7408-7410 74a0-74bf 75a0-75bf"],
  [
    "before Tiger Lake of Intel",
    intel,
    "before Tiger Lake",
    "0042-0046 0102-016a 0402-042e 0a02-0a2e 0a84 0d02-0d2e 0f30-0f33 1602-163e 1902-193d 1a84-1a85 22b0-22b3 3184-3185 3e90-3ea9 4541-4571 4e51-4e71 5902-593b 5a84-5a85 87c0-87ca 8a50-8a71 9b21-9bf6",
  ],
  [
    "Tiger Lake to Raptor Lake of Intel",
    intel,
    "Tiger Lake to Raptor Lake",
    "4626-462a 4680-46d4 4c80-4c9a 9a40-9af8 a720-a721 a780-a7ad",
  ],
  ["Arc A or Flex of Intel", intel, "Arc A or Flex", "5690-56c2"],
  ["Meteor Lake or Arrow Lake of Intel", intel, "Meteor Lake or Arrow Lake", "7d40-7dd5 b640"],
  [
    "Lunar Lake, Panther Lake or Arc B of Intel",
    intel,
    "Lunar Lake, Panther Lake or Arc B",
    "6420-64b0 b080-b0b0 e202-e223 fd80-fd81",
  ],
  ["Data Center GPU Max of Intel", intel, "Data Center GPU Max", "0b69-0be5"],
] as const)("the device ids of %s", (_, { generations, vendorId }, name, ranges) => {
  const nameOf = (id: number) =>
    generationIn(generations, `${vendorId}:${id.toString(16).padStart(4, "0")}`, vendorId)?.name;
  for (const range of ranges.split(" ")) {
    const [first = 0, last = first] = range.split("-").map((id) => Number.parseInt(id, 16));
    expect([nameOf(first), nameOf(last)]).toEqual([name, name]);
    expect([nameOf(first - 1), nameOf(last + 1)]).not.toContain(name);
  }
});
