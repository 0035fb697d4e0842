import { File } from "@cdktf/provider-local/lib/file";
import type { Construct } from "constructs";
import { escapeTemplate } from "../rules/template";
import { withLogicalId } from "../terraform/logical-id";

/** A file that its owner alone can read. */
export const secretFile = (
  scope: Construct,
  name: string,
  file: { readonly directory: string; readonly content: string; readonly fileName?: string },
): File =>
  withLogicalId(
    name,
    new File(scope, scope.node.tryFindChild(name) ? `${name} file` : name, {
      filename: escapeTemplate(`${file.directory}/${file.fileName ?? name}`),
      content: file.content,
      filePermission: "0600",
      directoryPermission: "0700",
    }),
  );
