/*
 * Is what somebody else gave us refused, or harmless? Opens it in every way and holds the index to what its own `get`
 * returns: whatever is accepted must answer like an index of these vectors, and go on working.
 */
import { openWith } from "../../src/api/open.ts";
import { bestVariant, compileCore } from "../../src/core/build.ts";
import { FieldTable, type FieldValue, valueIfFits } from "../../src/documents/fields.ts";
import type { Json } from "../../src/documents/json.ts";
import { type Hit, HnswError, type Key, type Metric, openSync, type Space, type VectorIndex } from "../../src/index.ts";
import { openSearch } from "../../src/search.ts";
import { encodeKey } from "../../src/values/keys.ts";

export type Verdict =
  | { kind: "refused"; code: string }
  | { kind: "right" }
  /** Also a hang or a crash of the process that judged, as the parent sees it. */
  | { kind: "wrong"; why: string };

/** What an accepted index may take, and the processor time of everything together: other load does not count. */
export const MEMORY_LIMIT = 64 * 2 ** 20;
export const MOST_MS = 5000;
const RESERVED_LIMIT = MEMORY_LIMIT + 8 * 2 ** 20;
/** What a refusal may be called: none of a caller's own mistakes, and no bug of ours. */
const REFUSALS = /^(EXPORT_DAMAGED|EXPORT_FOREIGN|SNAPSHOT_FAILED|PATH_[A-Z]+|OUT_OF_MEMORY)$/;
/** An export of no space says nothing of them. */
const NO_SPACE = "`dimensions` is required";
const K = 10;
const NARROW = 8; // candidates that a beam keeps: codes that are not the vector's own lead it astray
const MOST_VALUES = 20; // that are counted, of a field
const MOST_LOOKED_FOR = 300; // keys and vectors of a space, in the bytes that it came from

class Wrong extends Error {}

function insist(holds: boolean, why: () => string): void {
  if (!holds) throw new Wrong(why());
}

let compiled: ReturnType<typeof compileCore> | undefined;

/** Milliseconds of processor time that this process has taken, all its threads together. */
export function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The verdict on an export. */
export async function judgeExport(bytes: Uint8Array): Promise<Verdict> {
  const start = usedMs();
  compiled ??= compileCore("release", bestVariant());
  const module = await compiled;
  const opened = await verdictOf(async () => {
    const parts = await openWith(
      { workers: 0, partitions: 1, memoryLimit: MEMORY_LIMIT, timeoutMs: 2000, from: bytes } as never,
      { module },
    );
    try {
      await judgeIndex(parts.index, bytes);
    } finally {
      await parts.index.close();
    }
  });
  if (opened.kind === "wrong") return opened;
  const searched = await verdictOf(() => judgeSearch(bytes));
  if (searched.kind === "wrong") return { kind: "wrong", why: `openSearch: ${searched.why}` };
  const now = await verdictOf(() => judgeSync(bytes));
  if (now.kind === "wrong") return { kind: "wrong", why: `openSync: ${now.why}` };
  const ms = usedMs() - start;
  return ms > MOST_MS ? { kind: "wrong", why: `took ${Math.round(ms)} ms` } : opened;
}

/** The verdict on work that ends when all is well. */
export async function verdictOf(work: () => Promise<void>): Promise<Verdict> {
  try {
    await work();
    return { kind: "right" };
  } catch (error) {
    if (error instanceof Wrong) return { kind: "wrong", why: error.message };
    if (!(error instanceof HnswError)) return { kind: "wrong", why: `${String(error)} is no HnswError` };
    if (REFUSALS.test(error.code) || error.message.startsWith(NO_SPACE)) return { kind: "refused", code: error.code };
    return { kind: "wrong", why: `${error.code}: ${error.message}` };
  }
}

/** A refusal after it was accepted is wrong, too. */
async function accepted<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    if (error instanceof Wrong) throw error;
    throw new Wrong(`accepted, and then ${String(error)}`);
  });
}

/** Fails with Wrong. `source`: nothing may come out of the index that is not in these bytes. */
export async function judgeIndex(index: VectorIndex, source: Uint8Array | null): Promise<void> {
  const { dimensions, metric } = index.options;
  for (const name of index.spaces()) {
    insist(
      source === null || holds(source, name),
      () => `a space has a name that is not in the source: ${JSON.stringify(name)}`,
    );
    const space = index.space(name);
    const model = await accepted(modelOf(space, dimensions, metric, source));
    insist(space.size === model.size, () => `size ${space.size}, ${model.size} keys`);
    await accepted(judgeSearches(space, model, metric));
    await accepted(judgeColumns(space, new FieldTable(Object.entries(index.options.fields))));
    await accepted(judgeDocuments(space, Object.keys(index.fields), model.size, new Float32Array(dimensions).fill(1)));
  }
  const { reserved } = index.stats().bytes;
  insist(reserved <= RESERVED_LIMIT, () => `${reserved} bytes are in use of ${MEMORY_LIMIT}`);
  await accepted(goOn(index, dimensions));
}

