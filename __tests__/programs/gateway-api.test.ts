import { join } from "node:path";
import type { Script } from "../../constructs/terraform/script";
import { contentOf, file, program, run } from "../provisioner";

const inventory = "talos-bootstrap-manifests-inventory";
const entry = "_gateways.gateway.networking.k8s.io_apiextensions.k8s.io_CustomResourceDefinition";

const step = (environment: Record<string, string> = {}): Script => ({
  file: join(__dirname, "../../constructs/cilium/scripts/apply-gateway-api.sh"),
  environment: {
    ...{ KUBECONFIG: "kubeconfig", ENABLED: "true", SOURCE: "https://mirror.example/crds.yaml", BUNDLE: "v1.4.1" },
    ...{ BELOW: "v1.5.0", CILIUM: "1.19.6", TIMEOUT: "100" },
    ...environment,
  },
});

interface Cluster {
  /** The releases that its CRDs are of. */
  readonly present?: readonly string[];
  /** What the source has. */
  readonly source?: string;
  /** How often Talos writes the entry again. */
  readonly writes?: number;
}

/** A kubectl that answers for a cluster and tells what was changed. */
const kubectl = ({ present = [], source = "v1.4.1", writes = 0 }: Cluster = {}) =>
  program(
    "kubectl",
    `case "$*" in
  *"config view"*) echo https://192.0.2.1:6443 ;;
  *"get crd"*) printf '%s\\n' ${present.join(" ")} ;;
  *"create --dry-run=client"*) ${source === "" ? "echo 'no such host' >&2; exit 1" : `printf 'items:\\n- metadata:\\n    annotations:\\n      gateway.networking.k8s.io/bundle-version: ${source}\\n'`}
    echo "$HTTPS_PROXY $NO_PROXY" >${file("proxy")} ;;
  *" apply "*) echo apply >>${file("changed")}; echo customresourcedefinition.apiextensions.k8s.io/gateways ;;
  *"get configmap/${inventory}"*) [ "$(wc -l <${file("patched")} 2>/dev/null || echo 0)" -gt ${writes} ] || { echo ${entry}; echo kube-system_coredns_apps_Deployment; } ;;
  *" patch "*) echo "$*" >>${file("patched")} ;;
esac
[ -z "$HTTPS_PROXY" ] || case "$*" in *dry-run*) ;; *) echo "$*" >>${file("through-proxy")} ;; esac`,
  );

test("applies them, and leaves Talos nothing to delete", () => {
  kubectl({ present: ["v1.3.0", "v1.4.1"] });
  expect(run(step())).toMatchObject({ status: 0, stderr: "" });
  expect(contentOf("changed")).toBe("apply\n");
  expect(contentOf("patched")).toContain(`{"data":{"${entry}":null}}`);
  expect(contentOf("patched")).not.toContain("coredns");
});

test("takes them out of Talos's inventory again where Talos writes what it had read before", () => {
  kubectl({ writes: 1 });
  expect(run(step())).toMatchObject({ status: 0 });
  expect(contentOf("patched").trim().split("\n")).toHaveLength(2);
});

test("tells where Talos keeps them for ever", () => {
  kubectl({ writes: 1000 });
  const { status, stderr } = run(step());
  expect(status).toBe(1);
  expect(stderr).toContain("leave them out of cluster.extraManifests and cluster.inlineManifests in configPatches");
});

test("applies nothing where the Gateway API is off, and keeps what Talos has installed", () => {
  kubectl();
  expect(run(step({ ENABLED: "false" }))).toMatchObject({ status: 0 });
  expect(contentOf("changed")).toBe("");
  expect(contentOf("patched")).toContain(entry);
});

test.each<[string, Cluster, Record<string, string>, RegExp]>([
  [
    "CRDs of a later Cilium",
    { present: ["v1.4.1", "v1.6.1"] },
    {},
    /the cluster has CRDs of the Gateway API v1[.]6[.]1/,
  ],
  [
    "an older source",
    { source: "v1.3.0" },
    {},
    /is of the Gateway API v1[.]3[.]0, and Cilium 1[.]19[.]6 takes v1[.]4[.]1/,
  ],
  ["a pre-release", { source: "v1.4.1-rc.2" }, {}, /is of the Gateway API v1[.]4[.]1-rc[.]2/],
  ["a later source", { source: "v1.6.1" }, {}, /v1[.]4[.]1 or later, before v1[.]5[.]0/],
  ["a source without CRDs", { source: "''" }, {}, /mirror[.]example.* has no CRDs of the Gateway API/],
  [
    "a source that is out of reach",
    { source: "" },
    {},
    /cannot be read from https:.*no such host.*gatewayApiDefinitions/,
  ],
])("refuses %s before anything is changed", (_, cluster, environment, message) => {
  kubectl(cluster);
  const { status, stderr } = run(step(environment));
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).toContain("Nothing was changed");
  expect(contentOf("changed") + contentOf("patched")).toBe("");
});

test("takes later CRDs where Cilium runs with them", () => {
  kubectl({ present: ["v1.7.0"], source: "v1.7.0" });
  expect(run(step({ BUNDLE: "v1.6.1", BELOW: "", CILIUM: "1.20.2" }))).toMatchObject({ status: 0, stderr: "" });
});

test("downloads through the proxy of whoever deploys, which is not the cluster's", () => {
  kubectl();
  const proxy = { https_proxy: "http://proxy.example:3128", NO_PROXY: "localhost" };
  expect(run(step(proxy))).toMatchObject({ status: 0 });
  expect(contentOf("proxy")).toBe("http://proxy.example:3128 localhost,192.0.2.1\n");
  expect(contentOf("through-proxy")).toBe("");
});
