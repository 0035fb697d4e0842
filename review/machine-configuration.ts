import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { entriesOf, isObject, type Json, objectOf, textOf } from "./json";

/** Parts of a machine's configuration that Talos takes over while it runs. */
const atOnce = new Set([
  "debug",
  "cluster",
  "machine.acceptedCAs",
  "machine.ca",
  "machine.certSANs",
  "machine.controlPlane",
  "machine.features.hostDNS",
  "machine.features.imageCache",
  "machine.features.kubePrism",
  "machine.features.kubernetesTalosAPIAccess",
  "machine.features.nodeAddressSortAlgorithm",
  "machine.install",
  "machine.kernel",
  "machine.kubelet",
  "machine.logging",
  "machine.network",
  "machine.nodeAnnotations",
  "machine.nodeLabels",
  "machine.nodeTaints",
  "machine.pods",
  "machine.registries",
  "machine.seccompProfiles",
  "machine.sysctls",
  "machine.sysfs",
  "machine.time",
]);

/**
 * Whether Talos restarts the node for another configuration; undefined if one of them is not known.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/system-configuration/editing-machine-configuration
 */
export function restartsFor(before: unknown, after: unknown): boolean | undefined {
  const [one, other] = [textOf(before), textOf(after)];
  if (!one || !other) return undefined;
  return !isDeepStrictEqual(restOf(machineOf(one)), restOf(machineOf(other)));
}

/** The document of the machine itself: those beside it have a kind, and are taken over at once. */
const machineOf = (text: string): Json =>
  objectOf(
    parseAllDocuments(text)
      .map((document) => document.toJS())
      .find((document) => objectOf(document).version === "v1alpha1"),
  );

/** What is not taken over at once. */
const restOf = (value: Json, path = ""): Json =>
  Object.fromEntries(
    entriesOf(value).flatMap(([name, each]) => {
      const here = `${path}${name}`;
      if (atOnce.has(here)) return [];
      return [[name, isObject(each) ? restOf(each, `${here}.`) : each]];
    }),
  );
