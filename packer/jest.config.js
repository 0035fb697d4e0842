/** @type {import("jest").Config} */
module.exports = {
  ...require("../jest.sandbox.config"),
  rootDir: __dirname,
  // Two tests at once would make the same root file system.
  maxWorkers: 1,
  // Not in package.json, where it would run for `--help`, too.
  globalSetup: "<rootDir>/tools/build.cjs",
  roots: ["<rootDir>/__tests__"],
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  // Booting, building and installing packages take seconds each.
  testTimeout: 300_000,
};
