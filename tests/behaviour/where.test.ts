/* Does a filter mean the same wherever it is evaluated? Random documents and filters, against plain JavaScript. */
import { describe, expect, test } from "bun:test";
import { Random } from "../../bench/datasets/random.ts";
import { open, type VectorIndex } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { expectSound } from "../support/indexes.ts";

const SEED = 1414;
const FIELDS = { word: "keyword", size: "number", seen: "boolean", day: "date", "deep.word": "keyword" } as const;
const OPTIONS = { dimensions: 4, metric: "l2", fields: FIELDS, partitions: 1, flatBelow: 300 } as const;
const WORDS = ["", "a", "b", "ab", "zebra", "Ä", "é", "😀", "漢字", "aa"];
const DAYS = ["2024-01-01T00:00:00.000Z", "2024-06-30T12:00:00.000Z", "1969-12-31T23:59:59.999Z"];
const DOCUMENTS = 1500;
const FILTERS = 400;

type Value = null | string | number | boolean | (string | number | boolean)[];
type Doc = Record<string, unknown>;

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

function scalar(random: Random, field: string): string | number | boolean {
  if (field === "size") return pick(random, [0, -0, 1, 1.5, -3, 1e300, random.below(50)]);
  if (field === "seen") return random.below(2) === 0;
  return field === "day" ? pick(random, DAYS) : pick(random, WORDS);
}

function value(random: Random, field: string): Value | undefined {
  const how = random.below(10);
  if (how < 2) return undefined;
  if (how === 2) return null;
  if (how < 5) return Array.from({ length: random.below(4) }, () => scalar(random, field));
  return scalar(random, field);
}

function documentOf(random: Random, i: number): Doc {
  const doc: Doc = { i };
  for (const field of Object.keys(FIELDS)) {
    const found = value(random, field);
    if (found === undefined) continue;
    if (field === "deep.word") doc.deep = { word: found };
    else doc[field] = found;
  }
  return doc;
}

function condition(random: Random, field: string): unknown {
  const one = () => scalar(random, field);
  const operators: (() => Doc)[] = [
    () => ({ $eq: one() }),
    () => ({ $ne: one() }),
    () => ({ $in: Array.from({ length: 1 + random.below(5) }, one) }),
    () => ({ $nin: Array.from({ length: 1 + random.below(5) }, one) }),
    () => ({ $exists: random.below(2) === 0 }),
    () => ({ $eq: null }),
    () => ({ $not: { $eq: one() } }),
  ];
  if (field !== "seen") {
    operators.push(
      () => ({ $gt: one() }),
      () => ({ $gte: one(), $lt: one() }),
      () => ({ $lte: one() }),
    );
  }
  return random.below(4) === 0 ? one() : pick(random, operators)();
}

function filterOf(random: Random, depth = 0): Doc {
  const how = depth > 2 ? 9 : random.below(10);
  const some = () => Array.from({ length: 1 + random.below(3) }, () => filterOf(random, depth + 1));
  if (how === 0) return { $and: some() };
  if (how < 3) return { $or: some() };
  if (how === 3) return { $not: filterOf(random, depth + 1) };
  const names = Object.keys(FIELDS);
  return Object.fromEntries([pick(random, names), pick(random, names)].map((name) => [name, condition(random, name)]));
}

// ── what it means ────────────────────────────────────────────────────────────────────────────────────────────────────
const points = (text: string) => Array.from(text, (point) => point.codePointAt(0)!);

