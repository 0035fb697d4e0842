import type { Kubectl } from "../../kubectl";

/** A project of Argo CD, as far as it decides what an application may have. */
interface AppProject {
  readonly spec: {
    readonly destinations: readonly { readonly server: string; readonly namespace: string }[];
    readonly clusterResourceWhitelist?: readonly Restriction[];
    readonly clusterResourceBlacklist?: readonly Restriction[];
  };
}
interface Restriction {
  readonly group: string;
  readonly kind: string;
  readonly name?: string;
}

/** An object of Kubernetes, as Git has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(text);

/**
 * What Argo CD's controller does with what Git has: it asks the project of the application, and applies what that permits with an
 * account that may do everything.
 *
 * @see https://github.com/argoproj/argo-cd/blob/master/pkg/apis/application/v1alpha1/app_project_types.go
 */
export class ArgoCd {
  constructor(
    private readonly kubectl: Kubectl,
    private readonly project: string,
  ) {}

  /** Applies all objects if the project permits them, and none otherwise. @returns what it does not permit */
  async sync(...objects: readonly Manifest[]): Promise<string[]> {
    const { spec } = await this.kubectl.get<AppProject>("appproject", this.project, "--namespace=argocd");
    const refused = objects.filter((object) => !isPermitted(spec, object));
    if (refused.length === 0) {
      const account = "--as=system:serviceaccount:argocd:argocd-application-controller";
      const options = ["--force-conflicts", "--field-manager=argocd-controller", "--request-timeout=60s", account];
      const { code, output } = await this.kubectl.applyWith(options, ...objects);
      if (code !== 0) throw new Error(output);
    }
    return refused.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
  }
}

function isPermitted(spec: AppProject["spec"], { apiVersion, kind, metadata }: Manifest): boolean {
  const { name, namespace } = metadata;
  if (namespace !== undefined) {
    const denied = spec.destinations.filter((each) => each.namespace.startsWith("!"));
    const allowed = spec.destinations.filter((each) => !denied.includes(each));
    return (
      allowed.some((each) => matches(each.namespace, namespace)) &&
      !denied.some((each) => matches(each.namespace.slice(1), namespace))
    );
  }
  const group = apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
  const isIn = (list: readonly Restriction[] = []) =>
    list.some(
      (each) => matches(each.group, group) && matches(each.kind, kind) && (!each.name || matches(each.name, name)),
    );
  return isIn(spec.clusterResourceWhitelist) && !isIn(spec.clusterResourceBlacklist);
}
