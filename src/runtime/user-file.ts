/* How does a program's own file get read or written before a call returns, in Bun and Node? */
import { HnswError, messageOf } from "../errors.ts";

type Fs = typeof import("node:fs");

function filesOf(): Fs {
  const fs = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs");
  if (fs !== undefined) return fs;
  throw new HnswError("UNSUPPORTED", "Files need Bun, or Node from 20.16 on.");
}

/** Throws PATH_FAILED or UNSUPPORTED. */
export function readFileNow(path: string): Uint8Array<ArrayBuffer> {
  const fs = filesOf();
  try {
    return new Uint8Array(fs.readFileSync(path));
  } catch (cause) {
    throw new HnswError("PATH_FAILED", `${path} can't be read: ${messageOf(cause)}.`, { cause });
  }
}

/**
 * Writes a file as a whole or not at all: beside its place first, then on the disk, then in its place. Throws PATH_FAILED
 * or UNSUPPORTED.
 */
export function writeFileNow(path: string, bytes: Uint8Array): void {
  const fs = filesOf();
  const beside = `${path}.${Math.random().toString(36).slice(2, 10)}.part`;
  try {
    const file = fs.openSync(beside, "wx");
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at); // a full disk takes a part first
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(beside, path);
  } catch (cause) {
    fs.rmSync(beside, { force: true });
    throw new HnswError("PATH_FAILED", `${path} can't be written: ${messageOf(cause)}.`, { cause });
  }
}
