import { smokeTest } from "../constructs/gpu/smoke-test";
import { vendors } from "../constructs/gpu/vendors";
import { storageTest } from "../constructs/storage/storage-test";
import { type Facts, refersTo } from "./fact";

/** Whether a value of a script's variable is what the constructs give by themselves. */
type Own = (value: string, facts: Facts) => boolean;

const matching =
  (pattern: RegExp): Own =>
  (value) =>
    pattern.test(value);
const either =
  (...own: readonly Own[]): Own =>
  (value, facts) =>
    own.some((each) => each(value, facts));

const digits = matching(/^\d*$/);
const name = matching(/^[a-z0-9.-]*$/);
const version = matching(/^(v?\d[\w.-]*)?$/);
/** A node by its address, or by the name that Kubernetes has of it. */
const node: Own = (value, { addresses, names }) =>
  addresses.has(value) || [...names].some((each) => each.toLowerCase() === value);
const file: Own = (value, facts) => facts.files.has(value) || refersTo(facts, value, "local_file", /^filename$/);

const nowhere = { kubeconfig: "", talosconfig: "", node: "" };

/** What the smoke tests of all vendors are given. */
const smokeTests = Object.values(vendors).flatMap((vendor) =>
  Object.values(vendor.methods)
    .flatMap((method) => [method, { ...method, ...method.withoutHandler }])
    .flatMap((method) =>
      vendor.resources.flatMap((resource) =>
        [true, false].map((isTainted) => smokeTest(method, { ...nowhere, isTainted, vendor, resource }).environment),
      ),
    ),
);

const ofSmokeTests =
  (name: string): Own =>
  (value) =>
    smokeTests.some((environment) => environment[name] === value);

/** What the test of storage classes is given. */
const storageTests = storageTest({
  kubeconfig: "",
  nodes: [],
  storageClasses: [],
  namespace: "",
  provisioner: "",
}).environment;
const ofStorageTest =
  (name: string): Own =>
  (value) =>
    storageTests[name] === value;

const nodesByName: Own = (value, { addresses }) =>
  value.split(" ").every((pair) => addresses.has(pair.replace(/^[^=]*=/, "")));

/** By name of the variable, in whatever script it is. */
const own: Readonly<Record<string, Own>> = {
  ADDRESSES: nodesByName,
  ADVICE: ofSmokeTests("ADVICE"),
  BELOW: version,
  BUNDLE: version,
  CA: (value, facts) => refersTo(facts, value, "talos_machine_secrets", /^client_configuration[.]ca_certificate$/),
  CHECKSUM: matching(/^([0-9a-f]*|\$\{sha256\(.*\)\})$/s),
  CILIUM: version,
  CLAIM: ofStorageTest("CLAIM"),
  CLAIMS: matching(/^(true|false)$/),
  CLUSTER: (value, { clusterNames }) => clusterNames.has(value),
  DAEMONSET: name,
  DEVICE: ofSmokeTests("DEVICE"),
  DIRECTLY: matching(/^true$/),
  DIRECTORY: (value, { directories }) => directories.has(value),
  DRIVER: matching(/^(openebs[.]io[/]local|csi[.]proxmox[.]sinextra[.]dev)$/),
  DRIVER_FILE: ofSmokeTests("DRIVER_FILE"),
  ENABLED: matching(/^(true|false)$/),
  ENDPOINT: (value, { addresses, endpoints }) =>
    value === "" ||
    addresses.has(value) ||
    endpoints.has(value) ||
    addresses.has(/^https:\/\/\[?(.*?)\]?:6443$/.exec(value)?.[1] ?? ""),
  FIRST_VERSION: (value, facts) => refersTo(facts, value, "talos_machine_secrets", /^talos_version$/),
  INSTALLER: (value, facts) => refersTo(facts, value, "data.talos_image_factory_urls", /^urls[.]installer$/),
  JOB: ofSmokeTests("JOB"),
  KEEP: matching(/^(Cilium\w+\/[a-z0-9.-]+( |$))*$/),
  KUBECONFIG: either(file, (value, { directories }) => directories.has(value.replace(/[/]kubeconfig$/, ""))),
  KUBERNETES_VERSION: (value, { versions }) => versions.has(value),
  LABEL: ofSmokeTests("LABEL"),
  MACHINE: matching(/^[\w-]*$/),
  MANIFESTS: matching(/^(\$\{base64gzip\(data[.]helm_template[.][\w-]+[.]manifest\)\})?$/),
  MEMBERS: matching(/^[\w. -]*$/),
  NAME: either(
    (value, { names }) => [...names].some((each) => each === value || each.toLowerCase() === value),
    matching(/^cilium[\w-]*$/),
    ofSmokeTests("NAME"),
  ),
  NAMES: matching(/^[\w. -]*$/),
  NAMESPACE: name,
  NODE: node,
  NODES: matching(/^([1-9]\d*)?$/),
  OUTLIVE: matching(/^(yes)?$/),
  PATIENCE: digits,
  PLUGIN: name,
  PREREQUISITES: name,
  REFUSAL: ofSmokeTests("REFUSAL"),
  PROVISIONER: name,
  READER: ofStorageTest("READER"),
  RELEASE: name,
  RELEASES: matching(/^[a-z0-9./ -]*$/),
  RESOURCE: ofSmokeTests("RESOURCE"),
  RESOURCES: matching(/^((node|crd)\/[a-z0-9.-]+( |$))*$/),
  ROLE: matching(/^(controlplane|worker)$/),
  RUNTIME_CLASS: name,
  SELECTOR: matching(/^[\w./=-]*$/),
  SNAPSHOT: matching(/^true$/),
  SOURCE: matching(
    /^https:\/\/github[.]com\/kubernetes-sigs\/gateway-api\/releases\/download\/v[\d.]+\/standard-install[.]yaml$/,
  ),
  STORAGE_CLASSES: matching(/^[a-z0-9. -]*$/),
  TAINTS: matching(/^[\w./=: -]*$/),
  TALOSCONFIG: either(file, matching(/^$/)),
  TALOS_VERSION: (value, { versions }) => versions.has(value),
  // From a minute to a day.
  TIMEOUT: (value) => /^\d+$/.test(value) && Number(value) >= 60 && Number(value) <= 86400,
  VENDOR: ofSmokeTests("VENDOR"),
  VOLUME: name,
  VOLUME_NODES: nodesByName,
  WRITER: ofStorageTest("WRITER"),
};

/** Whether the constructs give this value to the variable of one of their scripts by themselves. */
export const isOwnVariable = (variable: string, value: string, facts: Facts): boolean =>
  own[variable]?.(value, facts) ?? false;
