import { referenceOf } from "./fact";
import { sorted, textOf, textsOf } from "./json";
import { code, codes, type Markdown } from "./markdown";
import { ofType, resourcesOf, type Stack } from "./stack";

/** What accounts that the stack creates may do on Proxmox, and where. */
export function accountWords(stack: Stack): Markdown[] {
  const resources = resourcesOf(stack);
  const named = (value: unknown) => resources.find(({ address }) => address === referenceOf(value)?.element)?.body;
  const grants = ofType(resources, "proxmox_acl").map(({ body }) => {
    const account = textOf(named(body.user_id)?.user_id) ?? textOf(body.user_id) ?? textOf(body.token_id) ?? "";
    const privileges = textsOf(named(body.role_id)?.privileges);
    const may = privileges.length > 0 ? codes(privileges) : `what ${code(textOf(body.role_id) ?? "")} may`;
    return `${code(account)} may ${may} on ${code(textOf(body.path) ?? "")}`;
  });
  return grants.length === 0 ? [] : [`**Accounts** on Proxmox: ${sorted(grants).join("; ")}.`];
}
