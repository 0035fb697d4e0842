import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { TerraformOutput, type TerraformStack, TerraformVariable, Testing } from "cdktf";
import { Construct } from "constructs";
import { TalosGpuCluster, type TalosGpuClusterProps } from "../constructs";
import { ciliumIn, newApp, outcomeOf, problemsOf, synthesizedJson, vmIn } from "./stacks";

const props: TalosGpuClusterProps = {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-gpu",
    node: "pve",
    vmId: 100,
    gpus: [{ address: "01:00" }],
    initialization: { ipConfigs: [{ address: "192.168.1.50/24", gateway: "192.168.1.1" }] },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-gpu" },
};

/** The cluster, with what a user makes in its stack before its parts are there, and after. */
function synthesizedWith(before: (stack: TerraformStack) => void, after: (stack: TerraformStack) => void = () => {}) {
  const cluster = new TalosGpuCluster(newApp(), "talos-gpu", (stack) => {
    before(stack);
    return props;
  });
  after(cluster);
  return JSON.parse(Testing.synth(cluster, true));
}

/** Ids of what the project makes at the top of a stack; each is also a name that a user may want for a variable. */
const plain = synthesizedWith(() => {});
const ids = [
  ...["proxmox", "talos", "talos_node", "cluster", "cilium", "nvidia", "backend", "same_id", "scripts"],
  ...["null_provider", "local_provider", "talos_provider", "helm_provider"],
  ...Object.keys(plain.output),
];

describe("a user's names in the stack of a cluster", () => {
  test("of variables may be those of the cluster's outputs, resources and parts", () => {
    const stack = synthesizedWith((stack) => {
      for (const id of ids) new TerraformVariable(stack, id, { type: "string" });
    });
    expect(Object.keys(stack.variable)).toEqual(expect.arrayContaining(ids));
    expect({ ...stack, variable: plain.variable }).toEqual(plain);
  });

  test("of variables that come after the cluster may be, too", () => {
    const after = (stack: TerraformStack) => {
      for (const id of ids) new TerraformVariable(stack, id, { type: "string" });
    };
    expect(synthesizedWith(() => {}, after)).toMatchObject({ variable: { cluster: {} }, output: plain.output });
  });

  test("of outputs and resources may be those of its parts", () => {
    const stack = synthesizedWith(
      (stack) => new Resource(stack, "cluster"),
      (stack) => new TerraformOutput(stack, "talos_node", { value: "mine" }),
    );
    expect(stack.resource.null_resource.cluster).toEqual({});
    expect(stack.output).toEqual({ ...plain.output, talos_node: { value: "mine" } });
  });

  test("of an output that the cluster has is refused, and says whose name it is", () => {
    const after = (stack: TerraformStack) => void new TerraformOutput(stack, "node_ip", { value: "mine" });
    expect(() => synthesizedWith(() => {}, after)).toThrow(
      "output.node_ip is an address of the constructs in this stack; give yours another id [address-once]",
    );
  });
});

describe("what a stack has once is the project's own, whatever ids the user took:", () => {
  const onceIds = ["null_provider", "local_provider", "talos_provider", "helm_provider", "same_id", "scripts"];

  test("constructs of these ids are left alone", () => {
    const build = (stack: TerraformStack) => {
      vmIn(stack, { vmId: 100 });
      ciliumIn(stack);
    };
    const own = outcomeOf((stack) => {
      for (const id of onceIds) new Construct(stack, id);
      build(stack);
    });
    expect(own.problems()).toEqual([]);
    expect(JSON.parse(own.synthesized())).toEqual(synthesizedJson(build));
  });

  test("a provider of the user's own without an alias is refused beside it, and says what to write", () => {
    expect(
      problemsOf((stack) => {
        new NullProvider(stack, "null_provider");
        vmIn(stack);
      }),
    ).toEqual([
      "[stack] provider.null is configured by both stack/null_provider and stack/null_provider; give one of them an alias [address-once]",
    ]);
    expect(
      problemsOf((stack) => {
        new NullProvider(stack, "mine", { alias: "mine" });
        vmIn(stack);
      }),
    ).toEqual([]);
  });
});
