/*
 * After any sequence of ops with documents, filters, expiry and fields that come late: does an index hold what Maps would, and
 * do two indexes that got the same ops say the same? `MODEL_RUNS=20` plays that many times as many.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { OpenOptions, Space, VectorIndex } from "../../src/index.ts";
import { Group } from "../../src/store/group.ts";
import { AT_FIRST, BEGINNING, documentOps, type Kept, type Op, SPACES, VECTOR_COUNT } from "../support/document-ops.ts";
import { type Document, FIELD_TYPES, type FieldName, meant } from "../support/documents.ts";
import {
  exactDistances,
  expectExact,
  expectHonest,
  expectSound,
  opened,
  refusalOf,
  uniform,
} from "../support/indexes.ts";

const SEED = 1514;
const DIMENSIONS = 5;
const VECTORS = uniform(VECTOR_COUNT, DIMENSIONS, SEED);
const K = 5;
const TIMES = Number(process.env.MODEL_RUNS ?? 1);
/** A failure that depends on time is not made smaller: that would outlast the test, and hide it. */
const ONE = { endOnFailure: true };

/** Every field that a filter names. */
function fieldsIn(where: Document): string[] {
  return Object.entries(where).flatMap(([name, asked]) => {
    if (name === "$and" || name === "$or") return (asked as Document[]).flatMap(fieldsIn);
    return name === "$not" ? fieldsIn(asked as Document) : [name];
  });
}

class Run {
  readonly said: unknown[] = [];
  found = 0;
  wanted = 0;
  private readonly models = new Map<string, Map<string, Kept>>();
  private readonly fields = new Set<string>(AT_FIRST);
  private now = BEGINNING;

  constructor(
    private readonly index: VectorIndex<Document>,
    private readonly exact: boolean,
    private readonly isShared = false,
  ) {}

  async apply(op: Op): Promise<void> {
    if (op.kind === "flush") return await this.index.flush();
    if (op.kind === "wait") {
      this.now += op.ms;
      return;
    }
    if (op.kind === "addField") return await this.addField(op.name);
    const model = this.model(op.space);
    const space = this.index.space<string>(op.space) as unknown as Space<string>;
    switch (op.kind) {
      case "add":
        await this.add(space, model, op);
        break;
      case "addMany":
        await this.addMany(space, model, op);
        break;
      case "update": {
        const isThere = model.has(op.key) && this.isAlive(model.get(op.key)!);
        expect(await space.update(op.key, op.patch, { now: this.now })).toBe(isThere);
        if (isThere) this.patch(model, op.key, op.patch);
        break;
      }
      case "updateWhere": {
        if (!this.knows(op.where)) break;
        const matching = this.matching(model, op.where);
        expect(await space.updateWhere(op.where as never, op.patch, { now: this.now })).toBe(matching.length);
        for (const key of matching) this.patch(model, key, op.patch);
        break;
      }
      case "deleteWhere": {
        if (!this.knows(op.where)) break;
        const matching = this.matching(model, op.where);
        expect(await space.deleteWhere(op.where as never, { now: this.now })).toBe(matching.length);
        for (const key of matching) model.delete(key);
        break;
      }
      case "delete":
        expect(await space.delete(op.key)).toBe(model.delete(op.key));
        break;
      case "look":
        await this.look(space, model, op);
        break;
      case "dropSpace":
        await this.index.dropSpace(op.space);
        model.clear();
    }
    expect(space.size).toBe(model.size); // the real clock: nothing has expired
  }

  async finish(): Promise<void> {
    for (const flushed of [false, true]) {
      if (flushed) await this.index.flush();
      for (const name of SPACES) await this.expectHolds(this.index.space(name) as unknown as Space<string>, name);
    }
    await expectSound(this.index as unknown as VectorIndex, `seed ${SEED}`);
  }

  private model(name: string): Map<string, Kept> {
    const known = this.models.get(name) ?? new Map();
    this.models.set(name, known);
    return known;
  }

  private isAlive({ expiresAt }: Kept): boolean {
    return expiresAt === undefined || expiresAt > this.now;
  }

  private knows(where: Document): boolean {
    return fieldsIn(where).every((name) => this.fields.has(name));
  }

  /** Keys, oldest first. An entry without a document is as one with nothing in it. */
  private matching(model: Map<string, Kept>, where: Document): string[] {
    return [...model].filter(([, kept]) => this.isAlive(kept) && meant(where, kept.document ?? {})).map(([key]) => key);
  }

  private patch(model: Map<string, Kept>, key: string, patch: Document): void {
    const kept = model.get(key)!; // it keeps its age
    model.set(key, { ...kept, document: { ...kept.document, ...patch } });
  }

