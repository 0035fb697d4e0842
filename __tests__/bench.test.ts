import { bare, constructs, json } from "../scripts/clusters";

test("the benchmark's baseline makes the same stack as the constructs", () => {
  expect(json(bare)).toEqual(json(constructs));
});
