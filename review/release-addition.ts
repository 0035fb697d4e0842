import type { Addition } from "./addition";
import { isInStack } from "./chart";
import { documentsOf, unfolded, withoutEscapes } from "./document";
import { type Json, textOf, textsOf } from "./json";
import { leavesOf } from "./leaf";
import { block, code } from "./markdown";
import { differenceOf, yamlOf } from "./own-value";
import { reasonsInObjects } from "./reason";
import { redactedDocument } from "./redaction";
import { secretSourcesIn } from "./secret";
import { ownRepositories } from "./source";
import { type Element, elementsOf, type Stack } from "./stack";

/** Charts whose pods are root on the node: what they run is worth a second look. */
const isPrivileged = (body: Json): boolean => Object.hasOwn(ownRepositories, textOf(body.chart) ?? "");

/** Values of charts beyond the constructs' own, and charts from elsewhere. */
export const releaseAdditions = (stack: Stack): Addition[] =>
  elementsOf(stack)
    .filter(({ type }) => type === "helm_release" || type === "helm_template")
    .flatMap((element) => [...ofChart(element), ...ofValues(stack, element)]);

function ofChart({ address, body }: Element): Addition[] {
  const chart = textOf(body.chart) ?? "";
  const repository = textOf(body.repository) ?? "";
  if (isInStack(chart)) return [];
  const own = ownRepositories[chart];
  if (own === repository) return [];
  const reason =
    own === undefined
      ? "a chart that is not of this project: it may run privileged pods"
      : `not from ${own}: its pods are root on the node`;
  return [
    {
      title: `Chart ${code(redactedDocument(chart))} of ${code(address)}, from ${code(redactedDocument(repository) || "this machine")}`,
      reasons: [reason],
    },
  ];
}

function ofValues(stack: Stack, { address, body }: Element): Addition[] {
  const texts = textsOf(body.values);
  const documents = texts.map(documentsOf);
  const title = `Values of ${code(address)}`;
  if (documents.includes(undefined) || texts.some((text) => text === "")) {
    return [
      {
        title,
        reasons: ["values that this page cannot read"],
        content: block(redactedDocument(withoutEscapes(texts.join("\n---\n"))), "yaml"),
      },
    ];
  }
  const { added, missing } = differenceOf(body, documents.flat());
  if (added === undefined && missing.length === 0) return [];
  const leaves = leavesOf(unfolded(added));
  const secrets = secretSourcesIn(stack, added);
  const reasons = [
    ...reasonsInObjects(leaves),
    ...(secrets.length > 0 ? [`what is secret is given to a chart: ${secrets.join(", ")}`] : []),
  ];
  const sources = reasons.some((reason) => reason.includes("source of images"));
  const lines = [
    ...(added === undefined ? [] : [yamlOf(added).trimEnd()]),
    ...missing.map((leaf) => `# not set: ${leaf}`),
  ];
  return [
    {
      title: missing.length === 0 ? title : `${title}, without some of the project's own`,
      reasons: [
        ...reasons,
        ...(sources && isPrivileged(body) ? ["images for privileged pods, which are root on the node"] : []),
        ...(missing.length > 0 ? ["values of the project's own that are missing or other"] : []),
      ],
      content: block(redactedDocument(lines.join("\n")), "yaml"),
    },
  ];
}
