import { createRequire, Module } from "node:module";

// cdktf packs zip files in a process of their own, and loads what packs them in every other too: half of what it loads, and
// a sixth of the time of a synth.
const { cache, resolve } = createRequire(createRequire(__filename).resolve("cdktf"));
const archiver = resolve("archiver");
cache[archiver] ??= Object.assign(new Module(archiver), { loaded: true });
