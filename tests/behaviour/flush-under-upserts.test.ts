/* Somebody upserts faster than it is linked, so that one compaction follows the other: does `flush` end all the same? */
import { expect, test } from "bun:test";
import { expectSound, keysOf, opened, uniform } from "../support/indexes.ts";

const SEED = 505;
const DIMENSIONS = 64;
const KEYS = 1000;
const SET = uniform(4 * KEYS, DIMENSIONS, SEED);
/** With one linking step in each, many times what the ops take that were accepted before `flush`. */
const MOST_TURNS = 150;

/** Upserts all keys in every turn of the event loop until it is stopped. */
function upsertForEver(upsert: (i: number) => void): { turns: () => number; stop: () => void } {
  let turns = 0;
  let going = true;
  const again = () => {
    if (!going) return;
    for (let i = 0; i < KEYS; i++) upsert(turns * KEYS + i);
    turns++;
    setImmediate(again);
  };
  again();
  return {
    turns: () => turns,
    stop: () => {
      going = false;
    },
  };
}

for (const what of ["the space that is upserted", "another space"]) {
  test(`flush waits for what was accepted before the call, in ${what}`, async () => {
    await using parts = await opened({
      dimensions: DIMENSIONS,
      metric: "l2",
      workers: 0,
      partitions: 1,
      flatBelow: 64,
    });
    const { index } = parts;
    const busy = index.space("busy");
    await busy.addMany(keysOf(SET).slice(0, KEYS), SET.part(0, KEYS).values);
    const quiet = index.space("quiet");
    await index.flush();
    const load = upsertForEver((i) => void busy.add(i % KEYS, SET.at(i % SET.count)).catch(() => {}));
    if (what === "another space") await quiet.addMany(keysOf(SET).slice(0, 200), SET.part(0, 200).values);
    let ended = false;
    const before = load.turns();
    const flushing = index.flush().then(() => {
      ended = true;
    });
    while (!ended && load.turns() - before < MOST_TURNS) await new Promise((resolve) => setImmediate(resolve));
    const turns = load.turns() - before;
    load.stop();
    await flushing;
    expect(turns).toBeLessThan(MOST_TURNS);
    expect(index.stats().spaces.find(({ name }) => name === "busy")!.compactions).toBeGreaterThan(0);
    await expectSound(index, `seed ${SEED}`);
  });
}
