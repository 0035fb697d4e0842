/**
 * Lets Jest's runner load test files as the commands load TypeScript. It imports them, as if they were ES modules; they become
 * CommonJS ones: https://nodejs.org/api/module.html#customization-hooks
 */
const { register } = require("node:module");

require("./typescript.cjs");

const hooks = `export const load = (url, context, next) =>
  new URL(url).pathname.endsWith(".ts") ? { format: "commonjs", shortCircuit: true } : next(url, context);`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
