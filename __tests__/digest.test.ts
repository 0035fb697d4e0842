import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { byDigest, imagesIn } from "../constructs/gpu/image-digest";
import { vendors } from "../constructs/gpu/vendors";
import { digestOf, fileOf } from "../scripts/digest";

const manifest = '{"schemaVersion":2,"manifests":[]}';
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;

let registry: Server;
let asked: (string | undefined)[][] = [];
/** What the registry says that the digest is. */
let told: string | undefined;

beforeAll(async () => {
  registry = createServer(({ url = "", headers }, response) => {
    asked.push([url, headers.authorization]);
    const { port } = registry.address() as AddressInfo;
    if (url.startsWith("/token")) response.end('{"token":"t"}');
    else if (headers.authorization !== "Bearer t") {
      const scope = "repository:a/b:pull";
      const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="r",scope="${scope}"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    } else if (url !== "/v2/a/b/manifests/1.0") response.writeHead(404).end();
    else response.writeHead(200, told === undefined ? {} : { "docker-content-digest": told }).end(manifest);
  });
  registry.listen(0, "127.0.0.1");
  await once(registry, "listening");
});

afterAll(() => void registry.close());

beforeEach(() => {
  asked = [];
  told = digest;
});

const origin = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;

test("the digest of an image is that of the manifest that its registry answers, with a token for everyone", async () => {
  expect(await digestOf("registry.example/a/b:1.0", origin)).toBe(digest);
  expect(asked).toEqual([
    ["/v2/a/b/manifests/1.0", undefined],
    ["/token?service=r&scope=repository%3Aa%2Fb%3Apull", undefined],
    ["/v2/a/b/manifests/1.0", "Bearer t"],
  ]);
  told = undefined;
  expect(await digestOf("registry.example/a/b:1.0", origin)).toBe(digest);
});

test.each([
  ["a tag that is not there", "registry.example/a/b:2.0", "registry.example/a/b:2.0: registry.example answers 404"],
  ["no tag", "registry.example/a/b", "registry.example/a/b is not an image with a registry and a tag"],
])("%s has none", async (_, image, message) => {
  await expect(digestOf(image, origin)).rejects.toThrow(message);
});

test("a registry that names another digest than its manifest has is refused", async () => {
  told = `sha256:${"0".repeat(64)}`;
  await expect(digestOf("registry.example/a/b:1.0", origin)).rejects.toThrow(
    `says ${told}, and its manifest has ${digest}`,
  );
});

test("what a registry names instead writes nothing into a terminal", async () => {
  told = "sha256:\u009b31m";
  await expect(digestOf("registry.example/a/b:1.0", origin)).rejects.toThrow("says sha256:\\u009b31m, and");
});

test("the constructs name an image by its digest once the command has written it", () => {
  const image = "nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0";
  expect(imagesIn(vendors)).toContain(image);
  expect(byDigest(image, { [image]: digest })).toBe(`${image}@${digest}`);
  expect(byDigest(image, {})).toBe(image);
  expect(fileOf({ [image]: digest })).toContain(`"${image}": "${digest}"`);
});
