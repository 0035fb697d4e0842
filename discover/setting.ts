import { isIPv4 } from "node:net";
import { IPv4 } from "ipaddr.js";
import { leastTalosGiB } from "../constructs/proxmox/vm/disk";
import { freeAddressIn, type ProposedAddress } from "./address";
import type { Choice } from "./choice";
import type { Host } from "./host";
import { Refusal } from "./refusal";
import type { Terminal } from "./terminal";

/** What the owner of the cluster decides. */
export interface Settings {
  /** Of the stack, the cluster and the VM. */
  readonly name: string;
  /** With prefix length. */
  readonly address: string;
  readonly gateway: string;
  /** In GiB. */
  readonly memory: number;
  /** In GiB. */
  readonly disk: number;
}

/** The same as options, as they were written. */
export interface WantedSettings {
  readonly name?: string;
  readonly address?: string;
  readonly memory?: string;
  readonly disk?: string;
}

interface Setting {
  readonly option: string;
  readonly question: string;
  readonly proposed: string;
  readonly problemOf: (answer: string) => string | undefined;
}

const gibibyte = 1024 ** 3;

/**
 * The settings: as wanted, as answered, or as proposed.
 *
 * @param answers whether a machine answers at an address
 * @throws Refusal if an option is wrong
 */
export async function settingsFor(
  host: Host,
  choice: Choice,
  wanted: WantedSettings,
  terminal: Terminal,
  answers: (address: string) => Promise<boolean>,
): Promise<Settings> {
  const get = async (value: string | undefined, { option, question, proposed, problemOf }: Setting) => {
    if (value === undefined)
      return terminal.isInteractive ? terminal.ask(question, { default: proposed, problemOf }) : proposed;
    const problem = problemOf(value);
    if (problem !== undefined) throw new Refusal(`--${option} "${value}": ${problem}.`);
    return value;
  };
  const name = await get(wanted.name, nameSetting(host));
  if (wanted.address === undefined) terminal.tell("Looking for a free IP address");
  const proposed = await freeAddressIn(choice.bridge, host.guests.addresses, answers);
  const address = await get(wanted.address, addressSetting(host, choice, proposed));
  const gateway = proposed.isOfBridge
    ? proposed.gateway
    : await get(undefined, gatewaySetting(address, proposed.gateway));
  const memory = Number(await get(wanted.memory, memorySetting(choice)));
  const disk = Number(await get(wanted.disk, diskSetting(choice)));
  return { name, address, gateway, memory, disk };
}

const nameSetting = ({ guests }: Host): Setting => ({
  option: "name",
  question: "Name of the cluster and its VM",
  proposed: freeName("talos-gpu", guests.names),
  problemOf: (name) => {
    if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      return 'write lower-case letters, digits and "-", such as "talos-gpu"';
    return guests.names.includes(name) ? "Proxmox has a guest of this name; write another one" : undefined;
  },
});

/** The name, or the next one with a number that is not taken. */
export function freeName(name: string, taken: readonly string[]): string {
  let free = name;
  for (let number = 2; taken.includes(free); number += 1) free = `${name}-${number}`;
  return free;
}

function addressSetting(
  { guests }: Host,
  { bridge }: Choice,
  { address: proposed, isOfBridge }: ProposedAddress,
): Setting {
  const [, prefix] = (bridge.cidr ?? proposed).split("/");
  const taken = [...guests.addresses, bridge.cidr?.split("/")[0], bridge.gateway];
  return {
    option: "address",
    question: `IP address of the node, with the prefix length of ${bridge.name}`,
    proposed,
    problemOf: (answer) => {
      const [address = "", length, ...more] = answer.split("/");
      const isWhole = isIPv4(address) && /^\d+$/.test(length ?? "") && Number(length) <= 30 && more.length === 0;
      if (!isWhole) return `write an IPv4 address with its prefix length, such as "${proposed}"`;
      if (length !== prefix) return `the prefix length of ${bridge.name} is ${prefix}; write "${address}/${prefix}"`;
      if (isOfBridge && !isIn(address, proposed))
        return `${address} is not in the subnet of ${bridge.name}, ${bridge.cidr}; write one of it, such as "${proposed}"`;
      return taken.includes(address) ? `${address} is taken; write another one, such as "${proposed}"` : undefined;
    },
  };
}

const gatewaySetting = (address: string, proposed: string): Setting => ({
  option: "gateway",
  question: "Gateway of the node",
  proposed,
  problemOf: (answer) => {
    if (!isIPv4(answer)) return 'write an IPv4 address, such as "192.168.1.1"';
    return isIn(answer, address)
      ? undefined
      : `${answer} is not in the subnet of ${address}; write the router's address in it`;
  },
});

/** Whether an IPv4 address is in the subnet of another one with a prefix length. */
const isIn = (address: string, subnet: string): boolean => IPv4.parse(address).match(IPv4.parseCIDR(subnet));

/** The host pins all of it; half of the host's is a beginning. */
function memorySetting({ node: { memory } }: Choice): Setting {
  const most = memory === undefined ? undefined : Math.floor(memory / gibibyte);
  const half = most === undefined ? 16 : Math.max(2, Math.min(16, Math.floor(most / 2)));
  return {
    option: "memory",
    question: `Memory in GiB${most === undefined ? "" : `, of ${most}`}`,
    proposed: `${half}`,
    problemOf: wholeNumber(2, most),
  };
}

function diskSetting({ disks }: Choice): Setting {
  const most = Math.floor(disks.available / gibibyte);
  return {
    option: "disk",
    question: `Disk in GiB, of ${most} on ${disks.name}`,
    proposed: `${Math.min(100, Math.floor(most * 0.9))}`,
    problemOf: wholeNumber(leastTalosGiB, most),
  };
}

const wholeNumber =
  (least: number, most: number | undefined) =>
  (answer: string): string | undefined => {
    const isBetween = /^\d+$/.test(answer) && Number(answer) >= least && Number(answer) <= (most ?? Number(answer));
    return isBetween
      ? undefined
      : `write a whole number of GiB, from ${least}${most === undefined ? "" : ` to ${most}`}`;
  };
