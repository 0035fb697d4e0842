import { join } from "node:path";
import type { Resource } from "@cdktf/provider-null/lib/resource";
import type { Construct } from "constructs";
import { stringify } from "yaml";
import type { Release } from "../../.gen/providers/helm/release";
import { escapeTemplate } from "../rules/template";
import type { TalosClusterBase } from "../talos/cluster-base";
import type { TalosNode } from "../talos/node";
import { checksumOf } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { kubernetesStep } from "../terraform/null-resource";
import type { Script } from "../terraform/script";

/** Seconds for each node: two pods, whose image is pulled first, and the provisioner's own. */
const timeout = 300;
/** Seconds for what is broken to mend by itself. */
const settleSeconds = 60;
export const image = "registry.k8s.io/e2e-test-images/busybox:1.29-4";
const name = "storage-test";
const text = "written by the pod before";

/** A claim of a storage class, which the script names. */
const claim = stringify({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "@CLASS@",
    resources: { requests: { storage: "16Mi" } },
  },
});

/** A Job on a node, which the script names, that does something to the volume. */
const job = (what: "write" | "read", command: string): string =>
  stringify({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `${name}-${what}` },
    spec: {
      backoffLimit: 0,
      // Should whoever waits for it be gone.
      activeDeadlineSeconds: timeout + 60,
      ttlSecondsAfterFinished: 3600,
      template: {
        metadata: { labels: { [name]: what } },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          // A volume with a file system of its own is root's until it is given to a group.
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65534,
            fsGroup: 65534,
            seccompProfile: { type: "RuntimeDefault" },
          },
          nodeSelector: { "kubernetes.io/hostname": "@NODE@" },
          tolerations: [{ operator: "Exists" }],
          containers: [
            {
              name: what,
              image,
              command: ["sh", "-c", command],
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              volumeMounts: [{ name: "data", mountPath: "/data" }],
            },
          ],
          volumes: [{ name: "data", persistentVolumeClaim: { claimName: name } }],
        },
      },
    },
  });

/** What makes volumes, and where. */
interface Tested {
  readonly nodes: readonly TalosNode[];
  readonly storageClasses: readonly string[];
  readonly namespace: string;
  /** Name of the Deployment that makes the volumes. */
  readonly provisioner: string;
  /** The user volume that they are on, and where Talos is asked about it. */
  readonly userVolume?: { readonly name: string; readonly talosconfig: string; readonly endpoint: string };
}

/** Claims a volume of each storage class on each of the nodes, writes to it and reads it from another pod. */
export const storageTest = (test: Tested & { readonly kubeconfig: string }): Script => ({
  file: join(__dirname, "scripts/storage-test.sh"),
  environment: {
    KUBECONFIG: test.kubeconfig,
    TALOSCONFIG: test.userVolume?.talosconfig ?? "",
    ENDPOINT: test.userVolume?.endpoint ?? "",
    VOLUME_NODES: test.nodes.map(({ name, address }) => `${escapeTemplate(name).toLowerCase()}=${address}`).join(" "),
    VOLUME: test.userVolume?.name ?? "",
    STORAGE_CLASSES: test.storageClasses.join(" "),
    NAMESPACE: test.namespace,
    PROVISIONER: test.provisioner,
    CLAIM: claim,
    WRITER: job("write", `echo '${text}' >/data/text && sync`),
    READER: job("read", `test "$(cat /data/text)" = '${text}'`),
    PATIENCE: String(settleSeconds),
    TIMEOUT: String(timeout),
  },
});

/** The release that makes the volumes, and when to test them again. */
interface Installed extends Tested {
  readonly release: Release;
  readonly rollout: Resource;
  /** What the volumes are on. */
  readonly volume: readonly string[];
}

/** The step that tests them at the end, and again after whatever may have broken them. */
export const storageTestStep = (
  scope: Construct,
  cluster: TalosClusterBase,
  { release, rollout, volume, ...test }: Installed,
): Resource =>
  withLogicalId(
    `${scope.node.id}_test`,
    kubernetesStep(scope, "StorageTest", "tests", {
      triggers: {
        release: `${release.id} ${release.metadata.revision}`,
        talos: test.nodes.map(({ talosUpgrade }) => talosUpgrade?.id ?? cluster.talosVersion).join(" "),
        nodes: test.nodes.map(({ name }) => name).join(" "),
        volume: checksumOf(volume),
      },
      scripts: [storageTest({ ...test, kubeconfig: cluster.kubeconfigFile.filename })],
      // A node that joins is sent its configuration after the others.
      dependsOn: [rollout, ...test.nodes.map(({ configurationApply }) => configurationApply)],
    }),
  );
