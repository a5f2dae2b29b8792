/* After any sequence of ops on a few spaces: does the index hold what Maps would, and find what brute force does? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Hit, Key, VectorIndex } from "../../src/index.ts";
import {
  exactDistances,
  expectExact,
  expectHolds,
  expectHonest,
  expectSound,
  type Model,
  opened,
  uniform,
} from "../support/indexes.ts";

const SEED = 5150;
const DIMENSIONS = 6;
const VECTORS = uniform(600, DIMENSIONS, SEED);
const SPACES = ["a", "b", "c"];
const KEYS: Key[] = Array.from({ length: 90 }, (_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? `key ${i}` : BigInt(i)));

type Op =
  | { kind: "add"; space: string; key: Key; vector: number }
  | { kind: "addMany"; space: string; keys: Key[]; vector: number }
  | { kind: "delete"; space: string; key: Key }
  | { kind: "deleteMany"; space: string; keys: Key[] }
  | { kind: "lookUp"; space: string; key: Key }
  | { kind: "search"; space: string; vector: number; k: number; third: number | null }
  | { kind: "dropSpace"; space: string }
  | { kind: "flush" };

const space = fc.constantFrom(...SPACES);
const key = fc.constantFrom(...KEYS);
const keys = fc.uniqueArray(key, { maxLength: 60 });
const vector = fc.oneof(fc.nat(VECTORS.count - 1), fc.constantFrom(0, 1)); // two of them often: exact duplicates
const k = fc.constantFrom(1, 3, 10, 200);
const third = fc.option(fc.nat(2));
const kind = <T extends string>(name: T) => fc.constant(name);
const someOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: kind("add"), space, key, vector }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("addMany"), space, keys, vector }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("delete"), space, key }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("deleteMany"), space, keys }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("lookUp"), space, key }) },
  { weight: 6, arbitrary: fc.record({ kind: kind("search"), space, vector, k, third }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("dropSpace"), space }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("flush") }) },
);
const someOps = fc.array(someOp, { minLength: 60, maxLength: 150, size: "max" });

/** Which keys a search's filter lets pass; the order of `KEYS` is the models', so thirds are of one type each. */
const passesThird = (third: number | null) => (key: Key) => third === null || KEYS.indexOf(key) % 3 === third;

class Run {
  readonly models = new Map<string, Model>();
  readonly results: Hit[][] = [];
  found = 0;
  wanted = 0;
  private readonly index: VectorIndex;
  /** Graphs are searched approximately. */
  private readonly exact: boolean;

  constructor(index: VectorIndex, exact: boolean) {
    this.index = index;
    this.exact = exact;
  }

  private model(name: string): Model {
    const known = this.models.get(name) ?? new Map();
    this.models.set(name, known);
    return known;
  }

  async apply(op: Op): Promise<void> {
    if (op.kind === "flush") return this.index.flush();
    const space = this.index.space(op.space);
    const model = this.model(op.space);
    switch (op.kind) {
      case "add":
        await space.add(op.key, VECTORS.at(op.vector));
        model.set(op.key, VECTORS.at(op.vector));
        break;
      case "addMany": {
        const rows = op.keys.map((_, i) => VECTORS.at((op.vector + i) % VECTORS.count));
        await space.addMany(op.keys, rows);
        for (const [i, key] of op.keys.entries()) model.set(key, rows[i]!);
        break;
      }
      case "delete":
        expect(await space.delete(op.key)).toBe(model.delete(op.key));
        break;
      case "deleteMany":
        expect(await space.deleteMany(op.keys)).toBe(op.keys.filter((key) => model.delete(key)).length);
        break;
      case "lookUp":
        expect(await space.has(op.key)).toBe(model.has(op.key));
        expect(await space.get(op.key)).toEqual(model.get(op.key));
        break;
      case "search":
        await this.search(op, model);
        break;
      case "dropSpace":
        await this.index.dropSpace(op.space);
        this.models.delete(op.space);
        break;
    }
    expect(space.size).toBe(this.models.get(op.space)?.size ?? 0);
  }

  private async search({ space: name, vector, k, third }: Op & { kind: "search" }, model: Model): Promise<void> {
    const query = VECTORS.at(vector);
    const passes = passesThird(third);
    const options = third === null ? { k } : { k, filter: passes };
    const hits = await this.index.space(name).search(query, options);
    this.results.push(hits);
    const context = `search of ${vector} in ${name}, k ${k}, third ${third}`;
    if (this.exact) return expectExact(hits, "l2", model, query, k, context, passes);
    expectHonest(hits, "l2", model, query, context);
    const exact = exactDistances("l2", model, query, passes).slice(0, k);
    expect(hits.length, context).toBe(exact.length);
    this.wanted += exact.length;
    this.found += hits.filter((hit) => hit.distance <= exact.at(-1)! + 1e-5).length;
  }

  async finish(): Promise<void> {
    for (const name of SPACES) await expectHolds(this.index.space(name), this.models.get(name) ?? new Map(), name);
    await this.index.flush();
    for (const name of SPACES) await expectHolds(this.index.space(name), this.models.get(name) ?? new Map(), name);
    await expectSound(this.index, "after all ops");
  }
}

async function run(workers: number, flatBelow: number, ops: readonly Op[]): Promise<Run> {
  await using parts = await opened({
    ...{ dimensions: DIMENSIONS, metric: "l2", workers, flatBelow, partitions: 2, maxPending: 64 },
    batching: { min: 3, max: 20 },
    stealing: { threshold: 10 },
  });
  const done = new Run(parts.index, flatBelow > 100);
  for (const op of ops) await done.apply(op);
  await done.finish();
  return done;
}

for (const [workers, numRuns] of [
  [0, 16],
  [2, 8],
] as const) {
  describe(`with workers: ${workers}`, () => {
    test("flat spaces hold what a Map does and find what brute force does", async () => {
      await fc.assert(
        fc.asyncProperty(someOps, async (ops) => {
          await run(workers, 1000, ops);
        }),
        { seed: SEED, numRuns },
      );
    });

    test("graphs hold what a Map does and find nearly all", async () => {
      let found = 0;
      let wanted = 0;
      await fc.assert(
        fc.asyncProperty(someOps, async (ops) => {
          const done = await run(workers, 32, ops);
          found += done.found;
          wanted += done.wanted;
        }),
        { seed: SEED, numRuns },
      );
      expect(wanted).toBeGreaterThan(300);
      expect(found / wanted, `recall, seed ${SEED}`).toBeGreaterThan(0.99);
    });
  });
}

test("the same ops give the same flat hits with workers 0, 1 and 2", async () => {
  await fc.assert(
    fc.asyncProperty(someOps, async (ops) => {
      const [inline, one, two] = [await run(0, 1000, ops), await run(1, 1000, ops), await run(2, 1000, ops)];
      expect(one!.results).toEqual(inline!.results);
      expect(two!.results).toEqual(inline!.results);
    }),
    { seed: SEED + 1, numRuns: 4 },
  );
}, 30_000);
