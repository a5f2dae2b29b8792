/*
 * When a process is killed -9 at a random moment, is nothing acknowledged lost, doubled or reordered?
 *
 * The short form; `bun tests/storage/crash/run.ts --kills 500 --seed S` is the long one. A failure names its seed and keeps
 * its folder; the exact moment of a kill can't be repeated.
 */
import { expect, test } from "bun:test";
import { KillTally, killOneFolder } from "./kills.ts";

const SEED = 20_261_124;
const FOLDERS = 2;
const KILLS = 6;

test("folders whose processes are killed hold what was acknowledged", async () => {
  const tally = new KillTally();
  for (let folder = 0; folder < FOLDERS; folder++) await killOneFolder(SEED + folder, KILLS, tally);
  expect(tally.failures.join("\n")).toBe("");
  expect(tally.kills).toBeGreaterThan(FOLDERS); // otherwise nothing was tested
  expect(tally.replayed).toBeGreaterThan(0);
  expect(tally.snapshots).toBeGreaterThan(0);
});
