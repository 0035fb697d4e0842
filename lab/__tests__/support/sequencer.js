const { basename } = require("node:path");
const Sequencer = require("@jest/test-sequencer").default;

/** What takes minutes begins first, so that nothing long runs alone at the end. */
const long = [
  "talos-cluster",
  "life-cycle",
  "changes",
  "nvidia-install",
  "upgrade",
  "helm-release",
  "talos-configuration",
];

const placeOf = ({ path }) => {
  const place = long.indexOf(basename(path, ".test.ts"));
  return place < 0 ? long.length : place;
};

module.exports = class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => placeOf(one) - placeOf(other));
  }
};
