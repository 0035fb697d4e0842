import { Refusal } from "./refusal";

const example = "https://pve.example:8006";

/** The address of the API as the provider wants it: `https://pve:8006/`, also from `pve` or `https://pve:8006`. */
export function endpointOf(text: string): URL {
  const hasScheme = /^[a-z]+:[/][/]/i.test(text);
  const address = hasScheme ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) throw new Refusal(`"${text}" is no address; write the host and port of Proxmox, as in ${example}`);
  if (url.username !== "" || url.password !== "")
    throw new Refusal(
      `The address names a user, not shown as it may be a secret; write it as in ${example}: the user is asked for.`,
    );
  if (url.protocol !== "https:")
    throw new Refusal(`"${text}" is not https, which Proxmox alone speaks; write it as in ${example}`);
  if (url.port === "" && !/:443([/]|$)/.test(text)) url.port = "8006";
  return new URL("/", url);
}
