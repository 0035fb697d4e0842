/** Builds what the tests need, before the first of them. */
const { execFileSync } = require("node:child_process");
const { join } = require("node:path");

module.exports = () => {
  execFileSync(join(__dirname, "build.sh"), { stdio: "inherit" });
};
