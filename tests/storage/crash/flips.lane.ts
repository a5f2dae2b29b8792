/*
 * Is a single flipped bit noticed or harmless, wherever it is?
 *
 * The short form; `bun tests/storage/crash/run.ts --flips 1000 --seed S` is the long one.
 */
import { expect, test } from "bun:test";
import { Workplace } from "./client.ts";
import { FlipTally, flipAt, flipOne, foldersToFlip } from "./flips.ts";

const SEED = 20_261_126;
const FLIPS = 21;

test("a flipped bit is noticed or harmless", async () => {
  using place = new Workplace();
  const folders = await foldersToFlip(place, SEED);
  const tally = new FlipTally();
  for (let i = 0; i < FLIPS; i++) await flipOne(place, folders[i % folders.length]!, SEED + i, tally);
  expect(tally.failures.join("\n")).toBe("");
  expect(tally.noticed.PATH_DAMAGED).toBeGreaterThan(FLIPS / 4);
  expect(tally.salvaged).toBeGreaterThan(FLIPS / 4);
});

test("a bit of the header that makes the journal read-only or unreadable is noticed", async () => {
  using place = new Workplace();
  const filed = (await foldersToFlip(place, SEED))[2]!;
  const tally = new FlipTally();
  const FORMATS = [18, 19]; // SQLite's, for writing and for reading
  for (const at of FORMATS) await flipAt(place, filed, "journal.sqlite", at, 3, tally, "header");
  expect(tally.failures.join("\n")).toBe("");
  expect(tally.salvaged).toBe(2);
});
