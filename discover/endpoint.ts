import { Refusal } from "./refusal";

const example = "https://pve.example:8006";

/** The address of the API as the provider wants it: `https://pve:8006/`, also from `pve` or `https://pve:8006`. */
export function endpointOf(text: string): URL {
  const hasScheme = /^[a-z]+:[/][/]/i.test(text);
  const address = hasScheme ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) throw new Refusal(`"${text}" is not an address; write the host and port of Proxmox, as in ${example}`);
  if (url.username !== "" || url.password !== "")
    throw new Refusal(`The address contains a user (hidden); write it as in ${example}. discover asks for the user.`);
  if (url.protocol !== "https:")
    throw new Refusal(`"${text}" is not https, the only protocol that Proxmox serves; write it as in ${example}`);
  if (url.port === "" && !/:443([/]|$)/.test(text)) url.port = "8006";
  return new URL("/", url);
}
