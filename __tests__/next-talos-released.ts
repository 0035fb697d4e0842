import { join, relative } from "node:path";

// What the day of the release of the next Talos switches on: import this before the constructs.

const root = join(__dirname, "..");

/** The constructs are loaded again, as they read the switch when they are loaded; so are the tests' own modules that use them. */
function unload(): void {
  for (const file of Object.keys(require.cache))
    if (/^(constructs|__tests__)[\\/]/.test(relative(root, file))) delete require.cache[file];
}

unload();
Object.assign(require("../constructs/versions/next-talos"), { supportsNextTalos: true });
afterAll(unload);
