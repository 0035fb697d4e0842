import { TerraformStack, Testing } from "cdktf";
import fc from "fast-check";
import { ProxmoxConnection } from "../../constructs";
import { proxmoxVersions } from "../proxmox/interface/refusals";
import { type Own, randomVm } from "./support/random-vm";
import { settles, type VmProps, vmHost, vmOf } from "./support/vm-host";

/** Another seed gives other VMs. */
const seed = Number(process.env.LAB_SEED ?? 1);
const cardsOfEach = 2;

/** As many VMs as share a stack. */
const owns: readonly Own[] = Array.from({ length: 12 }, (_, index) => ({
  vmId: 100 + index,
  cards: Array.from({ length: cardsOfEach }, (_, card) => `${(0x10 + index * cardsOfEach + card).toString(16)}:00`),
}));

/** Whether the rules accept a VM with these props. */
function isAccepted(props: VmProps): boolean {
  const stack = new TerraformStack(Testing.app({ stackTraces: false }), "stack");
  const endpoint = "https://pve.example:8006/";
  vmOf(stack, new ProxmoxConnection(stack, "proxmox", { endpoint, credentials: "password" }), "vm", props);
  return stack.node.findAll().every(({ node }) => node.validate().length === 0);
}

/** The props one after the other, except those that the rules refuse beside the ones before. */
function acceptedOf(props: VmProps): VmProps {
  let accepted: VmProps = {};
  for (const [name, value] of Object.entries(props)) {
    const more = { ...accepted, [name]: value };
    if (isAccepted(more)) accepted = more;
  }
  return accepted;
}

const samplesOf = (seed: number): VmProps[] =>
  owns.map((own) => fc.sample(randomVm(own), { seed: seed * 1000 + own.vmId, numRuns: 1 })[0] ?? {});

/** Other props of a VM, but for what it cannot change; its own where the provider would have to take IP configurations away. */
function changedTo(vm: VmProps, other: VmProps): VmProps {
  const { name, boot, disks, guest, bios, efiDisk } = vm;
  const changed = acceptedOf(
    given({ ...other, name, boot, disks: disks?.slice(0, 1), guest, bios, efiDisk, replaceable: true }),
  );
  const configured = ({ initialization }: VmProps) => initialization?.ipConfigs.length ?? -1;
  return configured(changed) < configured(vm) ? vm : changed;
}

const given = (props: VmProps): VmProps =>
  Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));

test.each(proxmoxVersions)(
  "Proxmox %s makes every VM that the rules accept, changes it to any other, and the next plan is empty",
  async (version) => {
    const stack = await vmHost(
      version,
      owns.flatMap(({ cards }) => cards),
    );
    const vms = samplesOf(seed).map(acceptedOf);
    await settles(stack, vms);
    const others = samplesOf(-seed).map((other, place) => changedTo(vms[place] ?? {}, other));
    await settles(stack, others);
  },
);
