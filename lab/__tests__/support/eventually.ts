import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats a check until it holds, and takes its last failure for the test's when it never does.
 *
 * @param patience milliseconds
 */
export async function eventually(check: () => Promise<void> | void, patience = 180_000): Promise<void> {
  for (const end = Date.now() + patience; ; await sleep(200)) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
