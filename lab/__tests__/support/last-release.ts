import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Terraform } from "../../terraform";

/** Which release of the Gateway API the last release of this project took for a minor of Cilium. */
const bundles: Readonly<Record<string, string>> = { "1.18": "v1.3.0", "1.19": "v1.4.1", "1.20": "v1.5.1" };

/** Makes the stack that of this project's last release, whose CRDs of the Gateway API Talos installed. */
export function asLastRelease({ directory }: Terraform): void {
  const file = join(directory, "cdk.tf.json");
  const { resource, data, ...rest } = JSON.parse(readFileSync(file, "utf8"));
  const { cilium } = resource.helm_release;
  const bundle = bundles[String(cilium.version).replace(/[.][0-9]+$/, "")];
  const url = `https://github.com/kubernetes-sigs/gateway-api/releases/download/${bundle}/standard-install.yaml`;
  data.talos_machine_configuration.node.config_patches.push(`cluster:\n  extraManifests:\n    - ${url}\n`);
  resource.null_resource.gateway_api = undefined;
  resource.null_resource.cilium_upgrade = undefined;
  resource.null_resource.removed_releases = undefined;
  for (const release of Object.values<{ depends_on: string[] }>(resource.helm_release)) {
    release.depends_on = release.depends_on.filter((address) => address !== "null_resource.removed_releases");
  }
  cilium.depends_on = ["null_resource.wait_for_kubernetes"];
  cilium.values = cilium.values.map((values: string) => values.replace(/\n {2}gatewayClass:\n {4}create: "true"/, ""));
  const { wait_for_cilium } = resource.null_resource;
  wait_for_cilium.provisioner = wait_for_cilium.provisioner.filter(
    ({ "local-exec": { command } }: { "local-exec": { command: string } }) => !command.includes("gateway-class"),
  );
  const [{ "local-exec": wait }] = resource.null_resource.wait_for_kubernetes.provisioner;
  wait.environment.RESOURCES = "crd/gatewayclasses.gateway.networking.k8s.io";
  writeFileSync(file, JSON.stringify({ resource, data, ...rest }, null, 2));
}
