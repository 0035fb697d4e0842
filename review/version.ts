import { rules as ciliumRules } from "../constructs/cilium/version";
import { allMethods } from "../constructs/gpu/vendors";
import type { Rule } from "../constructs/rules/rule";
import { rules as kubernetesRules } from "../constructs/talos/kubernetes-version";
import { rules as talosRules } from "../constructs/talos/version";
import { praiseOn, type Running, shortcomingsOn } from "../constructs/versions/verdict";
import { isInStack } from "./chart";
import { entriesOf, isExpression, objectOf, textOf, textsOf } from "./json";
import { code, type Markdown, table, text } from "./markdown";
import { extensionsOf, kernelArgumentsOf } from "./patch-addition";
import { reasonOfKernelArgument } from "./reason";
import { ownRepositories } from "./source";
import { elementsOf, ofType, resourcesOf, type Stack } from "./stack";
import { talosVersionOf } from "./talos-version";

/** A provider at the version that the project is built for. */
export interface PinnedProvider {
  /** @example "registry.terraform.io/bpg/proxmox" */
  readonly address: string;
  readonly version: string;
}

/** What versions are judged by. */
export interface Measure {
  /** The providers that the project is built for. */
  readonly providers: readonly PinnedProvider[];
  /** The day of the review, such as `2026-11-30`: the stack is the same on every day, and its versions age. */
  readonly day: string;
}

type Row = readonly [what: string, version: string, verdict: Markdown];

const atPlan = "decided at plan";

/** What the constructs' own rules say of it, and what its makers say of it on the day. */
function verdictOf<Subject extends Readonly<Record<string, string>>>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  day: string,
  running: Running,
): Markdown {
  if (Object.values(subject).some(isExpression)) return atPlan;
  const problems = rules.flatMap(({ checks }) => checks(subject)).filter(({ condition }) => condition !== true);
  const refusals = problems.map(({ message }) => message);
  const bad = refusals.length > 0 ? refusals : shortcomingsOn(day, running);
  return bad.length === 0 ? text(praiseOn(day, running)) : bad.map((each) => `**${text(each)}**`).join("; ");
}

const terraform = ({ terraform }: Stack): Row[] => [
  [
    "Terraform",
    textOf(objectOf(terraform).required_version) ?? "any",
    "1.5 or later, or OpenTofu, is what the project is built for",
  ],
];

/** Providers of the project come from the public registry. */
const registry = "registry.terraform.io/";

const providers = ({ terraform }: Stack, pins: readonly PinnedProvider[]): Row[] =>
  entriesOf(objectOf(terraform).required_providers).map(([name, requirement]) => {
    const { source, version } = objectOf(requirement);
    const given = textOf(source) ?? name;
    const address =
      given.split("/").length > 2 ? given : `${registry}${given.includes("/") ? given : `hashicorp/${given}`}`;
    const pin = pins.find((each) => each.address === address);
    const asked = textOf(version) ?? "any";
    const verdict =
      pin === undefined
        ? "**not of this project**"
        : pin.version === asked
          ? "what the project is built for"
          : `**the project is built for ${pin.version}**`;
    return [`provider ${given}`, asked, verdict];
  });

const cluster = (stack: Stack, day: string): Row[] =>
  ofType(elementsOf(stack), "talos_machine_configuration").flatMap(({ address, body }): Row[] => {
    const version = talosVersionOf(stack, body) ?? "";
    const kubernetesVersion = textOf(body.kubernetes_version) ?? "";
    const unknown = "the provider's choice";
    return [
      [
        `Talos, ${address}`,
        version || unknown,
        version
          ? verdictOf(talosRules, { version, path: "version" }, day, { program: "talos", version, kubernetesVersion })
          : unknown,
      ],
      [
        `Kubernetes, ${address}`,
        kubernetesVersion || unknown,
        version && kubernetesVersion
          ? verdictOf(kubernetesRules, { version, kubernetesVersion }, day, {
              program: "kubernetes",
              version: kubernetesVersion,
            })
          : unknown,
      ],
    ];
  });

/** What images consist of: extensions, and apart from them kernel arguments. */
const images = (stack: Stack): Row[] =>
  ofType(resourcesOf(stack), "talos_image_factory_schematic").flatMap(({ address, body }) => {
    const schematic = textOf(body.schematic) ?? "";
    return [
      ...extensionsOf(schematic).map(
        (name): Row => [`Talos extension, ${address}`, name, "of the Talos version, by the image factory"],
      ),
      ...kernelArgumentsOf(schematic).map(
        (argument): Row => [`kernel argument, ${address}`, argument, `**${text(reasonOfKernelArgument(argument))}**`],
      ),
    ];
  });

