import type { TerraformVariable } from "cdktf";

/** Lets the default of a variable be `null`, as in Terraform, where cdktf ends in a TypeError. */
export function allowNullDefaults(): void {
  // An import would load cdktf, and its archiver, before that is left out.
  const cdktf: typeof import("cdktf") = require("cdktf");
  const { prototype } = cdktf.TerraformVariable;
  const { synthesizeAttributes } = prototype;
  Object.assign(prototype, {
    synthesizeAttributes(this: TerraformVariable) {
      const attributes = synthesizeAttributes.call(this);
      return attributes.default === null ? { ...attributes, default: cdktf.Token.nullValue() } : attributes;
    },
  });
}
