import { list, type Markdown } from "./markdown";

/** What an approver has to look at elsewhere. */
export const omissionSection = (): Markdown =>
  [
    "## What this page leaves out",
    list(
      [
        "The program that wrote the stack. It ran on this machine with its environment and its files, before this page was made: read the change of the program itself.",
        "Values that look like secrets: passwords, tokens and keys are shown as `…`; and values of variables in the environment of commands that are not the project's.",
        "The content of what is fetched: charts, images, manifests, modules and providers. What is not pinned by a checksum may change.",
        "What charts create by themselves: their own images, permissions and pods.",
        "What Proxmox, the nodes and the cluster have besides this stack, and what others changed there since the plan.",
        "Values of Terraform variables, and what Terraform takes from the environment: `TF_VAR_…`, `PROXMOX_VE_…`, `TF_CLI_ARGS` and proxies.",
        "What conditions and the order of resources mean: the page has only their number, their messages and the fingerprint of the stack.",
        "What Terraform computes at plan: expressions are shown as they are written.",
      ],
      "Nothing.",
    ),
  ].join("\n\n");
