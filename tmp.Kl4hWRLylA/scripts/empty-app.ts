import { App, TerraformStack } from "cdktf";

// The floor for the time that any app takes.
const app = new App();
new TerraformStack(app, "empty");
app.synth();
