import { privateHttp } from "../../network/plain-http";
import { isPlainObject } from "../../props/plain-data";
import { type Condition, matches, not, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import type { Check, Rule } from "../../rules/rule";
import { talosDocs } from "../../rules/source";
import { documentsOf } from "./document";
import type { GivenPatch } from "./protected-setting";

interface Patched {
  readonly patches: readonly GivenPatch[];
}

/** Where the node fetches manifests and images from, as paths in a document; the document of a mirror has its kind before it. */
const fetched =
  /^(cluster[.](extraManifests|externalCloudProvider[.]manifests|network[.]cni[.]urls)|machine[.]registries[.]mirrors[.].*[.]endpoints|RegistryMirrorConfig[.]endpoints)\b/;

/** Strings in a value, with their paths. */
function stringsIn(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  // A variable is an object, too, and no part of the document.
  if (!Array.isArray(value) && !isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    stringsIn(each, Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`),
  );
}

const urlsIn = (document: unknown): [path: string, url: string][] => {
  const kind = isPlainObject(document) && typeof document.kind === "string" ? document.kind : "";
  return stringsIn(document, kind).filter(([path]) => fetched.test(path));
};

function checkUrl(where: string, url: string): Check {
  const isHttp: Condition = matches(url, /^[hH][tT][tT][pP]:/);
  return {
    condition: or(not(isHttp), matches(url, privateHttp)),
    message: `${where} ${formatValue(url)} is plain http: anyone on the way can replace what the node fetches there; write https, or a private IP address`,
  };
}

/** What a patch has the node fetch over the network. */
export const rules: readonly Rule<Patched>[] = [
  {
    id: "patch-plain-http",
    requirement: "manifests and images that a patch names come over https, or over http from a private IP address",
    reason: "Talos applies the manifests as the cluster's administrator, and runs the images",
    source: talosDocs("reference/configuration/v1alpha1/config"),
    severity: "warning",
    checks: ({ patches }) =>
      patches.flatMap(({ path, patch }) =>
        documentsOf(patch).flatMap((document) =>
          urlsIn(document).map(([inside, url]) => checkUrl(`${path}: ${inside}`, url)),
        ),
      ),
  },
];
