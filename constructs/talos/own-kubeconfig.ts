import type { Postcondition } from "cdktf";
import { expression, rawExpression } from "../rules/expression";

const raw = rawExpression("yamldecode(self.kubeconfig_raw)");
const authority = rawExpression("self.kubernetes_client_configuration.ca_certificate");
const certificate = "-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\\n?";

/**
 * Fails the apply if a kubeconfig is not of this cluster: the Talos provider takes it from whoever answers without a certificate. Its
 * CAs have to be those of the machine configuration, and it may name no program, proxy or token, which kubectl would use.
 *
 * @param machineConfiguration of a control plane node
 * @see https://github.com/siderolabs/terraform-provider-talos/blob/v0.11.0/pkg/talos/util.go
 */
export const ownKubeconfig = (machineConfiguration: string): Postcondition => ({
  condition: expression`try(alltrue([${authority} != "", join("", [for ca in regexall(${certificate}, base64decode(${authority})) : ca if strcontains(${machineConfiguration}, base64encode(ca))]) == base64decode(${authority}), [for each in ${raw}.clusters : each.cluster["certificate-authority-data"]] == [${authority}], [for each in ${raw}.clusters : join(" ", keys(each.cluster))] == ["certificate-authority-data server"], [for each in ${raw}.users : join(" ", keys(each.user))] == ["client-certificate-data client-key-data"]]), false)`,
  errorMessage:
    "the kubeconfig is not of this cluster: another machine may have the node's address. Nothing was installed with it. Find out who has the address, then apply again with -replace=talos_cluster_kubeconfig.cluster [kubeconfig-of-cluster]",
});
