import type { ApiRequest, Route } from "./api-request";
import { entriesOf, mismatch, type PciMapping } from "./pci-mapping";
import { all, either, everyone } from "./permission";

const digest = "0".repeat(40);

/** The properties of a mapping that a request gives. */
function given(request: ApiRequest): Omit<Partial<PciMapping>, "id"> {
  const map = request.parameters.getAll("map");
  const names = ["mdev", "live-migration-capable", "description"] as const;
  const others = names.map((name) => [name, request.optional(name)]).filter(([, value]) => value !== undefined);
  return { ...(map.length === 0 ? {} : { map }), ...Object.fromEntries(others) };
}

const seen = ({ id, map, description, ...flags }: PciMapping) => ({
  id,
  type: "pci",
  map,
  digest,
  ...(description === undefined ? {} : { description }),
  ...Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, Number(value)])),
});

/** What a node says to a mapping. */
function checks(request: ApiRequest, mapping: PciMapping, node: string) {
  const { devices } = request.cluster.host(node);
  const entries = entriesOf(mapping, node);
  if (entries.length === 0) return [{ severity: "warning", message: `No mapping for node ${node}.` }];
  return entries
    .map((entry) => mismatch(mapping, entry, devices))
    .filter((reason) => reason !== undefined)
    .map((reason) => ({ severity: "error", message: `Invalid configuration: ${reason}\n` }));
}

/** Any of these shows a mapping. */
const visible = ["Mapping.Modify", "Mapping.Use", "Mapping.Audit"];

/** PCI devices of the cluster by name. */
export const mappingRoutes: readonly Route[] = [
  [
    "GET",
    "/cluster/mapping/pci",
    everyone,
    (request) => {
      const node = request.optional("check-node");
      const seenBy = ({ id }: PciMapping) =>
        visible.some((privilege) => request.caller.may(`/mapping/pci/${id}`, privilege));
      return request.host.mappings.all.filter(seenBy).map((mapping) => ({
        ...seen(mapping),
        ...(node === undefined ? {} : { checks: checks(request, mapping, node) }),
      }));
    },
  ],
  [
    "POST",
    "/cluster/mapping/pci",
    all("/mapping/pci", "Mapping.Modify"),
    (request) => {
      request.host.mappings.create({ id: request.required("id"), map: [], ...given(request) });
      return null;
    },
  ],
  [
    "GET",
    "/cluster/mapping/pci/:id",
    either(...visible.map((privilege) => all("/mapping/pci/:id", privilege))),
    ({ host, path }) => seen(host.mappings.get(String(path.id))),
  ],
  [
    "PUT",
    "/cluster/mapping/pci/:id",
    all("/mapping/pci/:id", "Mapping.Modify"),
    (request) => {
      const removed = (request.optional("delete") ?? "").split(/[,;\s]+/);
      request.host.mappings.update(String(request.path.id), (mapping) => {
        const kept = Object.entries(mapping).filter(([name]) => !removed.includes(name));
        return { id: mapping.id, map: mapping.map, ...Object.fromEntries(kept), ...given(request) };
      });
      return null;
    },
  ],
  [
    "DELETE",
    "/cluster/mapping/pci/:id",
    all("/mapping/pci", "Mapping.Modify"),
    ({ host, path }) => {
      host.mappings.remove(String(path.id));
      return null;
    },
  ],
];
