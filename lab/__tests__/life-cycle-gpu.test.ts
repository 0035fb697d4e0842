import { graphicsCard, processorGraphics, radeon } from "../proxmox/pci-device";
import { livesItsLife } from "./support/life-cycle";

describe.each([
  ["the example with a resource mapping", "examples/mapping.ts", graphicsCard("0000:01:00", 14)],
  ["the example with a GPU for four pods", "examples/sharing.ts", graphicsCard("0000:01:00", 14)],
  ["the example with a card by AMD", "examples/amd-inference.ts", radeon("0000:03:00", 15)],
  ["the example with Intel's integrated graphics", "examples/intel-media.ts", processorGraphics()],
])("%s", (_, file, devices) => {
  test("is created, stays as it is, is updated in place and destroyed without a trace", () =>
    livesItsLife(file, { devices }));
});