const charts = (stack: Stack, day: string): Row[] => {
  const kubernetes = ofType(elementsOf(stack), "talos_machine_configuration").flatMap(({ body }) =>
    textsOf(body.kubernetes_version),
  );
  const talos = ofType(elementsOf(stack), "talos_machine_configuration").flatMap(
    ({ body }) => talosVersionOf(stack, body) ?? [],
  );
  return ofType(resourcesOf(stack), "helm_release").map(({ address, body }): Row => {
    const chart = textOf(body.chart) ?? "";
    const version = textOf(body.version);
    const repository = textOf(body.repository);
    const method = allMethods.find((each) => each.chart === chart && each.repository === repository);
    const what = `chart ${isInStack(chart) ? textOf(body.name) : chart}, ${address}`;
    if (isInStack(chart)) return [what, "the stack's own", "part of what was synthesized"];
    if (version === undefined) return [what, "any", "**the newest at every apply: not fixed**"];
    const own = ownRepositories[chart];
    if (own !== undefined && repository !== own) return [what, version, `**not judged: it is not from ${text(own)}**`];
    if (chart === "cilium") {
      const [kubernetesVersion] = kubernetes;
      return [
        what,
        version,
        verdictOf(ciliumRules, { version }, day, { program: "cilium", version, kubernetesVersion }),
      ];
    }
    if (method === undefined) return [what, version, "not of this project"];
    const tooOld = [
      ...talos.filter((each) => isOlder(each, method.talos)).map((each) => `Talos ${each}`),
      ...kubernetes.filter((each) => isOlder(each, method.kubernetes)).map((each) => `Kubernetes ${each}`),
    ];
    if (tooOld.length > 0) return [what, version, `**it does not work on ${tooOld.join(" and ")}**`];
    return [
      what,
      version,
      method.version === version ? "known to work" : `the version known to work is ${method.version}`,
    ];
  });
};

/** Whether the version is of an earlier minor. */
function isOlder(version: string, min: string | undefined): boolean {
  const minorOf = (of: string) => Number(/^v?1[.]([0-9]+)/.exec(of)?.[1] ?? Number.NaN);
  return min !== undefined && minorOf(version) < minorOf(min);
}

const rowsOf = (stack: Stack, { providers: pins, day }: Measure): Row[] => [
  ...terraform(stack),
  ...providers(stack, pins),
  ...cluster(stack, day),
  ...images(stack),
  ...charts(stack, day),
];

/** What is not as the project has it: in words of its own, or in bold ones. */
const isGood = (verdict: Markdown): boolean => !verdict.startsWith("**");

/** The versions of what runs, in a line. */
export function versionWords(stack: Stack): Markdown {
  const required = textOf(objectOf(stack.terraform).required_version);
  const named = [
    `Terraform ${code(required ?? "any")}`,
    ...ofType(elementsOf(stack), "talos_machine_configuration").flatMap(({ body }) => [
      `Talos ${code(talosVersionOf(stack, body) ?? "any")}`,
      `Kubernetes ${code(textOf(body.kubernetes_version) ?? "any")}`,
    ]),
    ...ofType(resourcesOf(stack), "helm_release").flatMap(({ body }) =>
      isInStack(textOf(body.chart))
        ? []
        : [`chart ${code(textOf(body.chart) ?? "")} ${code(textOf(body.version) ?? "any")}`],
    ),
  ];
  return [...new Set(named)].join(", ");
}

/** What is not a version that the project knows to work. */
export const versionReasons = (stack: Stack, measure: Measure): Markdown[] =>
  rowsOf(stack, measure)
    .filter(([what, , verdict]) => !isGood(verdict) && !what.startsWith("kernel argument"))
    .map(([what, version, verdict]) => `${text(what)} ${code(version)}: ${verdict.replaceAll("**", "")}`);

export const versionSection = (stack: Stack, measure: Measure): Markdown =>
  [
    "## Versions",
    table(
      ["what", "version", `on ${measure.day}`],
      rowsOf(stack, measure).map(([what, version, verdict]) => [text(what), code(version), verdict]),
      "None.",
    ),
  ].join("\n\n");
