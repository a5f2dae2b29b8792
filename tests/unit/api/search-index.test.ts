/* Does an export that is only searched take no more than it has to, and refuse what it should? */
import { expect, test } from "bun:test";
import { openSearchWith } from "../../../src/api/search-index.ts";
import { expectExact, modelOf, opened, uniform } from "../../support/indexes.ts";

const SEED = 271;

test("many small spaces open in about the memory that they had", async () => {
  await using parts = await opened({ dimensions: 16, metric: "l2", workers: 0, partitions: 1 });
  const { index } = parts;
  const set = uniform(6, 16, SEED);
  for (let i = 0; i < 2000; i++) await index.space(`tenant ${i}`).addMany([0, 1, 2, 3, 4, 5], set.values);
  const { index: searched, seat } = await openSearchWith({ from: await index.exportBytes() });
  expect(searched.spaces().length).toBe(2000);
  expect(seat.memory.buffer.byteLength).toBeLessThan(2 * index.stats().bytes.used + 8 * 2 ** 20);
  const hits = await searched.space("tenant 1999").search(set.at(3), { k: 3 });
  expectExact(hits, "l2", modelOf(set), set.at(3), 3, `seed ${SEED}`);
  searched.close();
});
