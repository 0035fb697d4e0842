import { allMethods, vendors } from "../constructs/gpu/vendors";
import * as localStorage from "../constructs/storage/local-storage";
import * as proxmoxCsi from "../constructs/storage/proxmox-csi";
import * as storageTest from "../constructs/storage/storage-test";
import { isInStack } from "./chart";
import { documentsOf, unfolded, withoutEscapes } from "./document";
import type { Facts } from "./fact";
import { blocksOf, entriesOf, isObject, type Json, objectOf, textOf, textsOf } from "./json";
import { leavesOf } from "./leaf";
import { dataOf, type Element, elementsOf, resourcesOf, type Stack } from "./stack";

/** Something that is fetched: an image, a chart, a file at a URL. */
export interface Source {
  /** @example "https://helm.cilium.io/" */
  readonly name: string;
  /** Address in Terraform of what names it. */
  readonly by: string;
  /** Whether the constructs name it by themselves. */
  readonly isOwn: boolean;
}

/** Every URL of any scheme. A URL of a document ends before a bracket or a comma. */
const urls = /(?<![\w])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>|\\^,;)\]]+/gi;

/** A name such as `ghcr.io/org/image:tag` or `org/image@sha256:…`. */
const imageName = /^(?:[\p{L}\w.-]+(?::\d+)?\/)?[\p{L}\w./-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/iu;

/** The image factory of the Talos provider, unless it names another. */
const factory = "https://factory.talos.dev/";

const ownImages = [
  storageTest.image,
  ...Object.values(vendors).flatMap(({ resources }) => resources.map(({ work }) => work.image)),
  ...allMethods.flatMap(({ objects, version }) => imagesIn(objects?.({ version, replicas: 1 }) ?? [])),
];

/** Repository of each chart of the constructs. */
export const ownRepositories: Readonly<Record<string, string>> = {
  cilium: "https://helm.cilium.io/",
  [localStorage.chart]: localStorage.defaultRepository,
  [proxmoxCsi.name]: proxmoxCsi.defaultRepository,
  ...Object.fromEntries(
    allMethods.flatMap(({ chart, repository }) => (repository === undefined ? [] : [[chart, repository]])),
  ),
};

const ownPatterns: readonly RegExp[] = [
  /^https:\/\/factory[.]talos[.]dev\/image\/\$\{talos_image_factory_schematic[.][\w-]+[.]id\}\/v[\d.]+\/nocloud-amd64[.]qcow2$/,
  /^https:\/\/github[.]com\/kubernetes-sigs\/gateway-api\/releases\/download\/v[\d.]+\/standard-install[.]yaml$/,
];

const own = new Set([factory, ...Object.values(ownRepositories), ...ownImages]);

const isOwn = (name: string): boolean => own.has(name) || ownPatterns.some((pattern) => pattern.test(name));

function urlsIn(value: unknown): string[] {
  return leavesOf(value).flatMap(({ path, value }) => {
    const key = path.split(".").at(-1) ?? "";
    return [
      ...(String(value).match(urls) ?? []),
      ...(key.match(urls) ?? []),
      ...(path.match(/(?<=mirrors[.]).*(?=[.]endpoints)/) ?? []),
    ];
  });
}

/** Images and registries by the keys that have them. */
export function imagesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(imagesIn);
  if (!isObject(value)) return [];
  const { registry, repository, tag, digest } = value;
  const [name] = textsOf(repository);
  const composed =
    name === undefined
      ? textsOf(registry)
      : [
          `${textsOf(registry)
            .map((each) => `${each}/`)
            .join("")}${name}${textsOf(tag)
            .map((each) => `:${each}`)
            .join("")}${textsOf(digest)
            .map((each) => `@${each}`)
            .join("")}`,
        ];
  return [
    ...composed,
    ...entriesOf(value).flatMap(([key, inside]) => {
      if (/(^|[a-z_])images?$|Image$|^imageRegistry$|imageSource|^override$/i.test(key)) {
        const texts = textsOf(inside).filter((each) => imageName.test(each) && each !== "");
        if (texts.length > 0) return texts;
      }
      return imagesIn(inside);
    }),
  ];
}

