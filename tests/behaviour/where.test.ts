/*
 * Does a filter mean the same wherever it is evaluated? Random documents and filters, against plain JavaScript: the short form;
 * `FILTERS=10000 SEED=1 bun test ./tests/behaviour/where.test.ts` is the long one, with as many documents.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Random } from "../../bench/datasets/random.ts";
import { open, openSync, type VectorIndex } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { type Document, FIELD_TYPES, meant, randomDocument, randomWhere } from "../support/documents.ts";
import { Folder } from "../support/folder.ts";
import { expectSound, until } from "../support/indexes.ts";

setDefaultTimeout(3_600_000); // of the long form

const SEED = Number(process.env.SEED ?? 1414);
const OPTIONS = { dimensions: 4, metric: "l2", fields: FIELD_TYPES, partitions: 1, flatBelow: 300 } as const;
const FILTERS = Number(process.env.FILTERS ?? 64);
const DOCUMENTS = Math.max(1000, process.env.FILTERS === undefined ? 0 : FILTERS);
const SOME = FILTERS / 4; // where each takes longer
const FEW = FILTERS / 8;

const random = new Random(SEED);
const below = (bound: number) => random.below(bound);
const docs = new Map(Array.from({ length: DOCUMENTS }, (_, i) => [i, randomDocument(below)] as const));
const filters = Array.from({ length: FILTERS }, () => randomWhere(below));
const vectorOf = (i: number) => [Math.sin(i), Math.cos(i * 1.7), Math.sin(i * 0.3), i % 5];

async function expectMeaning(
  index: { space(name: string): object },
  model: ReadonlyMap<number, Document>,
  some = FILTERS,
): Promise<void> {
  const space = index.space("s") as unknown as {
    entries(options: object): AsyncIterable<{ key: number }>;
    count(options: object): Promise<number>;
    search(query: number[], options: object): Promise<{ key: number; distance: number }[]>;
  };
  for (const where of filters.slice(0, some)) {
    const wanted = [...model].filter(([, doc]) => meant(where, doc)).map(([key]) => key);
    const found: number[] = [];
    for await (const { key } of space.entries({ where })) found.push(key);
    const context = JSON.stringify(where);
    expect({ context, found: found.toSorted((a, b) => a - b) }).toEqual({
      context,
      found: wanted.toSorted((a, b) => a - b),
    });
    expect({ context, count: await space.count({ where }) }).toEqual({ context, count: wanted.length });
    const hits = await space.search([0, 0, 0, 0], { k: 10, where });
    expect({ context, hits: hits.length }).toEqual({ context, hits: Math.min(10, wanted.length) });
    expect(hits.every(({ key }) => wanted.includes(key))).toBe(true);
  }
}

async function filled(index: VectorIndex<never>): Promise<Map<number, Document>> {
  const space = index.space("s") as unknown as {
    addMany(keys: number[], vectors: number[][], docs: Document[]): Promise<void>;
  };
  const keys = [...docs.keys()];
  await space.addMany(keys, keys.map(vectorOf), [...docs.values()]);
  return new Map(docs);
}

const openWith = (options: object) => open(options as never) as Promise<VectorIndex<never>>;

describe("a filter means the same", () => {
  test("in a flat space", async () => {
    const index = await openWith({ ...OPTIONS, flatBelow: 1_000_000, workers: 0 });
    await expectMeaning(index, await filled(index));
    await index.close();
  });

  test("in a graph, before and after it is linked, and across a compaction", async () => {
    const index = await openWith({ ...OPTIONS, workers: 1 });
    const model = await filled(index);
    await expectMeaning(index, model, FEW);
    await index.flush();
    await expectMeaning(index, model);
    const space = index.space("s") as unknown as { delete(key: number): Promise<boolean> };
    for (let i = 0; i < DOCUMENTS; i += 2) {
      await space.delete(i);
      model.delete(i);
    }
    await expectMeaning(index, model, FEW);
    await index.flush();
    expect(index.stats().spaces[0]!.compactions).toBeGreaterThan(0);
    await expectMeaning(index, model);
    await expectSound(index as unknown as VectorIndex, `seed ${SEED}`);
    await index.close();
  });

  test("after updates of documents alone, which keep their vectors", async () => {
    const index = await openWith({ ...OPTIONS, workers: 1 });
    const model = await filled(index);
    const space = index.space("s") as unknown as {
      update(key: number, patch: Document): Promise<boolean>;
      get(key: number): Promise<Float32Array>;
    };
    const changes = new Random(SEED + 1);
    for (let n = 0; n < 800; n++) {
      const key = changes.below(DOCUMENTS);
      const patch = randomDocument((bound) => changes.below(bound));
      expect(await space.update(key, patch)).toBe(true);
      model.set(key, { ...model.get(key), ...patch });
    }
    await expectMeaning(index, model, SOME);
    await index.flush();
    await expectMeaning(index, model, SOME);
    for (let key = 0; key < DOCUMENTS; key += 97)
      expect(await space.get(key)).toEqual(Float32Array.from(vectorOf(key)));
    await expectSound(index as unknown as VectorIndex, `seed ${SEED}`);
    await index.close();
  });

  test("after an export, and where exports are only searched", async () => {
    const index = await openWith({ ...OPTIONS, workers: 1 });
    const model = await filled(index);
    await index.flush();
    const from = await index.exportBytes();
    const again = await openWith({ dimensions: 4, from, workers: 1 });
    await expectMeaning(again, model, SOME);
    await again.close();
    await index.close();
    const searched = await openSearch({ from });
    await expectMeaning(searched, model, SOME);
    searched.close();
    const space = openSync({ from }).space("s");
    for (const where of filters) {
      const wanted = [...model].filter(([, doc]) => meant(where, doc)).map(([key]) => key);
      const hits = space.search([0, 0, 0, 0], { k: DOCUMENTS, where: where as never });
      const found = hits.map(({ key }) => key as number).toSorted((a, b) => a - b);
      expect({ where, found }).toEqual({ where, found: wanted.toSorted((a, b) => a - b) });
    }
  });

  test("while the columns of its fields are being built, and afterwards", async () => {
    const { tag, size, ...late } = FIELD_TYPES;
    const index = await openWith({ ...OPTIONS, fields: { tag, size }, workers: 1 });
    const model = await filled(index);
    for (const [name, type] of Object.entries(late)) await index.addField(name as never, type as never);
    expect(index.fields).toMatchObject({ "user.id": { state: "building" } });
    await expectMeaning(index, model, FEW);
    await until(() => Object.values(index.fields).every(({ state }) => state === "ready"), "the fields are ready");
    await expectMeaning(index, model, SOME);
    await index.flush();
    await expectMeaning(index, model, FEW);
    await expectSound(index as unknown as VectorIndex, `seed ${SEED}`);
    await index.close();
  });

  test("in a folder that is opened again, from its journal and from its snapshots", async () => {
    using folder = new Folder();
    let model = new Map<number, Document>();
    for (let opening = 0; opening < 3; opening++) {
      const index = await openWith({ ...OPTIONS, workers: 1, path: folder.path });
      if (opening === 0) model = await filled(index);
      await expectMeaning(index, model, SOME);
      await index.close();
    }
  });
});
