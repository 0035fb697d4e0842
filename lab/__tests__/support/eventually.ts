import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats a check until it holds, gives what it found, and takes its last failure for the test's when it never does.
 *
 * @param patience milliseconds
 */
export async function eventually<T>(check: () => Promise<T> | T, patience = 180_000): Promise<T> {
  for (const end = Date.now() + patience; ; await sleep(200)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