  private put(model: Map<string, Kept>, key: string, kept: Kept): void {
    model.delete(key);
    model.set(key, kept);
  }

  private async addField(name: FieldName): Promise<void> {
    if (this.fields.has(name)) return;
    await this.index.addField(name as never, FIELD_TYPES[name] as never);
    // Orders and facets go by its column alone, and beside other collections it takes longer to be whole.
    while (this.isShared && this.index.fields[name]!.state === "building") await Bun.sleep(1);
    this.fields.add(name);
  }

  private async add(
    space: Space<string>,
    model: Map<string, Kept>,
    { key, kept }: Op & { kind: "add" },
  ): Promise<void> {
    const { vector, document, expiresAt } = kept;
    await space.add(key, vector === null ? null : VECTORS.at(vector), document, { expiresAt });
    this.put(model, key, kept);
  }

  private async addMany(space: Space<string>, model: Map<string, Kept>, op: Op & { kind: "addMany" }): Promise<void> {
    const { keys, vector, documents, expiresAt } = op;
    const entries = keys.map((_, i): Kept => {
      return { vector: (vector + i) % VECTORS.count, document: documents[i % documents.length], expiresAt };
    });
    const vectors = entries.map(({ vector }) => VECTORS.at(vector!));
    await space.addMany(
      keys,
      vectors,
      entries.map(({ document }) => document),
      { expiresAt },
    );
    for (const [i, key] of keys.entries()) this.put(model, key, entries[i]!);
  }

  private async look(space: Space<string>, model: Map<string, Kept>, op: Op & { kind: "look" }): Promise<void> {
    const { now } = this;
    const where = op.where as never;
    if (!this.knows(op.where)) {
      const { code, message } = await refusalOf(() => space.count({ where }));
      expect([code, message]).toEqual(["BAD_WHERE", expect.stringContaining("is no field; there are tag, size")]);
      return;
    }
    const context = JSON.stringify(op.where);
    const matching = this.matching(model, op.where);
    expect(await space.count({ where, now }), context).toBe(matching.length);
    const listed: string[] = [];
    for await (const { key, metadata } of space.entries({ where, include: ["metadata"], now })) {
      expect(metadata, context).toEqual(model.get(key)!.document as never);
      listed.push(key);
    }
    expect(listed, context).toEqual(matching);
    await this.search(space, model, op, matching);
    const orderBy = this.fields.has(op.orderBy) ? op.orderBy : "size";
    const order = { where, orderBy, descending: op.descending, now };
    const ordered: string[] = [];
    for await (const { key } of space.entries(order)) ordered.push(key);
    expect(ordered.toSorted(), context).toEqual(matching.toSorted());
    const paged: string[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await space.page({ ...order, limit: 7, after });
      paged.push(...page.entries.map(({ key }) => key));
      after = page.next;
    }
    expect(paged, context).toEqual(ordered);
    const facets = await space.facets(orderBy, { where, limit: 10_000, now });
    const having = await space.count({ where: { $and: [op.where, { [orderBy]: { $exists: true } }] } as never, now });
    expect(Math.max(0, ...facets.map(({ count }) => count))).toBeLessThanOrEqual(having);
    for (const { value, count } of facets) {
      expect(count, context).toBe(this.matching(model, { $and: [op.where, { [orderBy]: value }] }).length);
    }
    this.said.push(listed, ordered, facets);
  }

  private async search(space: Space<string>, model: Map<string, Kept>, op: Op & { kind: "look" }, matching: string[]) {
    const query = VECTORS.at(op.vector);
    const context = `search of ${op.vector} where ${JSON.stringify(op.where)}`;
    const hits = await space.search(query, { k: K, where: op.where as never, include: ["metadata"], now: this.now });
    const among = new Map(
      matching.flatMap((key) => {
        const { vector } = model.get(key)!;
        return vector === null ? [] : [[key, VECTORS.at(vector)] as const];
      }),
    );
    for (const { key, metadata } of hits) expect(metadata, context).toEqual(model.get(key)!.document as never);
    if (this.exact) {
      expectExact(hits, "l2", among, query, K, context);
      this.said.push(hits);
      return;
    }
    expectHonest(hits, "l2", among, query, context);
    const nearest = exactDistances("l2", among, query).slice(0, K);
    expect(hits.length, context).toBe(nearest.length);
    this.wanted += nearest.length;
    this.found += hits.filter(({ distance }) => distance <= nearest.at(-1)! + 1e-5).length;
  }

