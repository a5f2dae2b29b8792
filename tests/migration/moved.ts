/*
 * How is a source moved: made by its own library, read back by it, imported by the command, and compared? A script in Python has
 * most libraries; what needs none of Python is here.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../src/index.ts";
import { outOf } from "../cli/program.ts";
import { Serving } from "../server/serving.ts";
import { run } from "../support/process.ts";
import { clustered, trueDistance, type VectorSet } from "../support/vectors.ts";

const DIMENSIONS = 100;
const QUERIES = 100;
const K = 10;
const EF = 64;

export type Key = string | number;

/** What a source holds as its own reader returns it, and how it is imported. */
interface Source {
  name: string;
  /** After PATH. */
  import: string[];
  keys: Key[];
  floats: Float32Array;
  /** Keys of the nearest to each query; null: it has no search. */
  found: Key[][] | null;
  [Symbol.asyncDispose]?(): Promise<void>;
}

export interface Task {
  folder: string;
  set: VectorSet;
  queries: VectorSet;
}

/** Seeded clusters; the queries come from the same ones. */
export function taskOf(folder: string, count: number): Task {
  const all = clustered(count + QUERIES, DIMENSIONS, 17);
  const part = (first: number, length: number) => ({
    ...{ count: length, dimensions: DIMENSIONS },
    at: (i: number) => all.at(first + i),
  });
  const floatsOf = (first: number, length: number) =>
    Array.from({ length }, (_, i) => Buffer.from(all.at(first + i).slice().buffer));
  writeFileSync(join(folder, "vectors.f32"), Buffer.concat(floatsOf(0, count)));
  writeFileSync(join(folder, "queries.f32"), Buffer.concat(floatsOf(count, QUERIES)));
  writeFileSync(join(folder, "shape.json"), JSON.stringify({ dimensions: DIMENSIONS, k: K, ef: EF }));
  return { folder, set: part(0, count) as VectorSet, queries: part(count, QUERIES) as VectorSet };
}

export const OF_PYTHON = ["usearch", "hnswlib", "chroma", "lancedb", "parquet", "arrow", "npz", "npy"];
export const OF_BUN: Record<string, (task: Task) => Promise<Source>> = { qdrant, csv, jsonl, fvecs };

/** Rejects when the library is missing. */
export async function ofPython(python: string, kind: string, { folder }: Task): Promise<Source> {
  const { code, out, err } = await run([python, join(import.meta.dir, "source.py"), kind, folder]);
  if (code !== 0) throw new Error(err.trim().split("\n").at(-1));
  const { name, file, options } = JSON.parse(out.trim().split("\n").at(-1)!);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  return {
    ...{ name, import: [join(folder, file), "--space", "moved", ...options] },
    ...{ keys: JSON.parse(read("read.keys")), floats: floatsIn(join(folder, "read.f32")) },
    found: JSON.parse(read("found.json")),
  };
}

const floatsIn = (file: string) => new Float32Array(new Uint8Array(readFileSync(file)).buffer);

const ROWS_AT_ONCE = 2000;

