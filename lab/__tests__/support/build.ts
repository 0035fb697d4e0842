import { build } from "../../build";
import { demandPrerequisites } from "../../prerequisites";
import { providers } from "../../providers";

/** Builds what the tests run, once for all of them. */
export default async function prepare(): Promise<void> {
  demandPrerequisites();
  // Programs in Go collect garbage less often: a tenth of the processor's time, for memory that is there.
  process.env.GOGC ??= "400";
  build("talos-node", "talosctl", "talos-validate", "kubernetes");
  if (process.env.TERRAFORM_BINARY_NAME === "tofu") build("opentofu");
  await providers();
}