/** A filter counts what the documents say, whatever was said of their fields. */
async function judgeColumns(space: Space, fields: FieldTable): Promise<void> {
  if (fields.size === 0) return;
  const documents: unknown[] = [];
  for await (const { metadata } of space.entries({ include: ["metadata"] })) documents.push(metadata);
  for (const field of fields.list) {
    const values = documents.map((one) => (one === undefined ? undefined : valueIfFits(field, one as Json).value));
    const questions = [
      { asked: { $exists: true }, wanted: values.filter((value) => value !== undefined).length },
      { asked: null, wanted: values.filter((value) => value === null).length },
      ...[...new Set(values.flatMap((value) => value ?? []))].slice(0, MOST_VALUES).map((asked) => {
        const has = (value: FieldValue | undefined) => (Array.isArray(value) ? value.includes(asked) : value === asked);
        return { asked, wanted: values.filter(has).length };
      }),
    ];
    for (const { asked, wanted } of questions) {
      const found = await space.count({ where: { [field.name]: asked } as never });
      const what = `${field.name} ${JSON.stringify(asked)}`;
      insist(found === wanted, () => `${what}: ${found} found, the documents of ${wanted} say so`);
    }
  }
}

/** Documents are read, or refused as damaged; a change of a document works. */
async function judgeDocuments(space: Space, fields: string[], size: number, query: Float32Array): Promise<void> {
  insist((await space.count()) === size, () => "count and size differ");
  for (const field of fields) {
    const there = await space.count({ where: { [field]: { $exists: true } } as never });
    const missing = await space.count({ where: { [field]: { $exists: false } } as never });
    insist(there + missing === size, () => `${field}: ${there} + ${missing} of ${size}`);
    const facets = await space.facets(field as never);
    insist(
      facets.every(({ count }) => count <= there),
      () => `${field}: a value that more have than there are`,
    );
    const page = await space.page({ orderBy: field as never, limit: 20 });
    insist(page.entries.length === Math.min(20, size), () => `${field}: a page of ${page.entries.length}`);
    const hits = await space.search(query, {
      k: K,
      where: { [field]: { $exists: true } } as never,
    });
    insist(hits.length === Math.min(K, there), () => `${field}: ${hits.length} hits of ${there}`);
  }
  try {
    for await (const { key } of space.entries({ include: ["metadata", "expiresAt"] })) {
      insist(await space.update(key, { patched: 1 } as never), () => `${String(key)} is not updated`);
    }
  } catch (error) {
    if (!(error instanceof HnswError && ["EXPORT_DAMAGED", "BAD_FIELD", "BAD_METADATA"].includes(error.code)))
      throw error;
  }
}

async function judgeSearch(bytes: Uint8Array): Promise<void> {
  const index = await openSearch({ from: bytes });
  try {
    for (const name of index.spaces()) {
      const space = index.space(name);
      const model = await accepted(modelOf(space, index.dimensions, index.metric, bytes));
      insist(space.size === model.size, () => `size ${space.size}, ${model.size} keys`);
      await accepted(judgeSearches(space, model, index.metric));
    }
  } finally {
    index.close();
  }
}

async function judgeSync(bytes: Uint8Array): Promise<void> {
  using index = openSync({ memoryLimit: MEMORY_LIMIT, from: bytes });
  for (const name of index.spaces()) {
    const space = index.space(name);
    const model = await accepted(modelOf(space, index.options.dimensions, index.options.metric, bytes));
    insist(space.size === model.size, () => `size ${space.size}, ${model.size} keys`);
    await accepted(judgeSearches(space, model, index.options.metric));
  }
}

interface Searchable {
  keys(): Promise<Key[]> | Key[];
  get(key: Key): Promise<Float32Array | undefined> | Float32Array | undefined;
  search(query: Float32Array, options: { k: number; ef?: number }): Promise<Hit[]> | Hit[];
}

async function modelOf(space: Searchable, dimensions: number, metric: Metric, source: Uint8Array | null) {
  const model = new Map<Key, Float32Array>();
  const keys = await space.keys();
  const every = Math.ceil(keys.length / MOST_LOOKED_FOR);
  for (const [i, key] of keys.entries()) {
    insist(!model.has(key), () => `the key ${String(key)} is there twice`);
    const isLookedFor = source !== null && i % every === 0;
    insist(!isLookedFor || holds(source, key), () => `a key that is not in the source: ${JSON.stringify(String(key))}`);
    const vector = await space.get(key);
    insist(vector !== undefined, () => `the key ${String(key)} is listed and not there`);
    insist(vector!.length === dimensions && vector!.every(Number.isFinite), () => `${String(key)} has ${vector}`);
    const length = vector!.reduce((sum, value) => sum + value * value, 0);
    insist(length < 2 ** 124 && (metric !== "cosine" || length >= 1e-31), () => `${String(key)} has length ${length}`);
    insist(
      !isLookedFor || holdsBytes(source, bytesOf(vector!)),
      () => `${String(key)} has floats that are not in the source`,
    );
    model.set(key, vector!);
  }
  return model;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function holdsBytes(source: Uint8Array, bytes: Uint8Array): boolean {
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength).includes(bytes);
}

