import { LocalBackend, TerraformBackend, TerraformStack } from "cdktf";
import { Construct, type IConstruct } from "constructs";

/**
 * Keeps the state of a stack beside the output folder unless the stack has a backend. cdktf's own choice is an absolute path,
 * which differs between machines.
 */
export function ensureBackend(stack: TerraformStack): void {
  if (stack.node.findAll().some((each) => TerraformBackend.isBackend(each))) return;
  new LocalBackend(scopeIn(stack), { path: `../../../terraform.${stack.node.id}.tfstate` });
}

/** The id of a backend is "backend", which another construct may have. cdktf leaves "Default" out of every name. */
function scopeIn(stack: TerraformStack): Construct {
  if (stack.node.tryFindChild("backend") === undefined) return stack;
  return (stack.node.tryFindChild("Default") as Construct | undefined) ?? new Construct(stack, "Default");
}

/** Backends that belong to no stack, a sentence for each: cdktf ignores them, and keeps the state in a local file. */
export function misplacedBackends(app: IConstruct): string[] {
  return app.node.children
    .filter((each) => !TerraformStack.isStack(each))
    .flatMap((child) => child.node.findAll())
    .filter(
      (each) => TerraformBackend.isBackend(each) && !each.node.scopes.some((scope) => TerraformStack.isStack(scope)),
    )
    .map(
      (each) =>
        `[${each.node.path}] ${each.constructor.name} is created in the app, where no stack uses it; pass it the stack instead, as in new ${each.constructor.name}(stack, { … }) [backend-in-stack]`,
    );
}
