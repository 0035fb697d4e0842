import { createHash } from "node:crypto";
import { printable } from "../constructs/rules/printable";

/** An image in a registry, by its tag: `nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0`. */
interface Tagged {
  readonly registry: string;
  readonly name: string;
  readonly tag: string;
}

function tagged(image: string): Tagged {
  const [, registry = "", name = "", tag = ""] = /^([^/]+\.[^/]+)\/(.+):([^:/]+)$/.exec(image) ?? [];
  if (tag === "") throw new Error(`${image} is not an image with a registry and a tag`);
  // Docker Hub's registry has another name than its images.
  return { registry: registry === "docker.io" ? "registry-1.docker.io" : registry, name, tag };
}

const manifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What a registry asks for before it answers: a token, which it gives to everyone for public images. */
async function tokenFor(challenge: string): Promise<string> {
  const parts = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const { realm = "", ...query } = parts;
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`);
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? access_token ?? "";
}

/**
 * The digest of an image, of the manifest that the registry answers: of all platforms, if it has several.
 *
 * @param origin the URL of a registry
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export async function digestOf(image: string, origin = (registry: string) => `https://${registry}`): Promise<string> {
  const { registry, name, tag } = tagged(image);
  const url = `${origin(registry)}/v2/${name}/manifests/${tag}`;
  const ask = (headers: Record<string, string> = {}) => fetch(url, { headers: { accept: manifests, ...headers } });
  let answer = await ask();
  const challenge = answer.headers.get("www-authenticate");
  if (answer.status === 401 && challenge?.startsWith("Bearer ")) {
    answer = await ask({ authorization: `Bearer ${await tokenFor(challenge)}` });
  }
  if (!answer.ok) throw new Error(`${image}: ${registry} answers ${answer.status}`);
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest("hex")}`;
  const told = answer.headers.get("docker-content-digest") ?? digest;
  if (told !== digest) throw new Error(`${image}: ${registry} says ${printable(told)}, and its manifest has ${digest}`);
  return digest;
}

/** The module that the constructs read digests from. */
export const fileOf = (digests: Readonly<Record<string, string>>): string =>
  `/** Written by \`npm run digests\`: the digests of images that the constructs name by tag. */
export const digests: Readonly<Record<string, string>> = ${JSON.stringify(digests, null, 2)};
`;
