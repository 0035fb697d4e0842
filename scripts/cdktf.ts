/**
 * Runs the cdktf command line without telemetry, version look-ups or prompts, with `schemas/` as the only
 * source of provider interfaces, so that every command but those of Terraform itself works offline.
 */
import { spawnSync } from "node:child_process";

const { status, error } = spawnSync("cdktf", process.argv.slice(2), {
  stdio: "inherit",
  env: {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    DISABLE_VERSION_CHECK: "1",
    CDKTF_EXPERIMENTAL_PROVIDER_SCHEMA_CACHE_PATH: "schemas",
  },
});
if (error) throw error;
process.exitCode = status ?? 1;
