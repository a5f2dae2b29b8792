/* Does what has expired give its memory back, on every path, and nothing else with it? */
import { expect, test } from "bun:test";
import { deleteExpired, deleteExpiredEveryMinute } from "../../src/engine/expiry.ts";
import type { Space } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { expectSound, opened, uniform, until } from "../support/indexes.ts";

const COUNT = 600;
const SET = uniform(COUNT, 8, 55);
const FIRST = 4e12; // the real clock does not come so far
const OPTIONS = { dimensions: 8, metric: "l2", partitions: 2, flatBelow: 50, fields: { n: "number" } } as const;
const everything = { now: 0 };

/** Two of three expire, at different moments. */
async function fill(space: Space): Promise<void> {
  for (let i = 0; i < COUNT; i++) {
    const expiresAt = i % 3 === 0 ? undefined : FIRST + (i % 100);
    await space.add(i, SET.at(i), { n: i, text: "some text ".repeat(20) }, { expiresAt });
  }
}

const expiredAt = (now: number) => Array.from({ length: COUNT }, (_, i) => i % 3 !== 0 && FIRST + (i % 100) <= now);
const left = (now: number) => expiredAt(now).filter((isExpired) => !isExpired).length;

for (const workers of [0, 2]) {
  test(`it is deleted, exactly, and a compaction gives its memory back, with workers: ${workers}`, async () => {
    await using parts = await opened({ ...OPTIONS, workers });
    const { index, handle } = parts;
    const space = index.space("s");
    await fill(space);
    await index.space("without").add(1, SET.at(1), { n: 1 });
    await index.flush();
    const before = index.stats().spaces.find(({ name }) => name === "s")!.bytes;
    expect(await deleteExpired(handle, FIRST - 1)).toBe(0);
    for (const now of [FIRST + 20, FIRST + 20, FIRST + 98]) {
      const was = space.size;
      let deleted = 0;
      // What a compaction is moving waits for the next time.
      await until(async () => {
        deleted += await deleteExpired(handle, now);
        return deleted >= was - left(now);
      }, "all are deleted");
      expect(deleted).toBe(was - left(now));
      expect(await space.count(everything)).toBe(left(now));
      expect(space.size).toBe(left(now));
    }
    await space.add(1, SET.at(1), { n: -1 }); // the key of one that was deleted
    await index.flush();
    const after = index.stats().spaces.find(({ name }) => name === "s")!;
    expect(after.dead).toBeLessThan(COUNT / 20); // what is deleted while a compaction goes on waits for the next
    expect(before - after.bytes).toBeGreaterThan((COUNT - after.live) * 200); // of their documents alone
    expect(await space.count({ where: { n: { $gte: 0 } }, ...everything } as never)).toBe(left(FIRST + 98));
    expect(await space.get(1)).toEqual(SET.at(1).slice());
    await expectSound(index, "after expiry");
  });
}

test("what was deleted stays deleted after a crash", async () => {
  using folder = new Folder();
  await using parts = await folder.open({ ...OPTIONS, workers: 0 });
  await fill(parts.index.space("s"));
  expect(await deleteExpired(parts.handle, FIRST + 50)).toBe(COUNT - left(FIRST + 50));
  using crashed = folder.crashed();
  await using again = await crashed.open({ ...OPTIONS, workers: 0 });
  expect(await again.index.space("s").count(everything)).toBe(left(FIRST + 50));
});

test("an open index does it by itself", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 0 });
  const space = parts.index.space("s");
  await space.add("old", SET.at(0), { n: 1 }, { expiresAt: 1000 });
  await space.add("new", SET.at(1), { n: 2 });
  expect(await space.count(everything)).toBe(2);
  deleteExpiredEveryMinute(parts.handle, 1);
  await until(async () => (await space.count(everything)) === 1, "the expired entry is deleted");
});
