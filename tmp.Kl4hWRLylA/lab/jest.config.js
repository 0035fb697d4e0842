/** @type {import("jest").Config} */
module.exports = {
  ...require("../jest.config"),
  rootDir: "..",
  // Faults are timed, and each lab runs several programs.
  maxWorkers: 1,
  roots: ["<rootDir>/lab/__tests__"],
  testMatch: ["<rootDir>/lab/__tests__/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  globalSetup: "<rootDir>/lab/__tests__/support/build.ts",
  testTimeout: 120_000,
};
