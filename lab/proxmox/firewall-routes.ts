import type { ApiRequest, Route } from "./api-request";
import { all } from "./permission";
import type { VmFirewall } from "./vm-firewall";

const path = "/nodes/:node/qemu/:vmid/firewall";
const audit = all("/vms/:vmid", "VM.Audit");
const configure = all("/vms/:vmid", "VM.Config.Network");

const firewallOf = ({ host, vmid }: ApiRequest): VmFirewall => host.vm(vmid).firewall;
const nameOf = ({ path }: ApiRequest): string => String(path.name);
const positionOf = ({ path }: ApiRequest): number => Number(path.pos);

const ofCall = ["node", "vmid", "name", "pos", "digest", "delete", "moveto"];

/** The properties that a request gives; Proxmox takes an empty one for none. */
const given = ({ parameters }: ApiRequest): Record<string, string> =>
  Object.fromEntries([...parameters].filter(([name, value]) => !ofCall.includes(name) && value !== ""));

const deletedBy = (request: ApiRequest): string[] => (request.optional("delete") ?? "").split(/[,;\s]+/);

/** A change that answers nothing. */
const change =
  (work: (request: ApiRequest) => void) =>
  (request: ApiRequest): null => {
    work(request);
    return null;
  };

const numbers = new Set(["enable", "dhcp", "ipfilter", "macfilter", "ndp", "radv"]);

/** Flags are numbers in JSON. */
const seen = (properties: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]),
  );

function updateRule(request: ApiRequest): void {
  const [firewall, position, target] = [firewallOf(request), positionOf(request), request.optional("moveto")];
  if (target !== undefined && Number(target) !== position) {
    firewall.moveRule(position, Number(target));
    return;
  }
  const left = { ...firewall.rule(position), ...given(request) };
  for (const name of [...request.parameters.keys()].filter((name) => request.parameters.get(name) === "")) {
    delete left[name];
  }
  for (const name of deletedBy(request)) delete left[name];
  firewall.rules[position] = left;
}

/**
 * The firewalls of VMs.
 *
 * @see https://git.proxmox.com/?p=pve-firewall.git;a=tree;f=src/PVE/API2/Firewall
 */
export const firewallRoutes: readonly Route[] = [
  ["GET", `${path}/options`, audit, (request) => seen(firewallOf(request).options)],
  [
    "PUT",
    `${path}/options`,
    configure,
    change((request) => {
      const { options } = firewallOf(request);
      for (const name of deletedBy(request)) delete options[name];
      Object.assign(options, given(request));
    }),
  ],
  ["GET", `${path}/ipset`, audit, (request) => [...firewallOf(request).sets.keys()].map((name) => ({ name }))],
  ["POST", `${path}/ipset`, configure, change((request) => firewallOf(request).createSet(request.required("name")))],
  ["GET", `${path}/ipset/:name`, audit, (request) => firewallOf(request).set(nameOf(request))],
  [
    "POST",
    `${path}/ipset/:name`,
    configure,
    change((request) =>
      firewallOf(request).addEntry(nameOf(request), { ...given(request), cidr: request.required("cidr") }),
    ),
  ],
  [
    "DELETE",
    `${path}/ipset/:name`,
    configure,
    change((request) => firewallOf(request).removeSet(nameOf(request), request.flag("force"))),
  ],
  [
    "DELETE",
    `${path}/ipset/:name/:cidr`,
    configure,
    change((request) => {
      const { sets } = firewallOf(request);
      const set = firewallOf(request).set(nameOf(request));
      sets.set(
        nameOf(request),
        set.filter(({ cidr }) => cidr !== request.path.cidr),
      );
    }),
  ],
  ["GET", `${path}/rules`, audit, (request) => firewallOf(request).rules.map((rule, pos) => ({ ...seen(rule), pos }))],
  [
    "POST",
    `${path}/rules`,
    configure,
    change((request) => {
      firewallOf(request).rules.unshift({ enable: "0", ...given(request) });
    }),
  ],
  [
    "GET",
    `${path}/rules/:pos`,
    audit,
    // A string here, and a number in the list.
    (request) => ({ ...seen(firewallOf(request).rule(positionOf(request))), pos: String(positionOf(request)) }),
  ],
  ["PUT", `${path}/rules/:pos`, configure, change(updateRule)],
  [
    "DELETE",
    `${path}/rules/:pos`,
    configure,
    change((request) => {
      firewallOf(request).rule(positionOf(request));
      firewallOf(request).rules.splice(positionOf(request), 1);
    }),
  ],
];
