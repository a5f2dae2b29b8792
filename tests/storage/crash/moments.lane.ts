/*
 * Does a folder survive whichever system call is the last, at work and during a salvage?
 *
 * The short form takes some calls; `bun tests/storage/crash/run.ts --calls 1 --seed S` takes every one.
 */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Workplace } from "./client.ts";
import { killedFolder } from "./folders.ts";
import { canChooseMoments, dieAtWork, dieInSalvage, MomentTally } from "./moments.ts";

const SEED = 20_261_128;
const skipped = "skipped: no strace here, or it may not trace";

test("at work", async () => {
  if (!canChooseMoments()) return console.log(skipped);
  using place = new Workplace();
  const tally = new MomentTally();
  await dieAtWork(place, SEED, 120, tally);
  expect(tally.failures.join("\n")).toBe("");
  expect(tally.deaths).toBeGreaterThan(2);
});

test("in a salvage", async () => {
  if (!canChooseMoments()) return console.log(skipped);
  using place = new Workplace();
  const folder = await killedFolder(place, SEED, 200, 2);
  const tally = new MomentTally();
  const lose = (path: string) => rmSync(join(path, "journal.sqlite")); // its log stays
  await dieInSalvage(place, folder, lose, 0, 30, tally);
  expect(tally.failures.join("\n")).toBe("");
  expect(tally.deaths).toBeGreaterThan(2);
});
