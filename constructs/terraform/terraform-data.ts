import { type TerraformMetaArguments, TerraformResource } from "cdktf";
import type { Construct } from "constructs";

interface TerraformDataConfig extends Pick<TerraformMetaArguments, "dependsOn" | "provisioners"> {
  readonly triggersReplace: string | Readonly<Record<string, string>>;
}

/**
 * A resource of Terraform's own, replaced with each new value of `triggersReplace`. cdktf's class for it runs
 * `terraform version` at every synth, which needs no Terraform.
 *
 * @see https://developer.hashicorp.com/terraform/language/resources/terraform-data
 */
export class TerraformData extends TerraformResource {
  static readonly tfResourceType = "terraform_data";

  readonly triggersReplace: TerraformDataConfig["triggersReplace"];

  constructor(scope: Construct, id: string, { triggersReplace, ...config }: TerraformDataConfig) {
    super(scope, id, { terraformResourceType: TerraformData.tfResourceType, ...config });
    this.triggersReplace = triggersReplace;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { triggers_replace: this.triggersReplace };
  }
}
