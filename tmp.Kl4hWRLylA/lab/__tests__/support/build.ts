import { build } from "../../build";
import { demandPrerequisites } from "../../prerequisites";
import { providers } from "../../providers";

/** Builds what the tests run, once for all of them. */
export default async function prepare(): Promise<void> {
  demandPrerequisites();
  build("talos-node", "talosctl", "talos-validate", "kubernetes");
  if (process.env.TERRAFORM_BINARY_NAME === "tofu") build("opentofu");
  await providers();
}
