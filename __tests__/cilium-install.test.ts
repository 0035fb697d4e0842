import { Resource } from "@cdktf/provider-null/lib/resource";
import { TerraformVariable } from "cdktf";
import { parse, parseAllDocuments } from "yaml";
import { DataHelmTemplate } from "../.gen/providers/helm/data-helm-template";
import { Release } from "../.gen/providers/helm/release";
import { DataTalosMachineConfiguration } from "../.gen/providers/talos/data-talos-machine-configuration";
import { CiliumInstall, type CiliumInstallProps } from "../constructs";
import { refusedBy } from "../constructs/cilium/value-schema";
import type { CiliumMinor } from "../constructs/cilium/version";
import "./matchers";
import { ciliumIn, clusterIn, nodeIn, problemsOf, synthesized, synthesizedJson, type TerraformJson } from "./stacks";

const cilium = (props: Partial<CiliumInstallProps> = {}) => synthesized((stack) => void ciliumIn(stack, props));
const json = (props: Partial<CiliumInstallProps> = {}): TerraformJson =>
  synthesizedJson((stack) => void ciliumIn(stack, props));
const release = (props: Partial<CiliumInstallProps> = {}): TerraformJson =>
  json(props).resource[Release.tfResourceType].cilium;
const valuesOf = (props: Partial<CiliumInstallProps> = {}) => parse(release(props).values[0]);
const patchesOf = (stack: TerraformJson): string[] =>
  stack.data[DataTalosMachineConfiguration.tfResourceType].node.config_patches;
const documents = (props: Partial<CiliumInstallProps> = {}): TerraformJson[] =>
  patchesOf(json(props)).flatMap((patch) => parseAllDocuments(patch).map((document) => document.toJS()));