function order(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a !== "string" || typeof b !== "string") return Number(a) - Number(b);
  const [x, y] = [points(a), points(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}

const plain = (field: string, one: string | number | boolean) => (field === "day" ? Date.parse(one as string) : one);

/** Whether a document's value passes all operators that need one element to do so, and each of the others. */
function fits(field: string, found: Value | undefined, asked: unknown): boolean {
  const isOperators = asked !== null && typeof asked === "object";
  const operators = (isOperators ? asked : { $eq: asked }) as Record<string, never>;
  const elements = found === undefined || found === null ? [] : [found].flat().map((one) => plain(field, one));
  const like = (one: string | number | boolean) => elements.some((other) => order(other, plain(field, one)) === 0);
  const bounds = Object.entries(operators).filter(([name]) => ["$gt", "$gte", "$lt", "$lte"].includes(name));
  const within = (element: string | number | boolean) =>
    bounds.every(([name, bound]) => {
      const by = order(element, plain(field, bound));
      return name === "$gt" ? by > 0 : name === "$gte" ? by >= 0 : name === "$lt" ? by < 0 : by <= 0;
    });
  if (bounds.length > 0 && !elements.some(within)) return false;
  return Object.entries(operators).every(([name, operand]: [string, never]) => {
    if (name === "$eq") return operand === null ? found === null : like(operand);
    if (name === "$ne") return !like(operand);
    if (name === "$in") return (operand as string[]).some(like);
    if (name === "$nin") return !(operand as string[]).some(like);
    if (name === "$exists") return (found !== undefined) === operand;
    return name === "$not" ? !fits(field, found, operand) : true;
  });
}

function passes(doc: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([name, asked]) => {
    if (name === "$and") return (asked as Doc[]).every((one) => passes(doc, one));
    if (name === "$or") return (asked as Doc[]).some((one) => passes(doc, one));
    if (name === "$not") return !passes(doc, asked as Doc);
    const found = name === "deep.word" ? (doc.deep as Doc | undefined)?.word : doc[name];
    return fits(name, found as Value | undefined, asked);
  });
}

const random = new Random(SEED);
const docs = new Map(Array.from({ length: DOCUMENTS }, (_, i) => [i, documentOf(random, i)] as const));
const filters = Array.from({ length: FILTERS }, () => filterOf(random));
const vectorOf = (i: number) => [Math.sin(i), Math.cos(i * 1.7), Math.sin(i * 0.3), i % 5];

async function expectMeaning(
  index: VectorIndex<never>,
  model: ReadonlyMap<number, Doc>,
  some = FILTERS,
): Promise<void> {
  const space = index.space("s") as unknown as {
    entries(options: object): AsyncIterable<{ key: number }>;
    count(options: object): Promise<number>;
    search(query: number[], options: object): Promise<{ key: number; distance: number }[]>;
  };
  for (const where of filters.slice(0, some)) {
    const wanted = [...model].filter(([, doc]) => passes(doc, where)).map(([key]) => key);
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

async function filled(index: VectorIndex<never>): Promise<Map<number, Doc>> {
  const space = index.space("s") as unknown as {
    addMany(keys: number[], vectors: number[][], docs: Doc[]): Promise<void>;
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
    await expectMeaning(index, model, 50);
    await index.flush();
    await expectMeaning(index, model);
    const space = index.space("s") as unknown as { delete(key: number): Promise<boolean> };
    for (let i = 0; i < DOCUMENTS; i += 2) {
      await space.delete(i);
      model.delete(i);
    }
    await expectMeaning(index, model, 50);
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
      update(key: number, patch: Doc): Promise<boolean>;
      get(key: number): Promise<Float32Array>;
    };
    const changes = new Random(SEED + 1);
    for (let n = 0; n < 800; n++) {
      const key = changes.below(DOCUMENTS);
      const { i: _, ...patch } = documentOf(changes, key);
      expect(await space.update(key, patch)).toBe(true);
      model.set(key, { ...model.get(key), ...patch });
    }
    await expectMeaning(index, model, 100);
    await index.flush();
    await expectMeaning(index, model, 100);
    for (let key = 0; key < DOCUMENTS; key += 97)
      expect(await space.get(key)).toEqual(Float32Array.from(vectorOf(key)));
    await expectSound(index as unknown as VectorIndex, `seed ${SEED}`);
    await index.close();
  });

  test("after an export, and where exports are only searched", async () => {
    const index = await openWith({ ...OPTIONS, workers: 1 });
    const model = await filled(index);
    await index.flush();
    const again = await openWith({ dimensions: 4, from: await index.exportBytes(), workers: 1 });
    await expectMeaning(again, model, 100);
    await again.close();
    await index.close();
  });

  test("in a folder that is opened again, from its journal and from its snapshots", async () => {
    using folder = new Folder();
    let model = new Map<number, Doc>();
    for (let opening = 0; opening < 3; opening++) {
      const index = await openWith({ ...OPTIONS, workers: 1, path: folder.path });
      if (opening === 0) model = await filled(index);
      await expectMeaning(index, model, 100);
      await index.close();
    }
  });
});
