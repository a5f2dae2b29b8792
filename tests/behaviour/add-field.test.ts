/* A field is added while other ops are under way: does a filter on it find every entry that has a value of it? */
import { expect, test } from "bun:test";
import { opened, uniform, until } from "../support/indexes.ts";

const COUNT = 400;
const SET = uniform(COUNT, 4, 9);
const noteOf = (i: number) => ({ a: i % 3, late: i % 5 });

test("entries whose adds wait while a field is added have it as well, and so do updates", async () => {
  const options = {
    dimensions: 4,
    metric: "l2",
    workers: 1,
    flatBelow: 8,
    maxPending: 64,
    fields: { a: "number" },
  } as const;
  await using parts = await opened(options);
  const { index } = parts;
  const space = index.space<number>("s");
  const adding = Array.from({ length: COUNT / 2 }, (_, i) => space.add(i, SET.at(i), noteOf(i)));
  const keys = Array.from({ length: COUNT / 2 }, (_, i) => COUNT / 2 + i);
  const documents = keys.map(noteOf);
  adding.push(space.addMany(keys, SET.part(COUNT / 2, COUNT).values, documents));
  const updating = space.update(0, { late: 5 });
  const both = [index.addField("late" as never, "number"), index.addField("other" as never, "keyword")];
  await Promise.all([...both, ...adding, updating]);
  await until(() => Object.values(index.fields).every(({ state }) => state === "ready"), "the fields are ready");
  for (const late of [0, 1, 2, 3, 4, 5]) {
    const wanted = late === 5 ? 1 : COUNT / 5 - (late === 0 ? 1 : 0);
    expect({ late, count: await space.count({ where: { late } as never }) }).toEqual({ late, count: wanted });
  }
  expect(Object.keys(index.fields)).toEqual(["a", "late", "other"]);
});

test("of two that add the same field at once, one is refused", async () => {
  await using parts = await opened({ dimensions: 4, workers: 0 });
  const add = (type: "number" | "keyword") => parts.index.addField("late" as never, type as never);
  const [first, second] = await Promise.allSettled([add("number"), add("keyword")]);
  expect([first!.status, second!.status]).toEqual(["fulfilled", "rejected"]);
  expect(parts.index.fields).toMatchObject({ late: { type: "number" } });
});
