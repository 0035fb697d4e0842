/** @type {import("jest").Config} Tests that run Terraform itself. */
module.exports = {
  ...require("./jest.sandbox.config"),
  testMatch: ["<rootDir>/__tests__/terraform/**/*.test.ts"],
};
