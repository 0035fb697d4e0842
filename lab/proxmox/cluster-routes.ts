import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import { everyone } from "./permission";
import { isVisible, summary } from "./vm-summary";

function pool({ cluster }: ApiRequest, id: string) {
  const found = cluster.pools.get(id);
  if (!found) throw new ApiError(500, `pool '${id}' does not exist`);
  const node = (vmid: number) => cluster.vms.find(({ vm }) => vm.id === vmid)?.host.node;
  const members = [...found.members].map((vmid) => ({ id: `qemu/${vmid}`, type: "qemu", vmid, node: node(vmid) }));
  return { poolid: id, comment: found.comment, members };
}

/** The cluster, its nodes and pools. Nothing is highly available. */
export const clusterRoutes: readonly Route[] = [
  [
    "GET",
    "/version",
    everyone,
    ({ cluster }) => ({
      version: cluster.release,
      release: cluster.release.split(".").slice(0, 2).join("."),
      repoid: "0123456789abcdef",
    }),
  ],
  [
    "GET",
    "/nodes",
    everyone,
    ({ cluster, caller }) =>
      cluster.hosts.map(({ node, cpus, memory }) => ({
        node,
        id: `node/${node}`,
        status: "online",
        type: "node",
        level: "",
        ...(caller.may(`/nodes/${node}`, "Sys.Audit") ? { maxcpu: cpus, maxmem: memory } : {}),
      })),
  ],
  [
    "GET",
    "/cluster/resources",
    everyone,
    ({ cluster, caller, parameters }) => {
      const type = parameters.get("type");
      const vms = cluster.vms
        .filter(({ vm }) => isVisible(caller, vm))
        .map((each) => ({ ...summary(each.vm), type: "qemu", id: `qemu/${each.vm.id}`, node: each.host.node }));
      const nodes = cluster.hosts.map(({ node }) => ({
        id: `node/${node}`,
        type: "node",
        node,
        status: "online",
      }));
      const storages = cluster.hosts.flatMap(({ node, storages }) =>
        storages.all
          .filter(({ name }) => caller.may(`/storage/${name}`, "Datastore.Audit"))
          .map(({ name, options }) => ({
            id: `storage/${node}/${name}`,
            type: "storage",
            storage: name,
            node,
            status: "available",
            plugintype: options.type,
            shared: options.shared ? 1 : 0,
            content: options.content.join(","),
          })),
      );
      const lists = { vm: vms, node: nodes, storage: storages, sdn: [] };
      return type === null ? Object.values(lists).flat() : lists[type as keyof typeof lists];
    },
  ],
  [
    "GET",
    "/cluster/ha/resources/:sid",
    everyone,
    ({ path }) => {
      throw new ApiError(500, `no such resource '${String(path.sid).replace(/^(?=\d)/, "vm:")}'`);
    },
  ],
  [
    "GET",
    "/cluster/nextid",
    everyone,
    ({ cluster, parameters }) => {
      const wanted = parameters.get("vmid");
      if (wanted === null) return String(cluster.nextId);
      if (cluster.vms.some(({ vm }) => vm.id === Number(wanted))) {
        throw invalidParameters({ vmid: `VM ${wanted} already exists` });
      }
      return wanted;
    },
  ],
  [
    "GET",
    "/pools",
    everyone,
    (request) => {
      const id = request.optional("poolid");
      if (id !== undefined) {
        request.caller.demand(`/pool/${id}`, "Pool.Audit");
        return [pool(request, id)];
      }
      return [...request.host.pools]
        .filter(([poolid]) => request.caller.may(`/pool/${poolid}`, "Pool.Audit"))
        .map(([poolid, { comment }]) => ({ poolid, comment }));
    },
  ],
];
