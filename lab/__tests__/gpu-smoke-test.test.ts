import type { Json } from "../json";
import type { Kubectl } from "../kubectl";
import { eventually } from "./support/eventually";
import { allocatable, gpuTest, stopUsingGpus, useGpus, workers } from "./support/gpu";
import { placed } from "./support/placed";
import { succeeded } from "./support/succeeded";

const label = "nvidia.com/gpu.present";

interface Configuration {
  readonly resource: {
    readonly null_resource: {
      readonly gpu_smoke_test: { readonly provisioner: readonly { readonly "local-exec": { environment: Json } }[] };
    };
  };
  readonly data: { readonly talos_machine_configuration: { readonly node: { config_patches: string[] } } };
}

/** What is broken here mends by no waiting. */
function impatient(configuration: Json): void {
  const { resource } = configuration as never as Configuration;
  for (const each of resource.null_resource.gpu_smoke_test.provisioner) each["local-exec"].environment.PATIENCE = "0";
}

function withoutLabel(configuration: Json): void {
  impatient(configuration);
  const { node } = (configuration as never as Configuration).data.talos_machine_configuration;
  node.config_patches = node.config_patches.filter((patch) => !patch.includes(label));
}

const plugin = ["--namespace=nvidia-device-plugin"] as const;
const restarted = async (kubectl: Kubectl) =>
  succeeded(await kubectl.run("delete", "pods", "--all", "--wait", ...plugin));

test("four pods use a sliced GPU at once, and the smoke test names each link that is broken", async () => {
  const { lab, terraform, program, vmid } = await placed("examples/sharing.ts");
  const applied = await terraform.apply();
  succeeded(applied);
  expect(applied.output).toContain("a pod has used the GPU");
  expect((await terraform.outputs()).gpu_allocatable?.value).toBe(4);
  const kubectl = await lab.kubectl(vmid);
  expect(await allocatable(kubectl)).toBe("4");
  await useGpus(kubectl, 4);
  await eventually(async () => expect(await workers(kubectl)).toEqual(Array(4).fill("Running")));

  program.placeIn(lab.site, impatient);
  const node = await lab.node(vmid);
  const said = async () => {
    const { code, output } = await gpuTest(lab, program.stack);
    return `${code}: ${output.replace(/^(Warning: .*|running a pod that uses the GPU)\n/gm, "")}`;
  };
  const broken = (message: string) => expect.stringMatching(new RegExp(`^1: no pod can use the GPU: ${message}`));
  const unusable = () => eventually(async () => expect(await allocatable(kubectl)).toBe("0"));

  // No slice is left for one more.
  expect(await said()).toMatch(/^0: every GPU is in use, by (default\/worker-\S+(, )?){4}; no other pod was tried\n$/);
  await stopUsingGpus(kubectl);
  expect(await said()).toBe("0: a pod has used the GPU\n");

  await node.setFaults({ pod: "gpu-smoke-test/gpu-smoke-test-*", reason: "ErrImagePull" });
  expect(await said()).toEqual(broken("an image was not pulled: nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0"));

  const unfit = "NVRM: installed in this system is not supported by open nvidia.ko";
  await node.setFaults({ method: "driver", message: unfit });
  await unusable();
  expect(await said()).toEqual(
    broken("the driver and the GPU do not fit; .* installed in this system is not supported"),
  );
  await node.setFaults({ method: "driver" });
  expect(await said()).toEqual(broken("Talos has no NVIDIA driver"));

  await node.setFaults({ pod: "nvidia-device-plugin/*", reason: "ErrImagePull" });
  await restarted(kubectl);
  await unusable();
  expect(await said()).toEqual(broken("an image was not pulled: nvcr.io/nvidia/k8s-device-plugin:v0.20.0"));
  await node.setFaults();

  // To share by MPS takes a daemon, which is for nodes with another label.
  const mps = "version: v1\nsharing: {mps: {resources: [{name: nvidia.com/gpu, replicas: 4}]}}";
  const patch = ["--type=merge", `--patch=${JSON.stringify({ data: { sharing: mps } })}`];
  succeeded(await kubectl.run("patch", "configmap", "nvidia-device-plugin-configs", ...patch, ...plugin));
  await restarted(kubectl);
  await eventually(async () =>
    expect(await said()).toEqual(broken("no GPU is allocatable, though nvidia-device-plugin runs; see kubectl logs")),
  );

  const level = "pod-security.kubernetes.io/enforce";
  succeeded(await kubectl.run("label", "namespace", "nvidia-device-plugin", `${level}-`));
  await restarted(kubectl);
  await eventually(async () =>
    expect(await said()).toEqual(
      broken(
        `pod security refused the pod of nvidia-device-plugin, whose namespace lacks the label ${level}: privileged`,
      ),
    ),
  );
  succeeded(await kubectl.run("label", "namespace", "nvidia-device-plugin", `${level}=privileged`));

  program.placeIn(lab.site, withoutLabel);
  succeeded(await terraform.apply("-target=talos_machine_configuration_apply.node"));
  await eventually(async () =>
    expect(await said()).toEqual(
      broken(`no node fits nvidia-device-plugin, which needs the node label ${label}: "true"`),
    ),
  );

  const { host } = lab.proxmox;
  const vm = host.vm(vmid);
  vm.wait("hostpci0", undefined);
  host.stop(vm);
  host.start(vm);
  await eventually(async () =>
    expect(await said()).toEqual(broken("the VM has no NVIDIA device; see its hardware in Proxmox")),
  );
});
