/* Does a filter find what matched when it began, while other calls run beside it? */
import { expect, test } from "bun:test";
import { opened } from "../support/indexes.ts";

test("ops that come between the pieces of a filter do not change what it asks", async () => {
  await using parts = await opened({
    ...{ dimensions: 2, workers: 0, partitions: 1, fields: { size: "number", tag: "keyword" } },
  });
  const [space, other] = [parts.index.space("s"), parts.index.space("other")];
  for (let i = 0; i < 50; i++) await space.add(i, [1, i], { size: i, tag: `t${i % 5}` });
  for (let round = 0; round < 20; round++) {
    const counted = [
      space.count({ where: { size: { $gte: 40 } } }),
      space.count({ where: { tag: { $in: ["t1", "t2"] } } }),
      space.count({ where: { size: 7 } }),
    ];
    const ops = Array.from({ length: 30 }, async (_, i) => {
      for (let turn = 0; turn < i % 7; turn++) await undefined;
      if (i % 3 === 0) await other.get(i, { include: ["metadata"] });
      else await other.add(i, [1, 2], { size: -1, tag: "another", text: "x".repeat(i * 10) });
    });
    expect(await Promise.all(counted)).toEqual([10, 20, 1]);
    await Promise.all(ops);
  }
});
