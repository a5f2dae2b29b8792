/*
 * Exports that somebody could give us, changed at random with right checksums: is each refused, or right? The
 * long form is `bun tests/hostile/run.ts`.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { judgeExport } from "./judge.ts";
import { exportLane, Tally } from "./lane.ts";
import { Mutations } from "./mutations.ts";
import { samples } from "./samples.ts";

setDefaultTimeout(240_000);

const SEED = 1;

test("what they are made from is right", async () => {
  for (const { name, bytes } of await samples())
    expect({ name, ...(await judgeExport(bytes)) }).toEqual({ name, kind: "right" });
});

test("exports", async () => {
  const tally = new Tally();
  await exportLane(new Mutations(await samples()), SEED, 150, tally);
  expect(tally.wrong).toEqual([]);
  expect(tally.count).toBe(150);
  // Neither is everything refused, nor nothing.
  expect(tally.right).toBeGreaterThan(10);
  expect(tally.count - tally.right).toBeGreaterThan(30);
});
