import { readFileSync } from "node:fs";
import { App } from "cdktf";
import { bareCluster } from "./bare-cluster";

// The baseline for the time of a synth: a stack, as its JSON says, from the bare bindings under cdktf as it is.
const app = new App();
bareCluster(JSON.parse(readFileSync(process.env.BENCH_STACK ?? "", "utf8")))(app, "talos-gpu");
app.synth();
