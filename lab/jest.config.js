/** @type {import("jest").Config} */
module.exports = {
  ...require("../jest.sandbox.config"),
  rootDir: "..",
  // Each lab has its own ports and files, and much of a test is waiting: twice as many as the cores of a small machine.
  maxWorkers: 4,
  roots: ["<rootDir>/lab/__tests__"],
  testMatch: ["<rootDir>/lab/__tests__/**/*.test.ts"],
  globalSetup: "<rootDir>/lab/__tests__/support/build.ts",
  // Long tests on a slow machine; one that hangs ends.
  testTimeout: 900_000,
};
