import { livesItsLife } from "./support/life-cycle";

test("the example of a cluster on three hosts is created, stays as it is, is updated in place and destroyed without a trace", () =>
  livesItsLife("examples/cluster.ts"));
