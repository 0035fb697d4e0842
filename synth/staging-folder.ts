import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { Manifest } from "cdktf";
import { Refusal } from "./refusal";

/**
 * A folder beside the output, of the same file system, for what is not to be seen before all of it is there: a full disk
 * fails here, and files that are there already are put in their places without another byte.
 */
export class StagingFolder {
  readonly folder: string;

  /** @throws {Refusal} when nothing can be written there */
  constructor(private readonly output: string) {
    ensureOutputFolder(output);
    this.folder = this.writing(() => mkdtempSync(join(output, ".staging-")));
  }

  /** Runs what writes to the output; its failure is reported as that of the output. */
  writing<Result>(task: () => Result): Result {
    return writingTo(this.output, task);
  }

  /**
   * Puts what the staging folder holds where it belongs, all of it or none. What else is in the output stays, such as Terraform's
   * own files.
   *
   * @param folders paths of folders that are merged with those of the output; any other is replaced as a whole
   * @param obsolete paths of what must not stay beside it
   */
  publish(folders: readonly string[], obsolete: readonly string[]): void {
    const undo: (() => void)[] = [];
    const kept = mkdtempSync(join(this.folder, ".kept-"));
    const move = (from: string, to: string) => {
      renameSync(from, to);
      undo.push(() => renameSync(to, from));
    };
    const setAside = (path: string) => {
      if (existsSync(path)) move(path, join(kept, String(undo.length)));
    };
    const put = (path: string) => {
      const from = join(this.folder, path);
      const to = join(this.output, path);
      if (folders.includes(path) && existsSync(to)) for (const name of readdirSync(from)) put(join(path, name));
      else {
        setAside(to);
        move(from, to);
      }
    };
    this.writing(() => {
      try {
        for (const path of obsolete) setAside(join(this.output, path));
        for (const name of readdirSync(this.folder).filter((name) => !name.startsWith("."))) put(name);
      } catch (error) {
        for (const step of undo.reverse()) step();
        throw error;
      }
    });
  }

  /** Leaves nothing of it behind. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Makes the folder for stacks, with those above it. */
export function ensureOutputFolder(output: string): void {
  writingTo(output, () => mkdirSync(join(output, Manifest.stacksFolder), { recursive: true }));
}

function writingTo<Result>(output: string, task: () => Result): Result {
  try {
    return task();
  } catch (error) {
    if (!isOf(output, error)) throw error;
    throw new Refusal(
      `Nothing was written: ${output} cannot be written to (${error.message}); make it a folder that can be, or name another one in CDKTF_OUTDIR`,
    );
  }
}

/** Whether a file system says it, of the folder or of what is in it; a full one names no path. */
function isOf(folder: string, error: unknown): error is NodeJS.ErrnoException {
  if (typeof error !== "object" || error === null || !("syscall" in error)) return false;
  const { path = folder } = error as NodeJS.ErrnoException;
  return !relative(folder, path).startsWith("..") || !relative(path, folder).startsWith("..");
}
