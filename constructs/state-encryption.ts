import { TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { parseProps, type Schema, staticBoolean } from "./props/schema";
import { placeInStack } from "./rules/argument";

/** How the state is encrypted. */
export interface StateEncryptionProps {
  /**
   * Read a state in plaintext, too, for the apply that encrypts it. Remove it after that apply.
   *
   * @default false
   */
  readonly migrate?: boolean;
}

export const schema: Schema<StateEncryptionProps> = { migrate: staticBoolean };

const variable = "state_passphrase";
const method = "method.aes_gcm.passphrase";

/**
 * OpenTofu (1.8 or later) encrypts the state of the stack and its saved plans, with a passphrase that it asks for as
 * `state_passphrase`. Terraform, which cannot do that, refuses the stack.
 *
 * @example
 * new StateEncryption(stack, "state_encryption");
 *
 * @see https://opentofu.org/docs/language/state/encryption/
 */
export class StateEncryption extends Construct {
  /** The passphrase, of at least 16 characters. Without it the state cannot be read. */
  readonly passphrase: TerraformVariable;

  constructor(scope: Construct, id: string, props: StateEncryptionProps = {}) {
    super(...placeInStack(new.target.name, scope, id));
    const { migrate = false } = parseProps(this, props, schema).props;
    this.passphrase = new TerraformVariable(this, variable, {
      type: "string",
      sensitive: true,
      description: "Passphrase of at least 16 characters, which encrypts the state and saved plans",
    });
    this.passphrase.overrideLogicalId(variable);
    TerraformStack.of(this).addOverride("terraform.encryption", {
      key_provider: { pbkdf2: { passphrase: { passphrase: `\${var.${variable}}` } } },
      method: {
        aes_gcm: { passphrase: { keys: "${key_provider.pbkdf2.passphrase}" } },
        ...(migrate && { unencrypted: { plaintext: {} } }),
      },
      // A state in plaintext is refused otherwise.
      state: migrate ? { method, fallback: { method: "method.unencrypted.plaintext" } } : { method, enforced: true },
      plan: { method, enforced: true },
    });
  }
}
