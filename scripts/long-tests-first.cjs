const { basename } = require("node:path");
const Sequencer = require("@jest/test-sequencer").default;

/** The tests that take longest, of the lab and of those without: jest goes by size where it has not seen them run. */
const long = [
  ...["changes", "gpu-vendors", "gateway-api-takeover", "helm-release", "rollout", "rolling", "talos-cluster"],
  ...["impostor-kubernetes", "talos-faults", "upgrade", "life-cycle-gpu", "nvidia-install", "proxmox-csi"],
  ...["cilium-method", "gateway-api", "method-changes", "life-cycle", "inline-manifests", "helm-install"],
  ...["talos-configuration", "volumes", "upgrade-faults", "growing", "life-cycle-cluster", "discovered-sites"],
  ...["rules", "tokens", "config-patches", "golden"],
  ...["wrong-things", "proxmox-api", "strict-app", "script-rules"],
];

const placeOf = ({ path }) => {
  const place = long.indexOf(basename(path, ".test.ts"));
  return place < 0 ? long.length : place;
};

/** Begins with what takes longest, so that it does not run alone at the end. */
module.exports = class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => placeOf(one) - placeOf(other));
  }
};