const scratch = new Uint8Array(2048);

function holds(source: Uint8Array, key: Key): boolean {
  return holdsBytes(source, scratch.subarray(0, encodeKey(key, scratch, 0) & 0xffffff));
}

/** Every vector is its own nearest, and hits are honest: each once, at its true distance, the nearest first. */
async function judgeSearches(space: Searchable, model: Map<Key, Float32Array>, metric: Metric): Promise<void> {
  for (const [key, vector] of model) {
    const hits = await space.search(vector, { k: K });
    const wanted = Math.min(K, model.size);
    insist(hits.length === wanted, () => `${hits.length} hits instead of ${wanted}`);
    insist(new Set(hits.map((hit) => hit.key)).size === hits.length, () => `a hit comes twice for ${String(key)}`);
    for (const [i, hit] of hits.entries()) {
      const found = model.get(hit.key);
      insist(found !== undefined, () => `the hit ${String(hit.key)} is not there`);
      const truth = distance(metric, found!, vector);
      insist(near(hit.distance, truth), () => `${String(hit.key)} at ${hit.distance}, truly ${truth}`);
      insist(i === 0 || hit.distance >= hits[i - 1]!.distance, () => "the hits are not in order");
    }
    const nearest = nearestIn(metric, model, vector);
    insist(
      near(hits[0]!.distance, nearest),
      () => `${String(key)}: nearest at ${nearest}, found at ${hits[0]!.distance}`,
    );
    // Under dot others may be nearer than it is to itself, and in a large graph a narrow beam may miss a few.
    if (metric === "dot" || model.size > MOST_LOOKED_FOR) continue;
    const [narrow] = await space.search(vector, { k: 1, ef: NARROW });
    insist(
      near(narrow!.distance, nearest),
      () => `${String(key)} at ${nearest}, a narrow beam finds ${narrow!.distance}`,
    );
  }
}

function nearestIn(metric: Metric, model: Map<Key, Float32Array>, query: Float32Array): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const vector of model.values()) nearest = Math.min(nearest, distance(metric, vector, query));
  return nearest;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-4 * Math.max(1e-2, Math.abs(b));
}

function distance(metric: Metric, a: Float32Array, b: Float32Array): number {
  let [product, squaresA, squaresB, apart] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
    apart += (a[i]! - b[i]!) ** 2;
  }
  if (metric === "l2") return apart;
  return metric === "dot" ? 1 - product : 1 - product / Math.sqrt(squaresA * squaresB);
}

/** Adding, deleting, linking and checking go on, in the spaces that came and in one beside them. */
async function goOn(index: VectorIndex, dimensions: number): Promise<void> {
  const own = Float32Array.from({ length: dimensions }, (_, i) => 1 + i);
  for (const name of [...index.spaces(), "one of our own"]) {
    const space = index.space(name);
    const before = space.size;
    for (let i = 0; i < 4; i++)
      await space.add(
        `judge ${i}`,
        own.map((value) => value + i / 8),
      );
    await space.delete("judge 3");
    insist(space.size === before + 3, () => `size ${space.size} after three adds to ${before}`);
    insist((await space.search(own, { k: 1 }))[0] !== undefined, () => "nothing is found after an add");
    insist((await space.get("judge 1"))?.[0] === own[0]! + 1 / 8, () => "an add is not kept");
  }
  await index.flush();
  const { ok, problems, unreachable } = await index.check();
  insist(ok, () => `check: ${problems.join("; ")}, ${unreachable} unreachable`);
}

// ── as a process of its own: `judge.ts FILE FIRST`, a verdict a line for every mutant from FIRST on ─────────────────
if (import.meta.main) {
  const [file, first] = process.argv.slice(2);
  process.stdout.write("ready\n");
  const bytes = new Uint8Array(await Bun.file(file!).arrayBuffer());
  const words = new DataView(bytes.buffer);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = words.getUint32(at, true);
    if (i >= Number(first)) {
      const verdict = await judgeExport(bytes.slice(at + 4, at + 4 + length));
      process.stdout.write(`${JSON.stringify(verdict)}\n`);
    }
    at += 4 + length;
  }
  process.exit(0);
}
