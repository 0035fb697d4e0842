import {
  TerraformDataSource,
  TerraformElement,
  TerraformLocal,
  TerraformModule,
  TerraformOutput,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import type { IConstruct } from "constructs";
import { formatValue } from "../rules/format-value";
import { enforceAtSynth, type Rule } from "../rules/rule";

const checked = new WeakSet<TerraformStack>();

/**
 * Gives the element its logical id, the name in its address in Terraform, which users' state, reviews and tests depend on.
 * It must come before anything refers to the element. All addresses of its stack are held to the rules.
 */
export function withLogicalId<Element extends TerraformElement>(name: string, element: Element): Element {
  element.overrideLogicalId(name);
  const stack = element.cdktfStack;
  if (!checked.has(stack)) enforceAtSynth(stack, rules, () => addressesIn(stack));
  checked.add(stack);
  return element;
}

/** What Terraform calls an element, and the construct's path. */
interface TerraformAddress {
  /** What has a namespace of its own, such as the type of a resource. */
  readonly kind: string;
  readonly name: string;
  readonly path: string;
}

export const rules: readonly Rule<readonly TerraformAddress[]>[] = [
  {
    id: "address-once",
    requirement: "every resource, data source, variable, output and provider of a stack has a unique Terraform address",
    reason: "Terraform would merge two with the same address, and refuses a second provider",
    source: "https://developer.hashicorp.com/terraform/cli/state/resource-addressing",
    checks: (addresses) => {
      const paths = new Map<string, string>();
      return addresses.map(({ kind, name, path }) => {
        const address = `${kind}.${name}`;
        const earlier = paths.get(address);
        paths.set(address, earlier ?? path);
        return {
          condition: earlier === undefined,
          message:
            kind === "provider"
              ? `${address} is configured by both ${earlier} and ${path}; give one of them an alias`
              : earlier === path
                ? `${address} is an address of the constructs in this stack; give yours another id`
                : `${address} is the address of both ${earlier} and ${path}; give one of them an id of its own`,
        };
      });
    },
  },
  {
    id: "address-name",
    requirement: "an id that becomes a name in Terraform has letters, digits, _ and -, and does not start with a digit",
    reason: "Terraform refuses other names as soon as it reads the stack",
    source: "https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers",
    checks: (addresses) =>
      addresses.map(({ kind, name, path }) => ({
        condition: kind === "provider" || /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name),
        message: `${formatValue(name)}, of ${path}, is not a name for ${kind}; write letters, digits, "_" and "-", and no digit first`,
      })),
  },
];

const refused = new WeakSet<IConstruct>();

/** Leaves out the addresses in a construct that is refused as a whole: that they collide is no further mistake. */
export const leaveOutAddresses = (construct: IConstruct): void => void refused.add(construct);

/** The addresses of a stack, whatever made them; those of a stack within it are not its own. */
function addressesIn(construct: IConstruct): TerraformAddress[] {
  if (refused.has(construct)) return [];
  const kind = kindOf(construct);
  const own = kind && TerraformElement.isTerraformElement(construct);
  return [
    ...(own ? [{ kind, name: nameOf(construct), path: construct.node.path }] : []),
    ...construct.node.children.flatMap((child) => (TerraformStack.isStack(child) ? [] : addressesIn(child))),
  ];
}

/** The address of a resource as text, as Terraform's command line and `replace_triggered_by` take it. */
export const resourceAddress = ({ terraformResourceType, friendlyUniqueId }: TerraformResource): string =>
  `${terraformResourceType}.${friendlyUniqueId}`;

/** A provider is known by its type and its alias. */
const nameOf = (element: TerraformElement): string =>
  TerraformProvider.isTerraformProvider(element)
    ? [element.terraformResourceType, element.alias].filter(Boolean).join(".")
    : element.friendlyUniqueId;

function kindOf(construct: IConstruct): string | undefined {
  if (TerraformResource.isTerraformResource(construct)) return construct.terraformResourceType;
  if (TerraformDataSource.isTerraformDataSource(construct)) return `data.${construct.terraformResourceType}`;
  if (TerraformOutput.isTerraformOutput(construct)) return "output";
  if (TerraformProvider.isTerraformProvider(construct)) return "provider";
  if (construct instanceof TerraformVariable) return "var";
  if (construct instanceof TerraformLocal) return "local";
  return construct instanceof TerraformModule ? "module" : undefined;
}
