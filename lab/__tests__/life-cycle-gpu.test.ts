import { livesItsLife } from "./support/life-cycle";

describe.each([
  ["the example with a resource mapping", "examples/mapping.ts"],
  ["the example with a GPU for four pods", "examples/sharing.ts"],
])("%s", (_, file) => {
  test("is created, stays as it is, is updated in place and destroyed without a trace", () => livesItsLife(file));
});
