import { BlockList, isIPv4 } from "node:net";
import { ApiError, invalidParameters } from "./api-error";

/** A rule as Proxmox keeps it. */
export type FirewallRule = Readonly<Record<string, string>>;

/** What an IP set has; the address of a single machine without its prefix length. */
export interface IpSetEntry {
  readonly cidr: string;
  readonly [property: string]: string;
}

const withoutSingle = (cidr: string): string => cidr.replace(cidr.includes(":") ? /[/]128$/ : /[/]32$/, "");

/** The firewall of a VM, which is removed with it. */
export class VmFirewall {
  readonly options: Record<string, string> = {};
  readonly sets = new Map<string, IpSetEntry[]>();
  rules: FirewallRule[] = [];

  copyFrom({ options, sets, rules }: VmFirewall): void {
    Object.assign(this.options, options);
    for (const [name, entries] of sets) this.sets.set(name, [...entries]);
    this.rules = [...rules];
  }

  set(name: string): IpSetEntry[] {
    const set = this.sets.get(name);
    if (!set) throw new ApiError(500, `no such IPSet '${name}'`);
    return set;
  }

  createSet(name: string): void {
    if (this.sets.has(name)) throw invalidParameters({ name: `IPSet '${name}' already exists` });
    this.sets.set(name, []);
  }

  addEntry(name: string, given: IpSetEntry): void {
    const set = this.set(name);
    const cidr = withoutSingle(given.cidr);
    if (set.some((entry) => entry.cidr === cidr)) throw invalidParameters({ cidr: `address '${cidr}' already exists` });
    if (/[/]0+$/.test(cidr)) throw invalidParameters({ cidr: "a zero prefix is not allowed in ipset entries" });
    set.unshift({ ...given, cidr });
  }

  removeSet(name: string, force: boolean): void {
    if (this.set(name).length > 0 && !force) throw new ApiError(500, `IPSet '${name}' is not empty`);
    this.sets.delete(name);
  }

  rule(position: number): FirewallRule {
    const rule = this.rules[position];
    if (!rule) throw new ApiError(500, `no rule at position ${position}`);
    return rule;
  }

  moveRule(from: number, to: number): void {
    const rule = this.rule(from);
    const rest = this.rules.filter((_, place) => place !== from);
    // Proxmox counts the place among the rules as they were.
    const place = to > from ? to - 1 : to;
    this.rules = [...rest.slice(0, place), rule, ...rest.slice(place)];
  }

  /** Whether the VM may send from the address at a network device, while the datacenter's firewall is enabled. */
  sendsFrom(device: string, address: string): boolean {
    const set = this.sets.get(`ipfilter-${device}`);
    if (this.options.enable !== "1" || !set) return true;
    return set.some(({ cidr }) => isIn(address, cidr));
  }

  /** Whether a connection from the address to a TCP port of the VM is let in. */
  admits(address: string, port: number): boolean {
    if (this.options.enable !== "1") return true;
    const rule = this.rules.find(
      ({ enable, type, proto, dport = "", source }) =>
        enable !== "0" &&
        type === "in" &&
        proto === "tcp" &&
        dport.split(",").some((range) => isInRange(port, range)) &&
        (source === undefined || isIn(address, source)),
    );
    return (rule?.action ?? this.options.policy_in ?? "DROP") === "ACCEPT";
  }
}

function isInRange(port: number, range: string): boolean {
  const [first = "", last = first] = range.split(":");
  return Number(first) <= port && port <= Number(last);
}

function isIn(address: string, cidr: string): boolean {
  const [network = "", prefix = isIPv4(network) ? "32" : "128"] = cidr.split("/");
  const family = (text: string) => (isIPv4(text) ? "ipv4" : "ipv6");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family(network));
  return list.check(address, family(address));
}
