import type { Method } from "../../../constructs/gpu/method";
import type { GpuResource, Vendor } from "../../../constructs/gpu/vendor";
import type { Lab } from "../../lab";
import { eventually } from "./eventually";
import { gpuTest } from "./gpu";
import { succeeded } from "./succeeded";

/** A chain from the device of a VM to the pod, of one vendor and method. */
export interface Chain {
  readonly stack: string;
  readonly vmid: number;
  readonly vendor: Vendor;
  readonly method: Method;
  readonly resource: GpuResource;
  /** The driver as the lab's faults name it, and what the kernel says of a GPU that it does not work with. */
  readonly driver: string;
  readonly refusal: string;
  /** The slots of the VM with the vendor's GPUs. */
  readonly slots: readonly string[];
}

const used = "a pod has used the GPU";
const level = "pod-security.kubernetes.io/enforce";

/** Breaks the links one after another, each of which the smoke test names with a message of its own, and mends them. */
export async function expectBrokenLinksNamed(lab: Lab, chain: Chain): Promise<void> {
  const { stack, vmid, driver, refusal, slots, resource } = chain;
  const { title, label } = chain.vendor;
  const { namespace, daemonSet } = chain.method;
  const kubectl = await lab.kubectl(vmid);
  const node = await lab.node(vmid);
  const said = async (): Promise<string[]> => {
    const { output } = await gpuTest(lab, stack);
    return output.split("\n").filter((line) => /^(no pod can use|a pod has used)/.test(line));
  };
  const whole = () => eventually(async () => expect(await said()).toEqual([used]));
  const broken = (message: string) =>
    eventually(async () =>
      expect(await said()).toEqual([expect.stringMatching(`^no pod can use the GPU: ${message}`)]),
    );
  const restarted = async () =>
    succeeded(await kubectl.run("delete", "pods", "--all", "--wait", `--namespace=${namespace}`));
  const selecting = async (value: string | null) => {
    const patch = { spec: { template: { spec: { nodeSelector: { nowhere: value } } } } };
    const args = [`--namespace=${namespace}`, "--type=merge", `--patch=${JSON.stringify(patch)}`];
    succeeded(await kubectl.run("patch", "daemonset", daemonSet, ...args));
  };

  await node.setFaults({ method: driver, message: refusal });
  await broken(`the driver and the GPU do not fit; .*${refusal.split(" ").slice(-2).join(" ")}`);
  await node.setFaults({ method: driver });
  await broken(`Talos has no ${title} driver`);

  await node.setFaults({ pod: `${namespace}/${daemonSet}*`, reason: "ErrImagePull" });
  await restarted();
  await broken("an image was not pulled: ");
  await node.setFaults({ pod: `${resource.job}/*`, reason: "ErrImagePull" });
  await broken(`an image was not pulled: ${resource.work.image}`);
  await node.setFaults();

  await selecting("true");
  await broken(`no node fits ${daemonSet}, which needs the node label ${label}: "true"`);
  await selecting(null);

  succeeded(await kubectl.run("label", "namespace", namespace, `${level}-`));
  await restarted();
  await broken(`pod security refused the pod of \\S+, whose namespace lacks the label ${level}: privileged`);
  succeeded(await kubectl.run("label", "namespace", namespace, `${level}=privileged`));

  const { host } = lab.proxmox;
  const vm = host.vm(vmid);
  const devices = slots.map((slot) => String(vm.config[slot]));
  const restartedWith = (values: readonly (string | undefined)[]) => {
    for (const [index, slot] of slots.entries()) vm.wait(slot, values[index]);
    host.stop(vm);
    host.start(vm);
  };
  restartedWith([]);
  await broken(`the VM has no ${title} device`);
  restartedWith(devices);
  await whole();
}
