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

test("while a column is being filled, facets, order and pages are those of the documents", async () => {
  await using parts = await opened({ dimensions: 4, workers: 0, partitions: 1 });
  const { index } = parts;
  const done = (i: number) => [true, false, [true, false], null, undefined][i % 5];
  const keys = Array.from({ length: 100 }, (_, i) => i);
  const documents = keys.map((i) => ({ name: `n${i % 7}`, size: -i, done: done(i) }));
  for (const name of ["a", "b"]) await index.space<number>(name).addMany(keys, SET.part(0, 100).values, documents);
  const space = index.space<number>("b");
  /** Asks at once, before any entry of the space has the field in its column. */
  const added = async <T>(name: string, type: "keyword" | "number" | "boolean", ask: () => Promise<T>) => {
    await index.addField(name as never, type as never);
    const found = ask();
    expect(index.fields).toMatchObject({ [name]: { state: "building" } });
    return await found;
  };
  expect(await added("done", "boolean", () => space.facets("done" as never))).toEqual([
    { value: false, count: 40 },
    { value: true, count: 40 },
  ]);
  const ofName = () =>
    Promise.all([space.facets("name" as never, { limit: 2 }), space.page({ orderBy: "name" as never, limit: 2 })]);
  expect(await added("name", "keyword", ofName)).toMatchObject([
    [
      { value: "n0", count: 15 },
      { value: "n1", count: 15 },
    ],
    { entries: [{ key: 0 }, { key: 7 }] },
  ]);
  const bySize = () => space.page({ orderBy: "size" as never, limit: 3 });
  expect(await added("size", "number", bySize)).toMatchObject({ entries: [{ key: 99 }, { key: 98 }, { key: 97 }] });
});
