/* A small disk in memory for one test, where the process may mount one. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";

export class Mount implements Disposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Null where mounting is not permitted. */
  static make(path: string, megabytes: number): Mount | null {
    mkdirSync(path, { recursive: true });
    return mount("-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path) ? new Mount(path) : null;
  }

  /** A view of a folder that can't be written through it. */
  static readOnly(folder: string, path: string): Mount | null {
    mkdirSync(path, { recursive: true });
    if (!mount("--bind", folder, path)) return null;
    const view = new Mount(path);
    return mount("-o", "remount,bind,ro", path) ? view : null;
  }

  remount(how: "ro" | "rw"): void {
    if (!mount("-o", `remount,${how}`, this.path)) throw new Error(`${this.path} can't be remounted`);
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", "--lazy", this.path]);
  }
}

function mount(...args: string[]): boolean {
  try {
    return Bun.spawnSync(["mount", ...args]).exitCode === 0;
  } catch {
    return false; // no such program
  }
}

/** Fills a disk. */
export function fill(file: string): void {
  const ballast = openSync(file, "w");
  const piece = new Uint8Array(4096);
  try {
    while (writeSync(ballast, piece) > 0);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOSPC") throw error;
  } finally {
    closeSync(ballast);
  }
}
