import { Token } from "cdktf";
import type { MachineSecrets } from "../../.gen/providers/talos/machine-secrets";
import { expression } from "../rules/expression";

/**
 * The secrets of a cluster as `talosctl gen secrets` writes them to `secrets.yaml`, under the names that Talos reads.
 *
 * @see https://docs.siderolabs.com/talos/v1.13/reference/cli#talosctl-gen-secrets
 */
export function secretsBundle({ fqn }: MachineSecrets): string {
  const own = expression`${fqn}.machine_secrets`;
  const pair = (name: string) => {
    const of = expression`${fqn}.machine_secrets.certs[${name}]`;
    return expression`{ crt = ${of}.cert, key = ${of}.key }`;
  };
  return Token.asString(
    expression`yamlencode({
      cluster = { id = ${own}.cluster.id, secret = ${own}.cluster.secret }
      secrets = { for name, secret in {
        bootstraptoken            = ${own}.secrets.bootstrap_token
        secretboxencryptionsecret = ${own}.secrets.secretbox_encryption_secret
        aescbcencryptionsecret    = ${own}.secrets.aescbc_encryption_secret
      } : name => secret if secret != null }
      trustdinfo = { token = ${own}.trustdinfo.token }
      certs = {
        etcd              = ${pair("etcd")}
        k8s               = ${pair("k8s")}
        k8saggregator     = ${pair("k8s_aggregator")}
        k8sserviceaccount = { key = ${own}.certs.k8s_serviceaccount.key }
        os                = ${pair("os")}
      }
    })`,
  );
}
