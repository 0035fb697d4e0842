import { gzipSync } from "node:zlib";
import { applyManifests } from "../../constructs/talos/inline-manifests";
import { contentOf, file, program, run } from "../provisioner";

const pools = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata:\n  name: lan\n";
const chart = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: cilium\n";
const script = applyManifests(
  "kubeconfig",
  { name: "cilium", contents: chart },
  { name: "cilium-load-balancer", contents: pools },
);
const packed = (contents: string) => gzipSync(contents).toString("base64");

test("what Talos creates again of the release before is deleted while Helm waits for it, and what Helm has is left to Helm", () => {
  program(
    "kubectl",
    `case "$*" in
  *status=uninstalling*) echo secret/sh.helm.release.v1.cilium-load-balancer.v1;;
  *name=cilium*) [ -e ${file("deleted")} ] || echo secret/sh.helm.release.v1.cilium.v1;;
  *" get --ignore-not-found --filename="*) for each; do case "$each" in --filename=*) cat "\${each#--filename=}";; esac; done |
    awk '$1 == "apiVersion:" { v = $2 } $1 == "kind:" { k = $2 } $1 == "name:" { print v, k, "/" $2, (k == "DaemonSet" ? "cilium" : "") }';;
  *" delete "*) cat >>${file("deleted")};;
  *"create --dry-run=client"*) echo "apps/v1 DaemonSet /cilium";;
esac`,
  );
  const environment = { ...script.environment, MANIFESTS: packed(chart), BEFORE: packed(pools) };
  expect(run({ ...script, environment })).toMatchObject({
    status: 0,
    stdout: "the cluster has the manifests of cilium-manifests: 1 objects\n",
  });
  expect(contentOf("deleted").match(/"name": "[^"]*"/g)).toEqual(['"name": "lan"']);
});
