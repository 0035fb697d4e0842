import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import type { PciMapping } from "./pci-mapping";

const mappingOf = (request: ApiRequest, id: string): PciMapping => {
  request.caller.demand(`/mapping/pci/${id}`, "Mapping.Modify");
  const map = request.parameters.getAll("map");
  const [mdev, description] = [request.optional("mdev"), request.optional("description")];
  return { id, map, ...(mdev === undefined ? {} : { mdev }), ...(description === undefined ? {} : { description }) };
};

const seen = ({ id, map, mdev, description }: PciMapping) => ({
  id,
  type: "pci",
  map,
  digest: "0".repeat(40),
  ...(description === undefined ? {} : { description }),
  ...(mdev === undefined ? {} : { mdev: Number(mdev) }),
});

function pool({ host }: ApiRequest, id: string) {
  const found = host.pools.get(id);
  if (!found) throw new ApiError(500, `pool '${id}' does not exist`);
  const members = [...found.members].map((vmid) => ({ id: `qemu/${vmid}`, type: "qemu", vmid, node: host.node }));
  return { poolid: id, comment: found.comment, members };
}

/** The cluster, its nodes, hardware, PCI mappings, pools and tasks. Nothing is highly available. */
export const clusterRoutes: readonly Route[] = [
  ["GET", "/version", () => ({ version: "9.1.2", release: "9.1", repoid: "0123456789abcdef" })],
  ["GET", "/nodes", ({ host }) => [{ node: host.node, id: `node/${host.node}`, status: "online", type: "node" }]],
  [
    "GET",
    "/cluster/ha/resources/:id",
    ({ path }) => {
      throw new ApiError(500, `no such resource 'vm:${path.id}'`);
    },
  ],
  [
    "GET",
    "/cluster/nextid",
    (request) => {
      const wanted = request.optional("vmid");
      if (wanted !== undefined) {
        if (request.host.vms.has(Number(wanted))) throw invalidParameters({ vmid: `VM ${wanted} already exists` });
        return wanted;
      }
      let id = 100;
      while (request.host.vms.has(id)) id += 1;
      return String(id);
    },
  ],
  [
    "GET",
    "/nodes/:node/hardware/pci",
    ({ host, caller }) => {
      if (!caller.may("Sys.Modify")) caller.demand("/", "Sys.Audit");
      return host.devices;
    },
  ],
  ["GET", "/cluster/mapping/pci", ({ host }) => host.mappings.all.map(seen)],
  [
    "POST",
    "/cluster/mapping/pci",
    (request) => {
      request.host.mappings.create(mappingOf(request, request.required("id")));
      return null;
    },
  ],
  [
    "GET",
    "/cluster/mapping/pci/:id",
    (request) => {
      const id = String(request.path.id);
      if (!["Mapping.Use", "Mapping.Modify"].some((privilege) => request.caller.may(privilege))) {
        request.caller.demand(`/mapping/pci/${id}`, "Mapping.Audit");
      }
      return seen(request.host.mappings.get(id));
    },
  ],
  [
    "PUT",
    "/cluster/mapping/pci/:id",
    (request) => {
      const id = String(request.path.id);
      request.host.mappings.get(id);
      request.host.mappings.update(mappingOf(request, id));
      return null;
    },
  ],
  [
    "DELETE",
    "/cluster/mapping/pci/:id",
    (request) => {
      const id = String(request.path.id);
      request.caller.demand(`/mapping/pci/${id}`, "Mapping.Modify");
      request.host.mappings.remove(id);
      return null;
    },
  ],
  [
    "GET",
    "/pools",
    (request) => {
      const id = request.optional("poolid");
      return id === undefined
        ? [...request.host.pools].map(([poolid, { comment }]) => ({ poolid, comment }))
        : [pool(request, id)];
    },
  ],
  [
    "GET",
    "/nodes/:node/tasks/:upid/status",
    ({ host, path }) => {
      const { upid, type, user, status, exitstatus } = host.tasks.get(String(path.upid));
      return { upid, type, user, node: host.node, status, exitstatus };
    },
  ],
  [
    "GET",
    "/nodes/:node/tasks/:upid/log",
    ({ host, path }) => host.tasks.get(String(path.upid)).log.map((text, n) => ({ n: n + 1, t: text })),
  ],
];
