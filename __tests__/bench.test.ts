import { TerraformStack } from "cdktf";
import { bare, constructs, json, ofNodes } from "../scripts/clusters";
import { StrictApp } from "../synth/strict-app";
import { newApp } from "./stacks";

test("the benchmark's baseline makes the same stack as the constructs", () => {
  expect(json(bare)).toEqual(json(constructs));
});

test("the benchmark's clusters of several nodes are accepted beside each other", () => {
  const app = new StrictApp({ outdir: newApp().outdir });
  for (let index = 0; index < 2; index++) ofNodes(10)(app, index);
  for (const stack of app.node.children) if (TerraformStack.isStack(stack)) stack.prepareStack();
  expect(app.problems()).toEqual([]);
});
