const { roots, maxWorkers, testSequencer } = require("./jest.sandbox.config");

/**
 * @type {import("jest").Config} Tests in Node.js itself: in sandboxes, two fifths of the time go into loading modules for each
 * file, and compiling them again. Modules and the process are those of the file before, so a test puts back what it changes.
 */
module.exports = {
  roots,
  maxWorkers,
  testSequencer,
  testMatch: ["<rootDir>/__tests__/*.test.ts"],
  runner: "jest-light-runner",
  setupFiles: ["<rootDir>/scripts/jest-typescript.cjs"],
  transform: {},
};
