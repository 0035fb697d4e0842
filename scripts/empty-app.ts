import { App, TerraformStack } from "cdktf";

// The baseline for the time that any app takes.
const app = new App();
new TerraformStack(app, "empty");
app.synth();
