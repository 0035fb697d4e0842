import type { ApiRequest, Route } from "./api-request";
import { all, any, everyone } from "./permission";
import type { Task } from "./task";

/** Bridges, memory controllers and processors are of no use to VMs. */
const hidden = "05;06;0b";

function taskOf({ host, caller, path }: ApiRequest): Task {
  const task = host.tasks.get(String(path.upid));
  if (!caller.owns(task.user)) caller.demand(`/nodes/${host.node}`, "Sys.Audit");
  return task;
}

/** A node: its state, hardware, network and tasks. */
export const nodeRoutes: readonly Route[] = [
  [
    "GET",
    "/nodes/:node/status",
    all("/nodes/:node", "Sys.Audit"),
    ({ cluster, host }) => {
      const { cpus, memory } = host;
      const used = 2 * 1024 ** 3;
      return {
        uptime: 86_400,
        idle: 0,
        loadavg: ["0.10", "0.08", "0.05"],
        kversion: "Linux 6.14.11-4-pve #1 SMP PREEMPT_DYNAMIC",
        "current-kernel": { sysname: "Linux", release: "6.14.11-4-pve", version: "#1 SMP", machine: "x86_64" },
        "boot-info": { mode: "efi", secureboot: 0 },
        cpuinfo: { model: "Simulated CPU", sockets: 1, cores: cpus / 2, cpus, mhz: "3500.000", hvm: "1" },
        cpu: 0.02,
        wait: 0,
        memory: { total: memory, used, free: memory - used, available: memory - used },
        ksm: { shared: 0 },
        swap: { total: 0, used: 0, free: 0 },
        pveversion: `pve-manager/${cluster.release}/0123456789abcdef`,
        rootfs: { total: 100 * 1024 ** 3, used, avail: 98 * 1024 ** 3, free: 98 * 1024 ** 3 },
      };
    },
  ],
  [
    "GET",
    "/nodes/:node/hardware/pci",
    any("/", "Sys.Audit", "Sys.Modify"),
    ({ host, parameters }) => {
      const classes = (parameters.get("pci-class-blacklist") ?? hidden).split(/[,;\s]+/).filter(Boolean);
      const shown = host.devices.filter((device) => !classes.some((each) => device.class.startsWith(`0x${each}`)));
      return parameters.get("verbose") === "0"
        ? shown.map(({ id, class: kind, vendor, device, iommugroup, mdev }) => ({
            ...{ id, class: kind, vendor, device, iommugroup },
            ...(mdev === undefined ? {} : { mdev }),
          }))
        : shown;
    },
  ],
  [
    "GET",
    "/nodes/:node/network",
    everyone,
    ({ host, caller, parameters }) => {
      const type = parameters.get("type") ?? "bridge";
      if (!/^(bridge|any_bridge|any_local_bridge|include_sdn)$/.test(type)) return [];
      return host.bridges.listed.filter(({ iface }) =>
        ["SDN.Audit", "SDN.Use"].some((privilege) => caller.may(`/sdn/zones/localnetwork/${iface}`, privilege)),
      );
    },
  ],
  ["GET", "/nodes/:node/certificates/info", everyone, ({ cluster }) => cluster.certificates],
  [
    "GET",
    "/nodes/:node/tasks/:upid/status",
    everyone,
    (request) => {
      const { upid, type, user, status, exitstatus } = taskOf(request);
      return { upid, type, user, node: request.host.node, status, exitstatus };
    },
  ],
  [
    "GET",
    "/nodes/:node/tasks/:upid/log",
    everyone,
    (request) => taskOf(request).log.map((text, n) => ({ n: n + 1, t: text })),
  ],
];
