import { type IResolvable, TerraformResource, type TerraformResourceLifecycle } from "cdktf";
import type { Construct } from "constructs";
import { rawExpression } from "../rules/expression";
import { resourceAddress } from "./logical-id";

export interface TerraformDataConfig {
  /** A new value of it replaces the resource. */
  readonly triggersReplace?: string;
  /** What it keeps in the state; a new value is an update. */
  readonly input?: IResolvable;
  readonly lifecycle?: TerraformResourceLifecycle;
}

/**
 * A resource of Terraform's own, which only keeps values in the state. cdktf's class for it runs `terraform version` at every
 * synth, which needs no Terraform.
 *
 * @see https://developer.hashicorp.com/terraform/language/resources/terraform-data
 */
export class TerraformData extends TerraformResource {
  static readonly tfResourceType = "terraform_data";

  private readonly config: TerraformDataConfig;

  constructor(scope: Construct, id: string, config: TerraformDataConfig) {
    super(scope, id, { terraformResourceType: TerraformData.tfResourceType, lifecycle: config.lifecycle });
    this.config = config;
  }

  /** What it keeps, as the plan has it. */
  get input(): IResolvable {
    return this.interpolationForAttribute("input");
  }

  /** All of them by their keys, of a resource with `for_each`. */
  get all(): IResolvable {
    return rawExpression(resourceAddress(this));
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const { triggersReplace, input } = this.config;
    return {
      ...(triggersReplace !== undefined && { triggers_replace: triggersReplace }),
      ...(input !== undefined && { input }),
    };
  }
}
