/*
 * Vectors move far away while several workers link them, and some workers are killed: are all found, before and after
 * `flush`, and do `stats` and `check` say that codes went blind?
 */
import { expect, test } from "bun:test";
import { expectSound, keysOf, opened, random, VectorSet } from "../support/indexes.ts";
import { Exam } from "../support/vectors.ts";

const SEED = 990;
const DIMENSIONS = 24;
const FIRST = 1500;
const COUNT = 5000;
const { gaussian } = random(SEED);
const value = (isFar: boolean) => (isFar ? 40 + 0.01 * gaussian() : gaussian());
const SET = VectorSet.make(COUNT, DIMENSIONS, (i) => value(i >= FIRST));
const QUERIES = VectorSet.make(60, DIMENSIONS, (i) => value(i % 2 === 1));

for (const workers of [0, 1, 4]) {
  test(`workers: ${workers}`, async () => {
    await using parts = await opened({
      dimensions: DIMENSIONS,
      metric: "l2",
      workers,
      partitions: 1,
      onIncident: () => {},
    });
    const { index, pool } = parts;
    const space = index.space("s");
    const recallOf = async (count: number) => {
      const exam = new Exam("l2", SET.part(0, count), QUERIES);
      const found = await space.searchMany(QUERIES.values, { k: 10 });
      return exam.recall(
        (query) => found[Math.floor((query.byteOffset - QUERIES.values.byteOffset) / 4 / DIMENSIONS)]!,
      );
    };
    let kills = 0;
    for (let from = 0; from < COUNT; from += 500) {
      await space.addMany(keysOf(SET).slice(from, from + 500), SET.part(from, from + 500).values);
      expect(await recallOf(from + 500), `${from + 500} of ${COUNT} are in, seed ${SEED}`).toBeGreaterThanOrEqual(0.95);
      if (pool && from >= FIRST && kills < 3) await pool.kill(kills++ % workers);
    }
    await index.flush();
    expect(await recallOf(COUNT), `all is linked, seed ${SEED}`).toBeGreaterThanOrEqual(0.98);
    expect(index.stats().spaces).toMatchObject([{ kind: "graph", beam: "f32", pending: 0, relinking: 0 }]);
    await expectSound(index, `seed ${SEED}`);
    expect((await index.check()).warnings).toEqual([
      "s: codes can't tell its vectors apart, so its graph is searched in f32, which takes longer",
    ]);
  });
}