/** What is in a text that may be a document, or hold URLs. */
function sourcesIn(text: string): string[] {
  const plain = withoutEscapes(text);
  // A word is no document.
  const documents = /[\n{[]|: /.test(text) ? documentsOf(text) : undefined;
  const parsed = documents?.some((document) => typeof document === "object") ? unfolded(documents) : undefined;
  // Of what is no document, the keys of images are looked for as letters.
  const loose =
    parsed === undefined
      ? [...plain.matchAll(/\bimage["']?\s*[:=]\s*["']?([^\s"',}]+)/g)].flatMap(([, name]) => name ?? [])
      : [];
  return [...(parsed === undefined ? (plain.match(urls) ?? []) : urlsIn(parsed)), ...imagesIn(parsed), ...loose];
}

/** What documents in the attributes of a resource name. */
const inTexts = (value: unknown): string[] =>
  leavesOf(value).flatMap(({ value }) => (typeof value === "string" ? sourcesIn(value) : []));

const ignored = ["lifecycle", "depends_on", "//", "for_each", "triggers"];

const bodyOf = ({ body }: Element): Json =>
  Object.fromEntries(entriesOf(body).filter(([name]) => !ignored.includes(name)));

/** The chart with its repository; one in the stack's folder is not fetched. */
function chartOf({ type, body }: Element): string[] {
  if (type !== "helm_release" && type !== "helm_template") return [];
  const chart = textOf(body.chart) ?? "";
  if (body.repository !== undefined) return textsOf(body.repository);
  return isInStack(chart) ? [] : [chart];
}

/** Whether a URL is that of the cluster's API, at one of its nodes or at the address that they share. */
const isApi = (name: string, { endpoints, addresses, apiHosts }: Facts): boolean => {
  const [, host = ""] = /^https:\/\/\[?([^/\]]*?)\]?:6443\/?$/.exec(name) ?? [];
  return endpoints.has(name) || addresses.has(host) || apiHosts.has(host);
};

/** Addresses of Proxmox's API, as the CSI driver is given them. */
const proxmoxApis = (stack: Stack): Set<string> =>
  new Set(
    blocksOf(objectOf(stack.provider).proxmox).flatMap(({ endpoint }) =>
      textsOf(endpoint).map((each) => `${each.replace(/\/+$/, "")}/api2/json`),
    ),
  );

/** Everything that Proxmox, the nodes, the pods and this machine fetch, as far as it is named in the stack. */
export function sourcesOf(stack: Stack, facts: Facts): Source[] {
  const ofProxmox = proxmoxApis(stack);
  const of = (by: string, names: readonly string[]): Source[] =>
    [...new Set(names)]
      .filter((name) => !isApi(name, facts) && !ofProxmox.has(name))
      .map((name) => ({ name, by, isOwn: isOwn(name) }));
  const elements = [...resourcesOf(stack), ...dataOf(stack)].flatMap((element) => {
    const { chart, repository, ...rest } = bodyOf(element);
    const others = element.type.startsWith("helm_") ? rest : bodyOf(element);
    return of(element.address, [...chartOf(element), ...inTexts(others)]);
  });
  const factories = blocksOf(objectOf(stack.provider).talos).flatMap((provider) =>
    elementsOf(stack).some(({ type }) => type === "talos_image_factory_schematic")
      ? of("provider.talos", textsOf(provider.image_factory_url ?? factory))
      : [],
  );
  const modules = entriesOf(stack.module).flatMap(([name, body]) =>
    blocksOf(body).flatMap(({ source }) => of(`module.${name}`, textsOf(source))),
  );
  const variables = entriesOf(stack.variable).flatMap(([name, variable]) =>
    of(`var.${name}`, inTexts({ default: objectOf(variable).default })),
  );
  const locals = of("locals", inTexts(stack.locals ?? {}));
  const outputs = entriesOf(stack.output).flatMap(([name, output]) =>
    of(`output.${name}`, inTexts({ value: objectOf(output).value, description: objectOf(output).description })),
  );
  return [...elements, ...factories, ...modules, ...variables, ...locals, ...outputs].sort((one, other) =>
    one.name < other.name ? -1 : one.name > other.name ? 1 : one.by < other.by ? -1 : 1,
  );
}
