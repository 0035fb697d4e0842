/** @type {import("jest").Config} What tests have in common that run in a sandbox for each file, where one that hangs ends. */
module.exports = {
  // Not the root file systems in packer/.cache.
  roots: ["<rootDir>/__tests__"],
  // One for each core; jest itself would leave one idle.
  maxWorkers: "100%",
  testSequencer: require.resolve("./scripts/long-tests-first.cjs"),
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
    // An ES module, which Node.js requires, and Jest does only from Node.js 24.9 on.
    "/cel-js/.+\\.js$": ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }],
  },
  transformIgnorePatterns: ["/node_modules/(?!@marcbachmann/cel-js/)"],
  // As synth/cdktf-patches does, which jest's own modules do not see.
  moduleNameMapper: { "^archiver$": "<rootDir>/__tests__/archiver.ts" },
  // A slow machine does not hang.
  testTimeout: 60_000,
  // Looked up in the sandbox they are slow, and cdktf does little else; some packages have a Set of their own:
  // https://jestjs.io/docs/configuration#sandboxinjectedglobals-arraystring
  sandboxInjectedGlobals: ["Array", "Error", "JSON", "Map", "Number", "Object", "RegExp", "String", "Symbol"],
};
