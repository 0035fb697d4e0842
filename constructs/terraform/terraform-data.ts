import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/**
 * A resource of Terraform's own, replaced with each new value of `triggersReplace`. cdktf's class for it runs
 * `terraform version` at every synth, which needs no Terraform.
 *
 * @see https://developer.hashicorp.com/terraform/language/resources/terraform-data
 */
export class TerraformData extends TerraformResource {
  static readonly tfResourceType = "terraform_data";

  private readonly triggersReplace: string;

  constructor(scope: Construct, id: string, { triggersReplace }: { readonly triggersReplace: string }) {
    super(scope, id, { terraformResourceType: TerraformData.tfResourceType });
    this.triggersReplace = triggersReplace;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { triggers_replace: this.triggersReplace };
  }
}
