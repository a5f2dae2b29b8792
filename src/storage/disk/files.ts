/* How do files and folders get to the disk for good, and is a file one of ours and not something else of its name? */
import { accessSync, closeSync, constants, fsyncSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Damage } from "./damage.ts";

/** Throws Damage when there is something else of that name than a regular file: a link may lead anywhere. */
export function expectRegular(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Damage(`${path} is not a regular file`);
}

/** Whether the system lets us write a file, or make files in a folder. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Opens a regular file. Throws like `expectRegular`, or what the system says. */
export function openRegular(path: string, flags: number): number {
  expectRegular(path);
  return openSync(path, flags | constants.O_NOFOLLOW, 0o644);
}

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
