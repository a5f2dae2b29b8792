/* Does an index with workers measure its recall by itself, and only then? */
import { expect, test } from "bun:test";
import * as calls from "../../src/core/calls.ts";
import { isDue } from "../../src/recall/due.ts";
import { keysOf, opened, uniform, until } from "../support/indexes.ts";

const SEED = 11;
const ALL = uniform(6500, 32, SEED);
const SET = ALL.part(0, 4000);
/** Graphs that are built with little care, so that 64 candidates are too few. */
const OPTIONS = { dimensions: 32, metric: "l2", M: 4, efConstruction: 12, flatBelow: 500, partitions: 2 } as const;

test("graphs are measured once they are there, and searches become wider; flat spaces never are", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 2 });
  const { index } = parts;
  const [large, other, small] = [index.space("large"), index.space("other"), index.space("small")];
  await large.addMany(keysOf(SET), SET.values);
  await other.addMany(keysOf(SET.part(0, 1000)), SET.part(0, 1000).values);
  await small.addMany(keysOf(SET.part(0, 100)), SET.part(0, 100).values);
  await until(() => large.stats()!.recall !== null, "the large one is measured");
  await until(() => other.stats()!.recall !== null, "the other one is measured");
  expect(large.stats()).toMatchObject({ kind: "graph", recall: { vectors: 4000 } });
  expect(large.stats()!.ef).toBeGreaterThan(64);
  expect(large.stats()!.recall!.at10.recall).toBeGreaterThan(0.94);
  await large.addMany(keysOf(ALL).slice(4000), ALL.part(4000, 6500).values);
  await until(() => large.stats()!.recall!.vectors === 6500, "it is measured again, once it has grown by half");
  expect(small.stats()).toMatchObject({ kind: "flat", ef: null, recall: null });
});

test("what was loaded is measured once", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 0 });
  await parts.index.space("s").addMany(keysOf(SET), SET.values);
  await parts.index.flush();
  await using copy = await opened({ dimensions: 32, workers: 1, from: await parts.index.exportBytes() });
  const space = copy.index.space("s");
  await until(() => space.stats()!.recall !== null, "it is measured");
  const seat = copy.seats.find((one) => calls.nextGraph(one, 0) !== null)!;
  const graph = calls.graphOf(seat, calls.nextGraph(seat, 0)!)!;
  expect(graph).toMatchObject({ notes: 1, linked: graph.noted.linked });
  expect(isDue(graph, 0)).toBe(false);
});

test("queries that came are measured with", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 1 });
  const space = parts.index.space("s");
  await space.addMany(keysOf(SET), SET.values);
  await until(() => space.stats()!.recall !== null, "it is measured");
  for (let i = 0; i < 60; i++) await space.search(SET.at(i));
  await until(() => space.stats()!.recall!.searched > 0, "it is measured with queries");
  const { searched, ofSearches } = space.stats()!.recall!;
  expect(searched).toBeWithin(50, 61);
  expect(ofSearches!).toBeGreaterThan(0.5);
});

test("a worker that ends in the middle leaves nothing behind, and the next one measures", async () => {
  await using parts = await opened({ ...OPTIONS, workers: 1, onIncident: () => {} });
  const space = parts.index.space("s");
  await space.addMany(keysOf(SET), SET.values);
  await parts.index.flush();
  const measured = space.measureRecall();
  await parts.pool!.kill(0);
  expect((await measured)?.vectors).toBe(4000);
  await until(() => space.stats()!.recall !== null, "it is measured");
  expect(await parts.index.check()).toMatchObject({ ok: true });
});
