import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import type { Kubectl } from "../../kubectl";

/** A release as Helm keeps it in the cluster: https://github.com/helm/helm/blob/v3.18.5/pkg/storage/driver/util.go */
interface Stored {
  readonly metadata: { readonly namespace: string };
  readonly data: { readonly release: string };
}
interface Installed {
  readonly name: string;
  readonly manifest: string;
}

const decoded = (text: string): Buffer => Buffer.from(text, "base64");
const installed = ({ data }: Stored): Installed =>
  JSON.parse(gunzipSync(decoded(decoded(data.release).toString())).toString());

/** The releases that are installed. */
export async function releasesIn(kubectl: Kubectl): Promise<(Installed & { readonly namespace: string })[]> {
  const selector = "--selector=owner=helm,status=deployed";
  const { items } = await kubectl.get<{ items: Stored[] }>("secrets", "--all-namespaces", selector);
  return items.map((stored) => ({ ...installed(stored), namespace: stored.metadata.namespace }));
}

/** The documents with a namespace of their own, and those that are in the release's, as Helm wrote them. */
function byNamespace(manifest: string): [own: string, released: string] {
  const documents = manifest.split(/^---$/m).filter((text) => parse(text)?.kind);
  const isPlaced = (text: string) => parse(text).metadata?.namespace !== undefined;
  const joined = (texts: string[]) => texts.join("\n---\n");
  return [joined(documents.filter(isPlaced)), joined(documents.filter((text) => !isPlaced(text)))];
}

/** What the API server has against a manifest, which Helm does not ask it: keys that no kind has, twice the same key. */
export async function strictlyValidated(kubectl: Kubectl, manifest: string, namespace: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "strict-"));
  const file = join(folder, "manifest.yaml");
  const validated = async (documents: string, ...place: string[]): Promise<string> => {
    if (documents === "") return "";
    writeFileSync(file, documents);
    const options = ["--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict"];
    const { code, output } = await kubectl.run("apply", ...options, ...place, `--filename=${file}`);
    return code === 0 ? "" : output;
  };
  const [own, released] = byNamespace(manifest);
  const found = `${await validated(own)}${await validated(released, `--namespace=${namespace}`)}`;
  rmSync(folder, { recursive: true });
  return found;
}

/** The same of the manifests of the releases, by the name of the release. */
export async function strictly(kubectl: Kubectl): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, namespace, manifest } of await releasesIn(kubectl)) {
    found[name] = await strictlyValidated(kubectl, manifest, namespace);
  }
  return found;
}
