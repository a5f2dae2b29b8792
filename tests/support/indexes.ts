/* What do the tests of the public face share? Exact results from a Map, refusals as values, and data from a seed. */
import { expect } from "bun:test";
import { openWith } from "../../src/api/open.ts";
import type { Hit, Incident, Key, Metric, OpenOptions, Space, VectorIndex } from "../../src/index.ts";
import { HnswError } from "../../src/index.ts";
import { notFarther, trueDistance, type VectorSet } from "./vectors.ts";

export { clustered, random, uniform, VectorSet } from "./vectors.ts";

/** An open index with its insides, and what it reported; closes itself at the end of the test: `await using parts = …` */
export async function opened(options: OpenOptions) {
  const incidents: Incident[] = [];
  const { onIncident = console.warn } = options;
  const note = (incident: Incident) => {
    incidents.push(incident);
    onIncident(incident);
  };
  const parts = await openWith({ ...options, onIncident: note }, {});
  return { ...parts, incidents, [Symbol.asyncDispose]: () => parts.index.close() };
}

/** The `HnswError` that a call throws or rejects with; fails if it does neither, or with anything else. */
export async function refusalOf(call: () => unknown): Promise<HnswError> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (error instanceof HnswError) return error;
    throw new Error(`not an HnswError but ${String(error)}`, { cause: error });
  }
  throw new Error(`not refused, but ${Bun.inspect(result)}`);
}

/** What a space should hold. */
export type Model = Map<Key, Float32Array>;

/** All distances of a model to a query, nearest first; of the keys that pass. */
export function exactDistances(
  metric: Metric,
  model: Model,
  query: Float32Array,
  passes: (key: Key) => boolean = () => true,
): number[] {
  const distances: number[] = [];
  for (const [key, vector] of model) if (passes(key)) distances.push(trueDistance(metric, vector, query));
  return distances.sort((a, b) => a - b);
}

/** Distances are f32 sums in the core and f64 sums here. */
export function isNear(a: number, b: number, rounding = 1e-5): boolean {
  return Math.abs(a - b) <= rounding * Math.max(1, Math.abs(b));
}

/** Fails unless the hits are alive, each once, with their true distances, nearest first. */
export function expectHonest(hits: Hit[], metric: Metric, model: Model, query: Float32Array, context: string): void {
  expect(new Set(hits.map((hit) => hit.key)).size, context).toBe(hits.length);
  for (const [i, { key, distance }] of hits.entries()) {
    const vector = model.get(key);
    if (vector === undefined) throw new Error(`hit ${String(key)} is not in the space; ${context}`);
    const wanted = trueDistance(metric, vector, query);
    if (!isNear(distance, wanted)) {
      throw new Error(`hit ${String(key)} is at ${wanted}, not ${distance}; ${context}`);
    }
    if (i > 0 && distance < hits[i - 1]!.distance) throw new Error(`hits are not in order; ${context}`);
  }
}

/** Fails unless the hits are the k nearest that pass (ties apart). */
export function expectExact(
  hits: Hit[],
  metric: Metric,
  model: Model,
  query: Float32Array,
  k: number,
  context: string,
  passes?: (key: Key) => boolean,
): void {
  expectHonest(hits, metric, model, query, context);
  const wanted = exactDistances(metric, model, query, passes).slice(0, k);
  expect(hits.length, context).toBe(wanted.length);
  for (const [i, { distance }] of hits.entries()) {
    if (!isNear(distance, wanted[i]!)) throw new Error(`hit ${i} is at ${distance}, not ${wanted[i]}; ${context}`);
  }
}

/** Fails unless a space holds what the model holds: size, keys, and every vector bit for bit. */
export async function expectHolds(space: Space, model: Model, context: string): Promise<void> {
  expect(space.size, context).toBe(model.size);
  const keys = await space.keys();
  if (keys.length !== model.size || !keys.every((key) => model.has(key))) {
    throw new Error(`${keys.length} keys, not the ${model.size} of the model; ${context}`);
  }
  for (const [key, vector] of model) {
    const got = await space.get(key);
    if (!isSame(got, vector)) {
      throw new Error(`get(${String(key)}) is ${got}, not ${vector}; ${context}`);
    }
  }
}

/** Bit for bit. */
export function isSame(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

/** Fails unless every invariant holds and every vector can be reached. */
export async function expectSound(index: VectorIndex, context: string): Promise<void> {
  const { ok, problems, unreachable } = await index.check();
  expect({ ok, problems, unreachable, context }).toEqual({ ok: true, problems: [], unreachable: 0, context });
}

/** A model that holds a set under the keys 0, 1, 2, … */
export function modelOf(set: VectorSet): Model {
  const model: Model = new Map();
  for (let i = 0; i < set.count; i++) model.set(i, set.at(i));
  return model;
}

export function keysOf(set: VectorSet): number[] {
  return Array.from({ length: set.count }, (_, i) => i);
}

/** Mean share of the k nearest that searches find; a tie with the k-th nearest counts. */
export async function recallOf(
  space: Space,
  metric: Metric,
  model: Model,
  queries: VectorSet,
  k = 10,
): Promise<number> {
  let found = 0;
  for (let q = 0; q < queries.count; q++) {
    const query = queries.at(q);
    const worst = exactDistances(metric, model, query)[Math.min(k, model.size) - 1]!;
    const hits = await space.search(query, { k });
    expectHonest(hits, metric, model, query, `query ${q}`);
    expect(hits.length).toBe(Math.min(k, model.size));
    for (const { key } of hits) if (notFarther(trueDistance(metric, model.get(key)!, query), worst)) found++;
  }
  return found / (queries.count * Math.min(k, model.size));
}

/** What a promise resolves to, or "too late" when it has not settled after `ms`: more than anything needs that does not hang. */
export function inTime<T>(promise: Promise<T>, ms = 5000): Promise<T | "too late"> {
  return Promise.race([promise, new Promise<"too late">((resolve) => setTimeout(resolve, ms, "too late"))]);
}

/** Lets the event loop run until something holds; fails after 20 s. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
