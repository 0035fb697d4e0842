/** @type {import("jest").Config} */
module.exports = {
  rootDir: "..",
  testMatch: ["<rootDir>/lab/__tests__/**/*.test.ts"],
  globalSetup: "<rootDir>/lab/__tests__/support/build.ts",
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  testTimeout: 120_000,
};
