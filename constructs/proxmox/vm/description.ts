import { Fn, Token } from "cdktf";
import { equal, isUnknown, not, wholeNumber } from "../../rules/condition";
import { asFunctionArgument, expression } from "../../rules/expression";
import { formatValue, toTokenString } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { escapeTemplate } from "../../rules/template";

/** All that Go and Perl take for blanks. */
const blanksAround = /^[\s\u0085]+|[\s\u0085]+$/g;

/**
 * The description as the provider keeps it: without blanks around it, and with the line ends of Unix. In any other form it
 * differs in every plan.
 *
 * @see https://github.com/bpg/terraform-provider-proxmox/blob/v0.112.0/proxmoxtf/resource/vm/vm.go#L748
 */
const kept = (description: string): string =>
  isUnknown(description)
    ? Token.asString(expression`trimspace(replace(${description}, ${"\r\n"}, ${"\n"}))`)
    : description.replaceAll("\r\n", "\n").replace(blanksAround, "");

export const block = (description: string | undefined): string | undefined =>
  description === undefined ? undefined : escapeTemplate(kept(description));

const longest = 8192;

/** In the characters that Proxmox and Terraform count. */
const lengthOf = (text: string): number =>
  isUnknown(text) ? Token.asNumber(Fn.lengthOf(asFunctionArgument(text))) : [...text.normalize("NFC")].length;

export const rules: readonly Rule<{ readonly description?: string }>[] = [
  {
    id: "description-length",
    requirement: `a description has ${longest} characters at most`,
    reason: "Proxmox refuses a longer one when the VM is created",
    source: "https://pve.proxmox.com/pve-docs/qm.1.html",
    checks: ({ description }) =>
      ifSet(description, (description) => ({
        condition: wholeNumber(lengthOf(description), 0, longest),
        message: `description has ${toTokenString(lengthOf(description))} characters; write ${longest} at most`,
      })),
  },
  {
    id: "description-kept",
    requirement: "a description is more than the digit 0",
    reason: "Proxmox does not store it, so every plan would set it again",
    source: "https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer.pm",
    checks: ({ description }) =>
      ifSet(description, (description) => ({
        condition: not(equal(kept(description), "0")),
        message: `description is ${formatValue(description)}, which Proxmox does not store; write another text, or leave it out`,
      })),
  },
];
