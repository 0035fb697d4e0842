/**
 * The environment without what the Helm and Kubernetes providers read by themselves: they add a token of `KUBE_TOKEN` to
 * the credentials that a stack gives them, and send it to that stack's cluster.
 *
 * @see https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs#authentication
 */
export const withoutKubernetes = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(KUBE|HELM)_|^KUBECONFIG$/.test(name)));

/** What Terraform is started with: no credentials of other clusters, and no question at HashiCorp about newer versions. */
export const terraformEnvironment = (): NodeJS.ProcessEnv => ({
  ...withoutKubernetes(process.env),
  CHECKPOINT_DISABLE: "1",
});
