import { textOf } from "./json";
import { ofType, resourcesOf, type Stack } from "./stack";

/** The contract as the constructs write it: the version that the cluster began with. */
const contract = /\? \\?"v1[.][0-9]+\\?" : (talos_machine_secrets[.][\w-]+)[.]talos_version\}$/;

/** The Talos version that a machine configuration is for. */
export function talosVersionOf(stack: Stack, body: Readonly<Record<string, unknown>>): string | undefined {
  const version = textOf(body.talos_version);
  const [, secrets] = contract.exec(version ?? "") ?? [];
  if (secrets === undefined) return version;
  const own = ofType(resourcesOf(stack), "talos_machine_secrets").find(({ address }) => address === secrets);
  // A new cluster begins with the version to run, which its secrets name.
  return textOf(own?.body.talos_version) ?? version;
}
