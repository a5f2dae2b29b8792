/* How do files and folders get to the disk for good? */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Waits until a file, or a folder's list of names, is on the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a folder, given by its whole path, and those above it, durably. Returns the uppermost folder that it made. */
export function makeDurably(folder: string): string | undefined {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return undefined;
  for (let at = folder; at.length >= first.length; at = dirname(at)) syncFile(dirname(at));
  return first;
}
