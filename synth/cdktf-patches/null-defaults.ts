import { TerraformVariable, Token } from "cdktf";

/** Lets the default of a variable be `null`, as in Terraform, where cdktf ends in a TypeError. */
export function allowNullDefaults(): void {
  const { synthesizeAttributes } = TerraformVariable.prototype;
  Object.assign(TerraformVariable.prototype, {
    synthesizeAttributes(this: TerraformVariable) {
      const attributes = synthesizeAttributes.call(this);
      return attributes.default === null ? { ...attributes, default: Token.nullValue() } : attributes;
    },
  });
}
