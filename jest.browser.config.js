/** @type {import("jest").Config} Tests that need a browser: Chromium, or what BROWSER names. */
module.exports = {
  ...require("./jest.sandbox.config"),
  testMatch: ["<rootDir>/__tests__/browser/*.test.ts"],
};
