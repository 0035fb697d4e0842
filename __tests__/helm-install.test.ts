import { TerraformVariable } from "cdktf";
import { HelmProvider } from "../.gen/providers/helm/provider";
import { Release } from "../.gen/providers/helm/release";
import { CiliumInstall, HelmInstall, type HelmInstallProps, NvidiaInstall } from "../constructs";
import { driver } from "./fixtures/builders";
import { nodeIn, problemsOf, synthesizedJson, type TerraformJson } from "./stacks";

const ollama = { chart: "ollama", repository: "https://charts.example/", version: "1.2.3" };

/** A chart on a node with Cilium and GPUs. */
const installed = (props: Partial<HelmInstallProps> = {}, isFirst = false): TerraformJson =>
  synthesizedJson((stack) => {
    const node = nodeIn(stack, { talos: { version: "v1.13.9", nvidia: driver } });
    const install = () => new HelmInstall(stack, "models", { node, ...ollama, ...props });
    if (isFirst) install();
    new CiliumInstall(stack, "cilium", { node });
    new NvidiaInstall(stack, "nvidia", { node });
    if (!isFirst) install();
  });

/** The check of removed releases, and which releases come after it. */
function removalCheck({ resource: { null_resource, helm_release = {} } }: TerraformJson) {
  const { triggers, provisioner } = null_resource.removed_releases;
  const after = Object.entries<TerraformJson>(helm_release).filter(([, { depends_on = [] }]) =>
    depends_on.includes("null_resource.removed_releases"),
  );
  expect(provisioner[0]["local-exec"].environment.RELEASES).toBe(triggers.releases);
  return { releases: triggers.releases, after: after.map(([name]) => name).sort() };
}

/** A chart with a secret value, whose variable has the revision. */
const withSecret = (props: Partial<HelmInstallProps> = {}): TerraformJson =>
  synthesizedJson((stack) => {
    const password = new TerraformVariable(stack, "password", { type: "string", sensitive: true });
    new HelmInstall(stack, "models", {
      node: nodeIn(stack),
      ...ollama,
      secretValues: { "auth.password": password.stringValue },
      ...props,
    });
  });

describe("HelmInstall", () => {
  test("is a release like those of Cilium and NVIDIA, with its values as YAML", () => {
    const { cilium, models } = installed({ values: { gpu: { enabled: true } } }).resource.helm_release;
    expect(Object.keys(cilium)).toEqual(expect.arrayContaining(Object.keys(models)));
    expect(models).toMatchObject({
      ...ollama,
      name: "ollama",
      namespace: "ollama",
      values: ["gpu:\n  enabled: true\n"],
      wait: true,
      upgrade_install: true,
      timeout: 900,
    });
  });

  test("comes after the check of removed releases, which knows all of the stack, those of users too", () => {
    const withOwn = synthesizedJson((stack) => {
      const node = nodeIn(stack);
      new Release(stack, "own", { name: "own", chart: "own", namespace: "apps" });
      new Release(stack, "first", { name: "first", chart: "first" });
      const provider = new HelmProvider(stack, "elsewhere", { alias: "elsewhere" });
      new Release(stack, "other", { name: "other", chart: "other", provider });
      new HelmInstall(stack, "models", { node, ...ollama, name: "server" });
    });
    expect(removalCheck(withOwn)).toEqual({
      releases: "apps/own default/first kube-system/server-namespace server/server",
      after: ["first", "models", "models_namespace", "own"],
    });
    // When the last one goes, it is still looked for.
    expect(removalCheck(synthesizedJson((stack) => void nodeIn(stack)))).toEqual({ releases: "", after: [] });
  });

  test.each([false, true])("comes after network and GPU, whichever is written first (%s)", (isFirst) => {
    const json = installed({}, isFirst);
    expect(json.resource.helm_release.models.depends_on).toEqual([
      "null_resource.wait_for_cilium",
      "helm_release.models_namespace",
      "null_resource.removed_releases",
      "null_resource.gpu_smoke_test",
    ]);
    expect(json.resource.null_resource.wait_for_models.triggers.release).toBe(
      "${helm_release.models.id} ${helm_release.models.metadata.revision}",
    );
    expect(json.resource.null_resource.etcd_snapshot?.depends_on ?? JSON.stringify(json)).toContain(
      "null_resource.wait_for_models",
    );
  });

  test("creates its namespace with its level of pod security, which is baseline as in Talos", () => {
    const levelOf = (props: object) =>
      JSON.stringify(installed(props).resource.helm_release.models_namespace.values).match(/enforce: (\w+)/)?.[1];
    expect(levelOf({})).toBe("baseline");
    expect(levelOf({ podSecurity: "privileged" })).toBe("privileged");
  });

  test("leaves a namespace to who has it", () => {
    const ofPlugin = installed({ namespace: "nvidia-device-plugin" }).resource.helm_release;
    expect(Object.keys(ofPlugin)).not.toContain("models_namespace");
    expect(ofPlugin.models.depends_on).toContain("helm_release.nvidia_prerequisites");
    expect(Object.keys(installed({ namespace: "default" }).resource.helm_release)).not.toContain("models_namespace");
  });

  test("waits for the workloads that Helm has marked as its own", () => {
    const { provisioner } = installed().resource.null_resource.wait_for_models;
    expect(provisioner[0]["local-exec"].environment).toMatchObject({
      RELEASE: "ollama",
      NAMESPACE: "ollama",
      SELECTOR: "",
      TIMEOUT: "900",
    });
  });
});

test("a HelmInstall takes no chart over http, unless from a private address where it is allowed", () => {
  const problems = (props: Partial<HelmInstallProps>) =>
    problemsOf((stack) => void new HelmInstall(stack, "models", { node: nodeIn(stack), ...ollama, ...props }));
  const repository = "http://192.168.1.9/";
  expect(problems({ repository })).toEqual([expect.stringMatching(/is plain http.*\[plain-http\]/)]);
  expect(problems({ repository, insecureHttp: true })).toEqual([]);
});

describe("the secret values of a HelmInstall", () => {
  test("are write-only, and text whatever Helm would make of it", () => {
    const { models } = withSecret().resource.helm_release;
    expect(models.set_wo).toEqual([
      {
        name: "auth.password",
        value: '${replace(var.password, "/([\\\\\\\\,{}\\\\[\\\\]\\"])/", "\\\\$1")}',
        type: "string",
      },
    ]);
  });

  test("are read again whenever the release changes: their revision is that of a release which changes with it", () => {
    const { models } = withSecret().resource.helm_release;
    expect(models.set_wo_revision).toBe("${helm_release.models_inputs.metadata.revision}");
    const inputsOf = (props: Partial<HelmInstallProps>) => withSecret(props).resource.helm_release.models_inputs.values;
    const changes: Partial<HelmInstallProps>[] = [
      { version: "1.2.4" },
      { values: { replicas: 2 } },
      { repository: "https://other.example/" },
      { timeout: 600 },
      { secretRevision: 2 },
    ];
    for (const change of changes) expect(inputsOf(change)).not.toEqual(inputsOf({}));
    expect(inputsOf({ secretRevision: 1 })).toEqual(inputsOf({}));
  });

  test("need the Terraform that knows write-only arguments", () => {
    expect(withSecret().terraform.required_version).toBe(">= 1.11");
    expect(installed().terraform.required_version).toBeUndefined();
  });
});
