import { build } from "../../build";
import { providers } from "../../providers";

/** Builds what the tests run, once for all of them. */
export default async function prepare(): Promise<void> {
  build("talos-node", "talos-validate");
  if (process.env.TERRAFORM_BINARY_NAME === "tofu") build("opentofu");
  await providers();
}
