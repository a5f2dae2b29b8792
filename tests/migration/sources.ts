/*
 * What can be moved? Sources made by their own libraries and read back by them. A script in Python has most libraries; what
 * needs none of Python is here.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Serving } from "../server/serving.ts";
import { run } from "../support/process.ts";
import { clustered, VectorSet } from "../support/vectors.ts";

export const DIMENSIONS = 100;
export const K = 10;
export const EF = 64;
const QUERIES = 100;

export type Key = string | number;

/** What sources hold, and what they are asked. */
export interface Task {
  folder: string;
  set: VectorSet;
  queries: VectorSet;
}

/** What a source holds as its own reader returns it, and how it is imported. */
export interface Source {
  name: string;
  task: Task;
  /** After PATH. */
  import: string[];
  keys: Key[];
  floats: Float32Array;
  /** Keys of the nearest to each query; null: it has no search. */
  found: Key[][] | null;
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** Seeded clusters; the queries come from the same ones. */
export function taskOf(folder: string, count: number): Task {
  const all = clustered(count + QUERIES, DIMENSIONS, 17);
  const [set, queries] = [all.part(0, count), all.part(count, count + QUERIES)];
  writeFileSync(join(folder, "vectors.f32"), set.values);
  writeFileSync(join(folder, "queries.f32"), queries.values);
  writeFileSync(join(folder, "shape.json"), JSON.stringify({ dimensions: DIMENSIONS, k: K, ef: EF }));
  return { folder, set, queries };
}

export const OF_PYTHON = ["usearch", "hnswlib", "chroma", "lancedb", "parquet", "arrow", "npz", "npy"];
export const OF_BUN: Record<string, (task: Task) => Promise<Source>> = { qdrant, csv, jsonl, fvecs, bvecs };

/** Rejects when the library is missing. */
export async function ofPython(python: string, kind: string, task: Task): Promise<Source> {
  const { folder } = task;
  const { code, out, err } = await run([python, join(import.meta.dir, "source.py"), kind, folder]);
  if (code !== 0) throw new Error(err.trim().split("\n").at(-1));
  const { name, file, options } = JSON.parse(out.trim().split("\n").at(-1)!);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  return {
    ...{ name, task, import: [join(folder, file), "--space", "moved", ...options] },
    ...{ keys: JSON.parse(read("read.keys")), floats: floatsIn(join(folder, "read.f32")) },
    found: JSON.parse(read("found.json")),
  };
}

const floatsIn = (file: string) => new Float32Array(new Uint8Array(readFileSync(file)).buffer);

const ROWS_AT_ONCE = 2000;

/** Our own server, by Qdrant's client. */
async function qdrant(task: Task): Promise<Source> {
  const { set, queries } = task;
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
    ...{ name: "Qdrant's REST, our server", task, import: ["moved", "--from-qdrant", serving.url] },
    ...{ keys, floats, found },
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}

/** A file that is read back by nothing but its description: what was written is what was to be read. */
function written(task: Task, name: string, ending: string, bytes: Buffer | string, keys: Key[]): Source {
  const file = join(task.folder, `source.${ending}`);
  writeFileSync(file, bytes);
  const dimensions = ["csv", "jsonl"].includes(ending) ? ["--dimensions", String(DIMENSIONS)] : [];
  const options = ["--space", "moved", "--metric", "l2", ...dimensions];
  return { name, task, import: [file, ...options], keys, floats: task.set.values, found: null };
}

const rowsOf = <T>({ set }: Task, row: (i: number) => T) => Array.from({ length: set.count }, (_, i) => row(i));
const placesOf = (task: Task) => rowsOf(task, (i) => i);

async function csv(task: Task): Promise<Source> {
  const lines = rowsOf(task, (i) => `key-${i},"[${Array.from(task.set.at(i)).join(",")}]"`);
  const keys = rowsOf(task, (i) => `key-${i}`);
  return written(task, "CSV", "csv", ["id,vector", ...lines].join("\n"), keys);
}

async function jsonl(task: Task): Promise<Source> {
  const lines = rowsOf(task, (i) => JSON.stringify({ key: i, vector: Array.from(task.set.at(i)) }));
  return written(task, "lines of JSON", "jsonl", lines.join("\n"), placesOf(task));
}

function vecsOf(rows: Uint8Array[]): Buffer {
  const head = Buffer.from(Int32Array.of(DIMENSIONS).buffer);
  return Buffer.concat(rows.flatMap((row) => [head, row]));
}

async function fvecs(task: Task): Promise<Source> {
  const rows = rowsOf(task, (i) => Buffer.from(task.set.at(i).slice().buffer));
  return written(task, "`.fvecs`", "fvecs", vecsOf(rows), placesOf(task));
}

/** Components rounded to bytes, which is another set with other nearest. */
async function bvecs({ folder, set, queries }: Task): Promise<Source> {
  const rounded = ({ values }: VectorSet) => {
    const bytes = values.map((value) => Math.min(255, Math.max(0, Math.round(128 + 32 * value))));
    return new VectorSet(bytes, DIMENSIONS);
  };
  const task = { folder, set: rounded(set), queries: rounded(queries) };
  const rows = rowsOf(task, (i) => Uint8Array.from(task.set.at(i)));
  return written(task, "`.bvecs`", "bvecs", vecsOf(rows), placesOf(task));
}
