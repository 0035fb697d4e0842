import { gzipSync } from "node:zlib";
import { applyManifests } from "../../constructs/talos/inline-manifests";
import { contentOf, file, program, run } from "../provisioner";

const contents = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata:\n  name: lan\n";
const script = applyManifests("kubeconfig", { name: "cilium", contents });
const MANIFESTS = gzipSync(contents).toString("base64");

test("what Talos creates again is deleted while Helm waits for it, and what Helm has is left to Helm", () => {
  program(
    "kubectl",
    `case "$*" in
  *status=uninstalling*) echo secret/sh.helm.release.v1.cilium-load-balancer.v1;;
  *name=cilium*) [ -e ${file("deleted")} ] || echo secret/sh.helm.release.v1.cilium.v1;;
  *" get --ignore-not-found --filename="*) printf 'cilium.io/v2 CiliumLoadBalancerIPPool /lan \\napps/v1 DaemonSet kube-system/cilium cilium\\n';;
  *" delete "*) cat >>${file("deleted")};;
  *"create --dry-run=client"*) echo "cilium.io/v2 CiliumLoadBalancerIPPool /lan";;
esac`,
  );
  const { environment } = script;
  expect(run({ ...script, environment: { ...environment, MANIFESTS } })).toMatchObject({
    status: 0,
    stdout: "the cluster has the manifests of cilium-manifests: 1 objects\n",
  });
  expect(contentOf("deleted").match(/"name": "[^"]*"/g)).toEqual(['"name": "lan"']);
});
