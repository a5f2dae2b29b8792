/*
 * What if a bit is not as it was written? Either `open` notices it, and a salvage brings back what is readable; or it does
 * not matter, and everything is there. A third outcome, with something silently wrong or missing, is a bug.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteFile } from "../../../src/storage/disk/sqlite.ts";
import { Chance } from "../../stress/chance.ts";
import type { Workplace } from "./client.ts";
import { filesOf, inventedIn, type KnownFolder, killedFolder, look } from "./folders.ts";
import { differenceOf } from "./model.ts";

/** What counts as noticed. */
const NOTICED = ["PATH_DAMAGED", "PATH_FOREIGN", "PATH_MISMATCH"];

export class FlipTally {
  flips = 0;
  harmless = 0;
  salvaged = 0;
  /** How often each code was seen. */
  readonly noticed: Record<string, number> = {};
  readonly failures: string[] = [];
}

/** Folders of killed processes: with most data in the write-ahead log, in snapshots, and in the journal's file. */
export async function foldersToFlip(place: Workplace, seed: number): Promise<KnownFolder[]> {
  const [logged, snapshots] = [await killedFolder(place, seed, 30, 2), await killedFolder(place, seed + 1, 250, 1)];
  const filed = await killedFolder(place, seed + 2, 60, 2);
  await SqliteFile.using(join(filed.path, "journal.sqlite"), "write", (file) => file.settle());
  return [logged, snapshots, filed];
}

/** A byte of a vector in a file, or −1. Most bits of a folder are in vectors, protected by nothing but a checksum. */
function placeOfVector(bytes: Buffer, { history }: KnownFolder, chance: Chance): number {
  const entries = [...history.values()].flatMap((keys) => [...keys.values()].flat());
  const vectors = entries.flatMap(({ vector }) => (vector === null ? [] : [vector]));
  for (let tries = 0; tries < 20 && vectors.length > 0; tries++) {
    const vector = new Uint8Array(chance.oneOf(vectors).buffer);
    const at = bytes.indexOf(vector);
    if (at >= 0) return at + chance.between(0, vector.length - 1);
  }
  return -1;
}

/** Flips one bit somewhere in a copy of a folder, and checks what `open` makes of it. */
export async function flipOne(place: Workplace, folder: KnownFolder, seed: number, tally: FlipTally): Promise<void> {
  const chance = new Chance(seed, "flip");
  const files = filesOf(folder.path).filter((name) => !name.startsWith("lock") && !name.endsWith("-shm"));
  const file = chance.oneOf(files);
  const bytes = readFileSync(join(folder.path, file));
  // Headers are small, but half of what can go wrong is in them.
  const most = chance.is(0.3) ? Math.min(bytes.length, 200) : bytes.length;
  if (most === 0) return;
  let at = chance.between(0, most - 1);
  const filled = chance.is(0.7); // most of a page is empty
  for (let tries = 0; filled && bytes[at] === 0 && tries < 1000; tries++) at = chance.between(0, most - 1);
  const vector = chance.is(0.3) ? placeOfVector(bytes, folder, chance) : -1;
  if (vector >= 0) at = vector;
  await flipAt(place, folder, file, at, chance.between(0, 7), tally, `flip ${seed}`);
}

/** Flips the given bit. */
export async function flipAt(
  place: Workplace,
  folder: KnownFolder,
  file: string,
  at: number,
  bit: number,
  tally: FlipTally,
  which: string,
): Promise<void> {
  const path = place.copy(folder.path, "flipped");
  const bytes = readFileSync(join(path, file));
  bytes[at]! ^= 1 << bit;
  writeFileSync(join(path, file), bytes);
  tally.flips++;
  const fail = (what: string) => {
    tally.failures.push(`${which}: bit ${bit} of byte ${at} of ${file} (${bytes.length} bytes): ${what}`);
  };
  const { refusal, content, unsound } = await look(folder.options, path);
  if (refusal === null) {
    const wrong = differenceOf(content, folder.content) ?? unsound[0];
    if (wrong !== undefined && wrong !== null) return fail(`opened without a word, but ${wrong}`);
    tally.harmless++;
    const again = await look(folder.options, path); // after `close` has written snapshots
    const lost = again.refusal ?? differenceOf(again.content, folder.content) ?? again.unsound[0];
    if (lost) fail(`harmless at first, and then: ${lost}`);
    return;
  }
  if (!NOTICED.includes(refusal.code)) return fail(`refused, but with ${refusal}`);
  tally.noticed[refusal.code] = (tally.noticed[refusal.code] ?? 0) + 1;
  if (refusal.code === "PATH_FOREIGN") return; // it looks like something else: nothing to salvage
  const wrong = await salvage(folder, path);
  if (wrong === null) tally.salvaged++;
  else fail(`${refusal.message}\n  and salvage: ${wrong}`);
}

/** Opens a damaged folder with salvage, and then without. Resolves to what is wrong, or null. */
async function salvage(folder: KnownFolder, path: string): Promise<string | null> {
  const salvaged = await look({ ...folder.options, onDamage: "salvage" }, path);
  if (salvaged.refusal) return `refused: ${salvaged.refusal}`;
  if (salvaged.problems.length === 0) return "it reports no problem";
  if (salvaged.unsound.length > 0) return salvaged.unsound[0]!;
  const invented = inventedIn(salvaged.content, folder);
  if (invented) return invented;
  const after = await look(folder.options, path);
  if (after.refusal) return `the folder can't be opened afterwards: ${after.refusal}`;
  if (after.problems.length > 0) return `afterwards: ${after.problems}`;
  return differenceOf(after.content, salvaged.content) ?? after.unsound[0] ?? null;
}
