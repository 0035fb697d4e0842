/**
 * Keeps cdktf from listing the outputs of a deployment a second time: Terraform has listed them, and cdktf breaks the lines
 * of their commands. `node --require ./scripts/cdktf-outputs.cjs cdktf deploy`
 */
const { Module } = require("node:module");

const compile = Module.prototype._compile;
Module.prototype._compile = function (code, filename, ...others) {
  const isCommands = /[/\\]cdktf-cli[/\\]bundle[/\\]bin[/\\]cmds[/\\]handlers[.]js$/.test(filename);
  // The component that lists them, in what esbuild has made of it.
  const patched = isCommands ? code.replace(/=\(\{outputs:\w+\}\)=>(?=\w+\.default\.createElement)/, "$&null&&") : code;
  return compile.call(this, patched, filename, ...others);
};
