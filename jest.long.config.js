/** @type {import("jest").Config} Tests that start many programs, or try many values. */
module.exports = {
  ...require("./jest.sandbox.config"),
  testMatch: ["<rootDir>/__tests__/{programs,properties}/*.test.ts"],
};