describe("CiliumInstall", () => {
  test.each([
    "bpf.masquerade",
    "bpf.hostLegacyRouting",
    "encryption.enabled",
    "hubble.enabled",
    "hubble.relay.enabled",
    "hubble.ui.enabled",
  ])("takes true and false alone for values.%s", (path) => {
    const values = path.split(".").reduceRight<unknown>((inside, key) => ({ [key]: inside }), "true");
    expect(problemsOf((stack) => void ciliumIn(stack, { values: values as Record<string, unknown> }))).toContainEqual(
      expect.stringContaining(`values.${path} is "true"; write true or false, or leave it out [cilium-talos-values]`),
    );
  });

  test("installs the chart once Kubernetes answers, and waits long enough", () => {
    expect(release()).toMatchObject({
      name: "cilium",
      namespace: "kube-system",
      repository: "https://helm.cilium.io/",
      chart: "cilium",
      version: "1.19.8",
      wait: true,
      timeout: 900,
      depends_on: ["null_resource.cilium_upgrade", "null_resource.removed_releases"],
    });
  });

  test("takes over what came from the machine configuration, when it is installed, and changes no release that is there", () => {
    const { helm_release: releases, null_resource: steps } = json({ l2Announcements: { addressPools: [] } }).resource;
    const takesOver = { take_ownership: true, lifecycle: { ignore_changes: ["take_ownership"] } };
    expect(releases.cilium).toMatchObject(takesOver);
    expect(releases.cilium_load_balancer).toMatchObject(takesOver);
    const scripts = steps.wait_for_cilium.provisioner.map((each: TerraformJson) => each["local-exec"].environment);
    expect(scripts.slice(-2)).toMatchObject([
      { NAME: "cilium-manifests", KEEP: "" },
      { NAME: "cilium-load-balancer-manifests", KEEP: "CiliumL2AnnouncementPolicy/default" },
    ]);
  });

  test("repairs a release that failed, whose name would be in use for ever", () => {
    const l2Announcements = { addressPools: [] };
    const releases = json({ l2Announcements }).resource[Release.tfResourceType];
    expect(releases.cilium.upgrade_install).toBe(true);
    expect(releases.cilium_load_balancer.upgrade_install).toBe(true);
  });

  test.each([
    ["1.18.12", false],
    ["1.19.6", true],
    ["1.20.0", true],
  ])(
    "gives the agent of Cilium %s the capabilities of its chart, the kernel's log among them: %s",
    (version, syslog) => {
      const { ciliumAgent } = valuesOf({ version }).securityContext.capabilities;
      expect(ciliumAgent.includes("SYSLOG")).toBe(syslog);
      expect(ciliumAgent).toEqual(expect.arrayContaining(["CHOWN", "KILL", "NET_ADMIN", "SETUID"]));
    },
  );

  test("leaves the capabilities to Terraform where the version is a variable", () => {
    const stack = synthesizedJson((scope) => {
      ciliumIn(scope, { version: new TerraformVariable(scope, "cilium_version", {}).stringValue });
    });
    const [values] = stack.resource[Release.tfResourceType].cilium.values;
    expect(values).toMatch(
      /"ciliumAgent" = \{"1\.18" = \[[^\]]*"SETUID"\], "1\.19" = \[[^\]]*"SYSLOG"\], "1\.20" = \[[^\]]*"SYSLOG"\]\}\[regex\(/,
    );
  });

  test("knows no IPv4 on a node that has none", () => {
    const ipv6 = { name: "talos-gpu", address: "2001:db8::50/64", installDisk: "/dev/sda" };
    const stack = synthesizedJson((scope) => void ciliumIn(scope, {}, { machine: ipv6 }));
    expect(parse(stack.resource[Release.tfResourceType].cilium.values[0])).toMatchObject({
      ipv4: { enabled: false },
      ipv6: { enabled: true },
      underlayProtocol: "ipv6",
    });
    expect(valuesOf()).not.toHaveProperty("ipv6");
    expect(valuesOf()).not.toHaveProperty("underlayProtocol");
  });

  test("hands text that Terraform would interpolate to the chart as it is", () => {
    expect(release({ repository: "https://mirror.example/${HOME}/" }).repository).toBe(
      "https://mirror.example/$${HOME}/",
    );
    expect(release({ values: { extraEnv: [{ name: "A", value: "${HOME}" }] } }).values[0]).toContain("value: $${HOME}");
  });

  test("gives the chart what Talos requires, and one operator for one node", () => {
    expect(valuesOf()).toEqual({
      ipam: { mode: "kubernetes" },
      kubeProxyReplacement: true,
      k8sServiceHost: "localhost",
      k8sServicePort: 7445,
      cgroup: { autoMount: { enabled: false }, hostRoot: "/sys/fs/cgroup" },
      securityContext: {
        capabilities: {
          ciliumAgent: expect.not.arrayContaining(["SYS_MODULE"]),
          cleanCiliumState: ["NET_ADMIN", "SYS_ADMIN", "SYS_RESOURCE"],
        },
      },
      rollOutCiliumPods: true,
      operator: { replicas: 1, rollOutPods: true },
      envoy: { rollOutPods: true },
      hubble: { relay: { rollOutPods: true }, ui: { rollOutPods: true } },
    });
  });

  test("waits until its pods run, each time that the release or the nodes change, and lets what needs a network wait", () => {
    const stack = synthesizedJson((scope) => {
      const node = nodeIn(scope);
      new CiliumInstall(scope, "cilium", { node, l2Announcements: { addressPools: [] }, timeout: 1200 });
      new Resource(scope, "workload", { dependsOn: [node.networkReady] });
    });
    const { wait_for_cilium, workload } = stack.resource[Resource.tfResourceType];
    expect(wait_for_cilium).toMatchObject({
      triggers: {
        release: "${helm_release.cilium.id} ${helm_release.cilium.metadata.revision}",
        nodes: "talos-gpu",
      },
      depends_on: ["null_resource.remove_control_plane_taint"],
    });
    expect(workload.depends_on).toEqual(["null_resource.wait_for_cilium"]);
    const [rollout, definitions] = wait_for_cilium.provisioner.map((each: TerraformJson) => each["local-exec"]);
    expect(rollout.command).toMatch(/wait-for-rollout\.sh$/);
    expect(rollout.environment).toMatchObject({
      NAMESPACE: "kube-system",
      SELECTOR: "app.kubernetes.io/part-of=cilium",
      TIMEOUT: "1200",
    });
    expect(definitions.environment.RESOURCES).toMatch(/^crd\/ciliumloadbalancerippools/);
    expect(stack.resource[Release.tfResourceType].cilium_load_balancer.depends_on).toEqual([
      "null_resource.wait_for_cilium",
      "null_resource.removed_releases",
    ]);
  });

  test.each([
    ["no other network plugin", { cluster: { network: { cni: { name: "none" } } } }],
    ["no kube-proxy", { cluster: { proxy: { disabled: true } } }],
    ["KubePrism", { machine: { features: { kubePrism: { enabled: true, port: 7445 } } } }],
  ])("gives its node %s, in a patch of its own", (_, patch) => {
    expect(documents()).toContainEqual(patch);
  });

  test("configures the Helm provider from the kubeconfig, its certificates decoded", () => {
    const client = "talos_cluster_kubeconfig.cluster.kubernetes_client_configuration";
    expect(json().provider.helm).toEqual([
      {
        kubernetes: {
          host: `\${${client}.host}`,
          cluster_ca_certificate: `\${base64decode(${client}.ca_certificate)}`,
          client_certificate: `\${base64decode(${client}.client_certificate)}`,
          client_key: `\${base64decode(${client}.client_key)}`,
        },
      },
    ]);
  });

  test("merges further values deeply, a list in place of a list", () => {
    const values = valuesOf({
      values: {
        operator: { prometheus: { enabled: true } },
        securityContext: { capabilities: { cleanCiliumState: ["NET_ADMIN"] } },
      },
    });
    expect(values.operator).toEqual({ replicas: 1, rollOutPods: true, prometheus: { enabled: true } });
    expect(values.securityContext.capabilities.cleanCiliumState).toEqual(["NET_ADMIN"]);
    expect(values.securityContext.capabilities.ciliumAgent).toContain("NET_ADMIN");
  });

  test.each<[string, Partial<CiliumInstallProps>, object]>([
    ["Hubble", { hubble: { relay: true, ui: true } }, { hubble: { relay: { enabled: true }, ui: { enabled: true } } }],
    [
      "the Gateway API",
      { gatewayApi: true },
      { gatewayAPI: { enabled: true, enableAlpn: true, enableAppProtocol: true } },
    ],
    ["encryption", { encryption: "wireguard" }, { encryption: { enabled: true, type: "wireguard" } }],
    ["announcements", { l2Announcements: { addressPools: [] } }, { l2announcements: { enabled: true } }],
  ])("has typed options for %s", (_, props, values) => {
    expect(valuesOf(props)).toMatchObject(values);
  });

  describe("with the Gateway API", () => {
    const step = (props: Partial<CiliumInstallProps>): TerraformJson =>
      json(props).resource[Resource.tfResourceType].gateway_api;
    const environmentOf = ({ provisioner: [provisioner] }: TerraformJson) => provisioner["local-exec"].environment;

    test.each([
      ["1.18.12", "v1.3.0", "v1.5.0"],
      ["1.19.6", "v1.4.1", "v1.5.0"],
      ["1.20.2", "v1.6.1", ""],
    ])("applies the CRDs that Cilium %s needs, %s, before Cilium looks for them", (version, bundle, below) => {
      const source = `https://github.com/kubernetes-sigs/gateway-api/releases/download/${bundle}/standard-install.yaml`;
      const { triggers, depends_on, ...applied } = step({ version, gatewayApi: true });
      expect(triggers).toMatchObject({ bundle, source });
      expect(depends_on).toEqual(["null_resource.cilium_upgrade", "null_resource.removed_releases"]);
      expect(environmentOf(applied)).toMatchObject({ ENABLED: "true", SOURCE: source, BUNDLE: bundle, BELOW: below });
      expect(release({ version, gatewayApi: true }).depends_on).toContain("null_resource.gateway_api");
    });

    test("names no manifest that the node would download", () => {
      expect(patchesOf(json({ gatewayApi: true })).join("")).not.toContain("extraManifests");
    });

    test("lets the chart create the class, whatever Helm finds in the cluster", () => {
      expect(valuesOf({ gatewayApi: true }).gatewayAPI.gatewayClass.create).toBe("true");
      expect(valuesOf({ gatewayApi: false }).gatewayAPI.gatewayClass).toBeUndefined();
    });

    test("applies no CRDs where it is false, and lets nobody delete them", () => {
      expect(environmentOf(step({ gatewayApi: false }))).toMatchObject({ ENABLED: "false" });
      expect(step({ gatewayApi: true }).provisioner).toEqual([
        { "local-exec": expect.not.objectContaining({ when: "destroy" }) },
      ]);
      expect(json().resource[Resource.tfResourceType].gateway_api).toBeUndefined();
    });

    test("takes them from a mirror, and from a file, which becomes part of the stack", () => {
      const mirror = "https://mirror.example/standard-install.yaml";
      expect(environmentOf(step({ gatewayApi: true, gatewayApiDefinitions: mirror })).SOURCE).toBe(mirror);
      const fromFile = step({ gatewayApi: true, gatewayApiDefinitions: "package.json" });
      expect(environmentOf(fromFile).SOURCE).toMatch(/^assets[/].*package[.]json$/);
      expect(fromFile.triggers.source).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  describe("with announcements", () => {
    const l2Announcements = {
      addressPools: [
        { name: "lan", blocks: [{ cidr: "192.168.1.240/28" }, { start: "192.168.1.200", stop: "192.168.1.220" }] },
      ],
      interfaces: ["^eth[0-9]+"],
    };
    const objects = [
      {
        apiVersion: "cilium.io/v2",
        kind: "CiliumLoadBalancerIPPool",
        metadata: { name: "lan" },
        spec: { blocks: [{ cidr: "192.168.1.240/28" }, { start: "192.168.1.200", stop: "192.168.1.220" }] },
      },
      {
        apiVersion: "cilium.io/v2alpha1",
        kind: "CiliumL2AnnouncementPolicy",
        metadata: { name: "default" },
        spec: { loadBalancerIPs: true, externalIPs: true, interfaces: ["^eth[0-9]+"] },
      },
    ];

    test("creates pools and policy after Cilium, whose operator defines their kinds", () => {
      const loadBalancer = json({ l2Announcements }).resource[Release.tfResourceType].cilium_load_balancer;
      expect(loadBalancer).toMatchObject({
        namespace: "kube-system",
        chart: expect.stringMatching(/^assets\//),
        depends_on: ["null_resource.wait_for_cilium", "null_resource.removed_releases"],
      });
      expect(parse(loadBalancer.values[0])).toEqual({ objects });
    });

    test("lets load balancers use the control plane", () => {
      expect(documents({ l2Announcements })).toContainEqual({
        machine: { nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } } },
      });
    });

    test("creates them as manifests where Cilium is one", () => {
      const stack = json({ l2Announcements, method: "inline-manifests" });
      expect(stack.resource[Release.tfResourceType]).toBeUndefined();
      const [patch] = patchesOf(stack).filter((each) => each.includes("cilium-load-balancer"));
      const [{ contents }] = parse(patch as string).cluster.inlineManifests;
      expect(parseAllDocuments(contents).map((document) => document.toJS())).toEqual(objects);
    });
  });

  describe("as inline manifests", () => {
    const inline = { method: "inline-manifests" } as const;

    test("come before the first snapshot of etcd", () => {
      const { first_snapshot, cilium_manifests } = json(inline).resource.null_resource;
      expect(cilium_manifests).toBeDefined();
      expect(first_snapshot.depends_on).toContain("null_resource.cilium_manifests");
    });

    test("renders the chart at plan, without a cluster, for the node's Kubernetes", () => {
      const stack = json(inline);
      expect(stack.data[DataHelmTemplate.tfResourceType].cilium).toMatchObject({
        name: "cilium",
        namespace: "kube-system",
        chart: "cilium",
        version: "1.19.8",
        kube_version: "1.35.10",
        include_crds: true,
      });
      expect(stack.provider.helm).toContainEqual({ alias: "rendering" });
      expect(stack.resource[Release.tfResourceType]).toBeUndefined();
    });

    test("finds the release of the other method, which Terraform would else leave in the cluster", () => {
      expect(json(inline).provider.helm).toEqual(expect.arrayContaining(json().provider.helm));
    });

    test("hands the manifest to Talos, which applies it at bootstrap", () => {
      expect(patchesOf(json(inline))).toContainEqual(
        '${yamlencode({"cluster" = {"inlineManifests" = [{"name" = "cilium", "contents" = data.helm_template.cilium.manifest}]}})}',
      );
    });

    test("hands no manifest to a worker, which would keep it for nothing", () => {
      const stack = synthesizedJson(
        (scope) => void new CiliumInstall(scope, "cilium", { ...inline, node: clusterIn(scope) }),
      );
      const configurations = Object.values<TerraformJson>(stack.data[DataTalosMachineConfiguration.tfResourceType]);
      for (const { machine_type, config_patches } of configurations) {
        expect(config_patches.join("").includes("inlineManifests")).toBe(machine_type === "controlplane");
      }
      expect(configurations.map(({ machine_type }) => machine_type)).toContain("worker");
    });

    test("applies every change of the manifests and the pools, which Talos would not", () => {
      const l2Announcements = { addressPools: [{ name: "lan", blocks: [{ cidr: "192.168.1.240/28" }] }] };
      const { cilium_manifests } = json({ ...inline, l2Announcements }).resource[Resource.tfResourceType];
      expect(cilium_manifests.triggers).toMatchObject({
        cilium: "${sha256(data.helm_template.cilium.manifest)}",
        "cilium-load-balancer": expect.stringMatching(/^\$\{sha256\(.*CiliumLoadBalancerIPPool/s),
      });
      const scripts = cilium_manifests.provisioner.map(
        ({ "local-exec": { environment } }: TerraformJson) => environment,
      );
      expect(scripts[0]).toMatchObject({ NAME: "cilium-manifests" });
      expect(scripts.at(-1)).toMatchObject({ NAME: "cilium-load-balancer-manifests" });
      // Without pools those that were there go.
      const without = json(inline).resource[Resource.tfResourceType].cilium_manifests.provisioner.at(-1);
      expect(without["local-exec"].environment).toMatchObject({
        NAME: "cilium-load-balancer-manifests",
        MANIFESTS: "",
      });
    });

    test("refuses at plan what is rendered with private keys", () => {
      const [{ condition, error_message }] =
        json(inline).data[DataHelmTemplate.tfResourceType].cilium.lifecycle.postcondition;
      expect(condition).toContain("self.manifest");
      expect(error_message).toContain("[inline-manifests-keys]");
    });

    test("renders the same every time: certificates are made in the cluster", () => {
      const { values } = json(inline).data[DataHelmTemplate.tfResourceType].cilium;
      expect(parse(values[0]).hubble.tls.auto.method).toBe("cronJob");
    });
  });

  test("takes another repository and version", () => {
    expect(cilium({ repository: "https://charts.example/", version: "1.19.6" })).toHaveResourceWithProperties(Release, {
      repository: "https://charts.example/",
      version: "1.19.6",
    });
  });

  test.each(["helm-release", "inline-manifests"] as const)(
    "looks which Cilium runs before anything of it changes, by the method %s",
    (method) => {
      const { resource } = synthesizedJson(
        (scope) => void ciliumIn(scope, { version: "1.20.3", method, gatewayApi: true }),
      );
      const { cilium_upgrade, gateway_api, cilium_manifests } = resource.null_resource;
      const { depends_on: before, triggers, provisioner } = cilium_upgrade;
      expect([before, triggers]).toEqual([["null_resource.wait_for_kubernetes"], { version: "1.20.3" }]);
      expect(provisioner[0]["local-exec"].environment.CILIUM).toBe("1.20.3");
      expect(gateway_api.depends_on).toContain("null_resource.cilium_upgrade");
      expect((cilium_manifests ?? resource.helm_release.cilium).depends_on).toContain("null_resource.cilium_upgrade");
    },
  );

  test("leaves to Terraform what depends on a variable", () => {
    const stack = synthesizedJson((scope) => {
      const gatewayApi = new TerraformVariable(scope, "gateway_api", { type: "bool" }).booleanValue;
      ciliumIn(scope, { gatewayApi });
    });
    const { gateway_api } = stack.resource[Resource.tfResourceType];
    expect(gateway_api.provisioner[0]["local-exec"].environment.ENABLED).toBe("${var.gateway_api}");
    expect(gateway_api.triggers.enabled).toBe("${var.gateway_api}");
    expect(stack.resource[Release.tfResourceType].cilium.values[0]).toContain('var.gateway_api ? "true" : "auto"');
  });

  test.each(["1.18.12", "1.19.6", "1.20.2"])(
    "has values that the chart's schema of %s takes, for all options",
    (version) => {
      const minor = version.slice(0, version.lastIndexOf(".")) as CiliumMinor;
      const every: Partial<CiliumInstallProps> = {
        version,
        hubble: { relay: true, ui: true },
        gatewayApi: true,
        l2Announcements: { addressPools: [] },
        encryption: "wireguard",
      };
      const off = { version, hubble: { relay: false, ui: false }, gatewayApi: false };
      let ofCluster: object = {};
      synthesizedJson((stack) => {
        ofCluster = new CiliumInstall(stack, "cilium", { node: clusterIn(stack), ...every }).values;
      });
      let inline: object = {};
      synthesizedJson((stack) => {
        inline = ciliumIn(stack, { version, method: "inline-manifests" }).values;
      });
      const all = [valuesOf({ version }), valuesOf(every), valuesOf(off), ofCluster, inline];
      expect(all.map((values) => refusedBy(minor, values))).toEqual(all.map(() => []));
      expect(refusedBy(minor, { ...valuesOf(every), operator: { replicas: "1" } })).toEqual([
        'values.operator.replicas is "1"; write a whole number',
      ]);
    },
  );

  test("tells once what the chart's schema and another rule refuse", () => {
    const problems = problemsOf((stack) => void ciliumIn(stack, { values: { bpf: { masquerade: "true" }, cni: 5 } }));
    expect(problems).toEqual([
      expect.stringContaining("values.bpf.masquerade is"),
      expect.stringContaining("values.cni is 5; write an object [chart-values-schema]"),
    ]);
  });

  test("is not installed where nobody asks for it: the node keeps Talos's own network", () => {
    const stack = synthesizedJson((scope) => void nodeIn(scope));
    expect(stack.provider.helm).toBeUndefined();
    expect(patchesOf(stack).join("")).not.toContain("cni");
  });
});
