/*
 * Does everything still agree with a Map and brute force while threads race, trap at every fault point and die?
 *
 * The short form; `bun tests/stress/run.ts --runs 1000` is the long one. What it finds carries its seed: play that one
 * with `bun tests/stress/run.ts --runs 1 --seed S` (with the same --workers and --ops, as far as threads allow).
 */
import { expect, test } from "bun:test";
import { hitsInWords, POINT_NAMES } from "./faults.ts";
import { playApart, Tally } from "./lane.ts";

const SEED = 20_261_123;
const OPS = 150;
const WORKERS = [8, 2, 8, 0, 1];
const RUNS = 10;
const MORE_RUNS_MAX = 30; // until every point was hit
const RECALL_MIN = 0.97; // M 4, ef 16 to 200

test("threads that race, trap and die agree with a model", async () => {
  const tally = new Tally();
  await playApart({ seed: SEED, runs: RUNS, ops: OPS, workers: WORKERS, points: [] }, tally);
  for (let seed = SEED + RUNS; tally.missed.length > 0 && seed < SEED + RUNS + MORE_RUNS_MAX; seed += 5) {
    await playApart({ seed, runs: 5, ops: OPS, workers: WORKERS, points: tally.missed }, tally);
  }
  console.log(
    `traps: ${hitsInWords(tally.hits)}; ${tally.totals.kills} workers ended, recall ${tally.recall.toFixed(4)}`,
  );
  expect(tally.failures.join("\n")).toBe("");
  expect(tally.missed.map((point) => POINT_NAMES.get(point))).toEqual([]);
  expect(tally.recall).toBeGreaterThan(RECALL_MIN);
}, 400_000);
