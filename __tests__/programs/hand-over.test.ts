import { handOverManifests } from "../../constructs/talos/inline-manifests";
import { contentOf, file, program, run, whileItSleeps } from "../provisioner";

const pool = { apiVersion: "cilium.io/v2", kind: "CiliumLoadBalancerIPPool", metadata: { name: "lan" }, spec: {} };
const script = () => run(handOverManifests("kubeconfig", "cilium", [pool]));

/** What the manifests had brought; of that, Helm has the agent, and the kind of the last is gone. */
const objects = [
  "apps/v1 DaemonSet kube-system/cilium",
  "apps/v1 Deployment kube-system/hubble-ui",
  "cilium.io/v2 CiliumLoadBalancerIPPool /lan",
  "cilium.io/v2 CiliumLoadBalancerIPPool /other",
  "rbac.authorization.k8s.io/v1 ClusterRole /cilium:reader",
  "example.com/v1 Gone /gone",
].join("\\n");

const inventory = [
  "kube-system_cilium_apps_DaemonSet",
  "_cilium__reader_rbac.authorization.k8s.io_ClusterRole",
  "kube-system_coredns_apps_Deployment",
].join("\\n");

function cluster(list: string): void {
  program(
    "kubectl",
    `case "$*" in
  *"get configmap cilium-manifests"*) printf '${list}';;
  *"delete configmap"*) echo "$*" >>${file("calls")};;
  *"get configmap/talos"*) [ -e ${file("patched")} ] || printf '${inventory}\\n';;
  *"patch configmap/talos"*) echo "$*" >>${file("calls")}; : >${file("patched")};;
  *get*) if grep -q DaemonSet; then printf cilium; fi;;
  *delete*) read -r object; case "$object" in *Gone*) echo 'error: no matches for kind "Gone"' >&2; exit 1;; esac; echo "$object" >>${file("deleted")};;
esac`,
  );
}

test("nothing happens in a cluster whose Cilium was never in the machine configuration", () => {
  cluster("");
  expect(script()).toMatchObject({ status: 0, stdout: "", stderr: "" });
  expect(contentOf("deleted") + contentOf("calls")).toBe("");
});

test("what Helm has not taken over is deleted, and Talos and the stack forget all of it", () => {
  cluster(objects);
  whileItSleeps("");
  expect(script()).toMatchObject({
    status: 0,
    stdout: "the objects of cilium-manifests belong to Helm now\n",
    stderr: "",
  });
  expect(contentOf("deleted").match(/"name": "[^"]*"/g)).toEqual([
    '"name": "hubble-ui"',
    '"name": "other"',
    '"name": "cilium:reader"',
  ]);
  const [patch, list] = contentOf("calls").split("\n");
  expect(patch).toContain(
    '{"data":{"kube-system_cilium_apps_DaemonSet":null,"_cilium__reader_rbac.authorization.k8s.io_ClusterRole":null}}',
  );
  expect(list).toContain("delete configmap cilium-manifests --namespace=kube-system");
});
