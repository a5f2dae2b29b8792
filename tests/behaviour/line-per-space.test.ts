/* One space has no room for more ops: do the others' go in at once, and its own in their order? */
import { describe, expect, test } from "bun:test";
import { expectHolds, type Model, opened, uniform } from "../support/indexes.ts";

const SEED = 404;
const SET = uniform(2000, 4, SEED);
const OPTIONS = { dimensions: 4, metric: "l2", flatBelow: 16, maxPending: 64 } as const;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

for (const partitions of [1, 4]) {
  for (const workers of [0, 1]) {
    describe(`partitions: ${partitions}, workers: ${workers}`, () => {
      test("adds, deletes and drops of other spaces do not wait for it", async () => {
        await using parts = await opened({ ...OPTIONS, partitions, workers });
        const { index } = parts;
        const [full, other] = [index.space("full"), index.space("other")];
        await other.addMany(["gone", "kept"], SET.part(0, 2).values);
        await index.space("dropped").add("x", SET.at(0));
        const waiting = Promise.all(Array.from({ length: SET.count }, (_, i) => full.add(i, SET.at(i))));
        waiting.catch(() => {}); // the index may be closed by a failure below
        const settled: string[] = [];
        const note = (name: string) => () => void settled.push(name);
        const ends = [
          other.add("new", SET.at(3)).then(note("add")),
          other.addMany(["a", "b"], SET.part(4, 6).values).then(note("addMany")),
          other.delete("gone").then(note("delete")),
          other.deleteMany(["kept"]).then(note("deleteMany")),
          index.dropSpace("dropped").then(note("dropSpace")),
        ];
        for (const end of ends) end.catch(() => {});
        while (settled.length < ends.length && full.size < SET.count) await turn();
        expect({ settled: settled.sort(), room: full.size < SET.count }).toEqual({
          settled: ["add", "addMany", "delete", "deleteMany", "dropSpace"],
          room: true,
        });
        await Promise.all([...ends, waiting]);
        const others: Model = new Map(
          [
            ["new", 3],
            ["a", 4],
            ["b", 5],
          ].map(([key, i]) => [key!, SET.at(i as number)]),
        );
        await expectHolds(other, others, `seed ${SEED}`);
      });

      test("its own go in in the order in which they came, through any `Space` object", async () => {
        await using parts = await opened({ ...OPTIONS, partitions, workers });
        const { index } = parts;
        const ends: Promise<unknown>[] = [];
        const model: Model = new Map();
        for (let i = 0; i < 1000; i++) {
          const space = index.space("full"); // another object each time
          const key = i % 50;
          if (i % 7 === 6) {
            ends.push(space.delete(key));
            model.delete(key);
          } else {
            ends.push(space.add(key, SET.at(i)));
            model.set(key, SET.at(i));
          }
        }
        await Promise.all(ends);
        await expectHolds(index.space("full"), model, `seed ${SEED}`);
      });

      test("what came before a drop is dropped, and what came after it is not", async () => {
        await using parts = await opened({ ...OPTIONS, partitions, workers });
        const { index } = parts;
        const before = Array.from({ length: 500 }, (_, i) => index.space("full").add(i, SET.at(i)));
        const drop = index.dropSpace("full");
        const after = index.space("full").add("after", SET.at(1));
        await Promise.all([...before, drop, after]);
        expect(await drop).toBe(true);
        await expectHolds(index.space("full"), new Map([["after", SET.at(1)]]), `seed ${SEED}`);
      });
    });
  }
}