/** Our own server, by Qdrant's client. */
async function qdrant({ set, queries }: Task): Promise<Source> {
  const serving = await Serving.start();
  const client = serving.client();
  await client.createCollection("moved", { vectors: { size: DIMENSIONS, distance: "Euclid" } });
  for (let first = 0; first < set.count; first += ROWS_AT_ONCE) {
    const length = Math.min(ROWS_AT_ONCE, set.count - first);
    const points = Array.from({ length }, (_, i) => ({ id: first + i, vector: Array.from(set.at(first + i)) }));
    await client.upsert("moved", { points, wait: true });
  }
  const keys: Key[] = [];
  const floats = new Float32Array(set.count * DIMENSIONS);
  for (let offset: Key | undefined = undefined; keys.length < set.count; ) {
    const page = await client.scroll("moved", { limit: ROWS_AT_ONCE, with_vector: true, offset });
    for (const { id, vector } of page.points) floats.set(vector as number[], keys.push(id) * DIMENSIONS - DIMENSIONS);
    offset = page.next_page_offset as Key | undefined;
  }
  const found: Key[][] = [];
  for (let i = 0; i < queries.count; i++) {
    const query = Array.from(queries.at(i));
    const { points } = await client.query("moved", { query, limit: K, params: { hnsw_ef: EF } });
    found.push(points.map(({ id }) => id));
  }
  return {
    ...{ name: "Qdrant's REST, our server", import: ["moved", "--from-qdrant", serving.url], keys, floats, found },
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}

/** Files that are read back by nothing but their description: what was written is what was to be read. */
function written({ folder, set }: Task, name: string, file: string, bytes: Buffer | string, keys: Key[]): Source {
  writeFileSync(join(folder, file), bytes);
  const floats = new Float32Array(set.count * DIMENSIONS);
  for (let i = 0; i < set.count; i++) floats.set(set.at(i), i * DIMENSIONS);
  const dimensions = /\.(csv|jsonl)$/.test(file) ? ["--dimensions", String(DIMENSIONS)] : [];
  const options = ["--space", "moved", "--metric", "l2", ...dimensions];
  return { name, import: [join(folder, file), ...options], keys, floats, found: null };
}

const rowsOf = <T>({ set }: Task, row: (i: number) => T) => Array.from({ length: set.count }, (_, i) => row(i));

async function csv(task: Task): Promise<Source> {
  const lines = rowsOf(task, (i) => `key-${i},"[${Array.from(task.set.at(i)).join(",")}]"`);
  const text = ["id,vector", ...lines].join("\n");
  return written(
    task,
    "CSV",
    "source.csv",
    text,
    rowsOf(task, (i) => `key-${i}`),
  );
}

async function jsonl(task: Task): Promise<Source> {
  const text = rowsOf(task, (i) => JSON.stringify({ key: i, vector: Array.from(task.set.at(i)) })).join("\n");
  return written(
    task,
    "lines of JSON",
    "source.jsonl",
    text,
    rowsOf(task, (i) => i),
  );
}

async function fvecs(task: Task): Promise<Source> {
  const head = Buffer.from(Int32Array.of(DIMENSIONS).buffer);
  const bytes = Buffer.concat(rowsOf(task, (i) => [head, Buffer.from(task.set.at(i).slice().buffer)]).flat());
  return written(
    task,
    ".fvecs",
    "source.fvecs",
    bytes,
    rowsOf(task, (i) => i),
  );
}

export interface Moved {
  name: string;
  /** Vectors that its own reader returns, and those of them that are here under the same key with the same floats. */
  read: number;
  same: number;
  /** Here. */
  size: number;
  /** Recall@10 of the same queries; null: it has no search. */
  before: number | null;
  after: number;
  seconds: number;
}

/** Imports into a new folder at `path`, and compares. */
export async function moved(source: Source, path: string, truth: number[][]): Promise<Moved> {
  const start = performance.now();
  await outOf(["import", path, ...source.import]);
  const seconds = (performance.now() - start) / 1000;
  await using index = await open({ path, dimensions: DIMENSIONS, metric: "l2" });
  const space = index.space<Key>("moved");
  let same = 0;
  for (const [i, key] of source.keys.entries()) {
    const held = await space.get(key);
    const floats = source.floats.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS);
    if (held?.every((value, j) => Object.is(value, floats[j]))) same++;
  }
  return { name: source.name, read: source.keys.length, same, size: space.size, seconds, ...(await recalls()) };

  async function recalls() {
    await index.flush();
    const queries = floatsIn(join(path, "../queries.f32"));
    const found: Key[][] = [];
    for (let i = 0; i < QUERIES; i++) {
      const hits = await space.search(queries.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS), { k: K, ef: EF });
      found.push(hits.map(({ key }) => key));
    }
    return { before: source.found && recallOf(source.found, truth), after: recallOf(found, truth) };
  }
}

/** The rows that are nearest to each query. */
export function truthOf({ set, queries }: Task): number[][] {
  return Array.from({ length: queries.count }, (_, q) => {
    const distances = Float64Array.from({ length: set.count }, (_, i) => trueDistance("l2", set.at(i), queries.at(q)));
    const limit = distances.toSorted()[K - 1]!;
    return Array.from(distances.keys()).filter((i) => distances[i]! <= limit);
  });
}

function recallOf(found: readonly Key[][], truth: readonly number[][]): number {
  let hits = 0;
  for (const [q, keys] of found.entries()) {
    const nearest = new Set(truth[q]);
    hits += keys.filter((key) => nearest.has(Number(String(key).replace("key-", "")))).length;
  }
  return hits / (found.length * K);
}
