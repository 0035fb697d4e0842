import { TerraformOutput } from "cdktf";
import { HelmInstall, LocalStorage, StrictApp, TalosGpuCluster } from "../constructs";

// An inference server: a GPU, a volume for its models, and an address on the network.
const app = new StrictApp();
const address = "192.168.1.240";

const site = new TalosGpuCluster(app, "talos-inference", {
  proxmox: { endpoint: "https://pve.example:8006/", credentials: "password" },
  vm: {
    name: "talos-inference",
    node: "pve",
    vmId: 108,
    cpu: { cores: 8 },
    memory: { dedicated: 32768 },
    disks: [{ size: 64 }, { size: 200 }],
    gpus: [{ address: "01:00", functions: "all" }],
    initialization: {
      ipConfigs: [{ address: "192.168.1.58/24", gateway: "192.168.1.1" }],
      dnsServers: ["192.168.1.1"],
    },
  },
  talos: { nvidia: { kernelModules: "open", branch: "production" } },
  cluster: { clusterName: "talos-inference" },
  cilium: { l2Announcements: { addressPools: [{ name: "lan", blocks: [{ start: address, stop: address }] }] } },
});

new LocalStorage(site, "storage", { node: site.cluster, disk: "scsi1" });

new HelmInstall(site, "ollama", {
  node: site.cluster,
  chart: "ollama",
  repository: "https://otwld.github.io/ollama-helm",
  version: "1.68.0",
  values: {
    ollama: { gpu: { enabled: true, type: "nvidia" }, models: { pull: ["llama3.2"] } },
    runtimeClassName: "nvidia",
    persistentVolume: { enabled: true, size: "150Gi" },
    service: { type: "LoadBalancer" },
    // A claim for one pod: the old pod has to end before the new one starts.
    updateStrategy: { type: "Recreate" },
  },
  // The pod pulls the model before it is ready.
  timeout: 1800,
});

new TerraformOutput(site, "request", {
  value: `curl http://${address}:11434/api/generate --data '{"model":"llama3.2","prompt":"Why is the sky blue?","stream":false}'`,
});

app.synth();