  private async expectHolds(space: Space<string>, name: string): Promise<void> {
    const model = this.model(name);
    const found: [string, Kept][] = [];
    for await (const entry of space.entries({ include: ["metadata", "vector", "expiresAt"] })) {
      const { key, vector, metadata, expiresAt } = entry;
      const kept = model.get(key);
      const isOwn =
        vector === undefined ? kept?.vector === null : Bun.deepEquals(vector, VECTORS.at(kept?.vector ?? 0));
      expect({ key, isOwn }).toEqual({ key, isOwn: true });
      found.push([key, { vector: kept!.vector, document: metadata as Document | undefined, expiresAt }]);
    }
    expect(found).toEqual([...model]);
  }
}

async function run(workers: number, flatBelow: number, ops: readonly Op[]): Promise<Run> {
  await using parts = await opened({
    ...{ dimensions: DIMENSIONS, metric: "l2", workers, flatBelow, partitions: 2, maxPending: 64 },
    ...{ batching: { min: 3, max: 20 }, stealing: { threshold: 10 } },
    fields: Object.fromEntries(AT_FIRST.map((name) => [name, FIELD_TYPES[name]])),
  });
  const done = new Run(parts.index as unknown as VectorIndex<Document>, flatBelow > 100);
  for (const op of ops) await done.apply(op);
  await done.finish();
  return done;
}

/** Two collections that share an index do ops at once; their fields lie in its columns in different orders. */
async function runShared(workers: number, flatBelow: number, all: readonly (readonly Op[])[]): Promise<void> {
  const taken = new Map<number, Set<number>>();
  const options: OpenOptions = {
    ...{ dimensions: DIMENSIONS, metric: "l2", workers, flatBelow, partitions: 2, maxPending: 64 },
    ...{ batching: { min: 3, max: 20 }, stealing: { threshold: 10 } },
  };
  const group = await Group.open(options, ["number", "keyword", "keyword", "number"], new Map(), async (...asked) => {
    const [collection, list, group] = asked;
    const column = await group.columnsFor(list.at(-1)!.type, taken.get(collection)!);
    taken.get(collection)!.add(column);
    return column;
  });
  try {
    const runs = all.map(async (ops, i) => {
      const columns = i % 2 === 0 ? [1, 0] : [2, 3];
      taken.set(i, new Set(columns));
      const fields = AT_FIRST.map((name, place) => [name, FIELD_TYPES[name], columns[place]!] as const);
      const definition = { number: i, group: 1, dimensions: DIMENSIONS, metric: "l2", fields, note: null } as const;
      const index = await group.collection(definition);
      const done = new Run(index as unknown as VectorIndex<Document>, flatBelow > 100, true);
      for (const op of ops) await done.apply(op);
      await done.finish();
    });
    await Promise.all(runs);
  } finally {
    await group.close();
  }
}

for (const [workers, numRuns] of [
  [0, 8 * TIMES],
  [2, 3 * TIMES],
] as const) {
  describe(`with workers: ${workers}`, () => {
    test(
      "flat spaces hold what a Map does, and filters find what plain JavaScript does",
      async () => {
        await fc.assert(
          fc.asyncProperty(documentOps, async (ops) => {
            await run(workers, 1000, ops);
          }),
          { seed: SEED, numRuns, ...ONE },
        );
      },
      120_000 * TIMES,
    );

    test(
      "so do collections that share an index",
      async () => {
        await fc.assert(
          fc.asyncProperty(documentOps, documentOps, async (ops, others) => {
            await runShared(workers, 1000, [ops, others]);
            await runShared(workers, 16, [others, ops, ops]);
          }),
          // They run beside each other, so a failure is not found again by a shorter run.
          { seed: SEED + 2, numRuns: 2 * TIMES, endOnFailure: true },
        );
      },
      120_000 * TIMES,
    );

    test(
      "so do graphs, and searches find nearly all",
      async () => {
        let [found, wanted] = [0, 0];
        await fc.assert(
          fc.asyncProperty(documentOps, async (ops) => {
            const done = await run(workers, 16, ops);
            found += done.found;
            wanted += done.wanted;
          }),
          { seed: SEED, numRuns, ...ONE },
        );
        expect(wanted).toBeGreaterThan(30);
        expect(found / wanted, `recall, seed ${SEED}`).toBeGreaterThan(0.98);
      },
      120_000 * TIMES,
    );
  });
}

test(
  "two indexes that got the same ops list, order, count and find the same, whatever their workers",
  async () => {
    await fc.assert(
      fc.asyncProperty(documentOps, async (ops) => {
        const [inline, two] = [await run(0, 1000, ops), await run(2, 1000, ops)];
        expect(two.said).toEqual(inline.said);
      }),
      { seed: SEED + 1, numRuns: 3 * TIMES, ...ONE },
    );
  },
  120_000 * TIMES,
);
