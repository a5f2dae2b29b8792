/* Sound exports to begin with: every metric, flat and graph, with twins, dead and waiting slots, keys of every kind. */
import { type Key, type Metric, type OpenOptions, open } from "../../src/index.ts";
import { random } from "../support/vectors.ts";

const SEED = 20261128;

export interface Sample {
  name: string;
  bytes: Uint8Array;
}

function keyOf(i: number): Key {
  if (i % 5 === 1) return `key ${i}`;
  if (i % 5 === 2) return -BigInt(i) * 2n ** 60n;
  if (i % 11 === 3) return `ü\ud800${i}`;
  return i;
}

async function sample(name: string, metric: Metric, count: number, options: Partial<OpenOptions>): Promise<Sample> {
  const dimensions = 6;
  const source = random(SEED);
  const vector = () => Float32Array.from({ length: dimensions }, () => source.gaussian());
  const index = await open({ dimensions, metric, workers: 0, partitions: 1, M: 4, flatBelow: 48, ...options });
  try {
    const space = index.space("tenant");
    const vectors = Array.from({ length: count }, vector);
    for (const [i, each] of vectors.entries()) await space.add(keyOf(i), each);
    for (let i = 0; i < 6; i++) await space.add(`twin ${i}`, vectors[i % 2]!);
    await index.flush(); // what is deleted is linked by then
    for (let i = 20; i < 26; i++) await space.delete(keyOf(i));
    for (let i = 0; i < 5; i++) await space.add(`late ${i}`, vector());
    if (name.includes("neighbour")) await index.space("neighbour").add("only", vector());
    return { name, bytes: await index.exportBytes() };
  } finally {
    await index.close();
  }
}

const FIELDS = { tag: "keyword", size: "number", done: "boolean", at: "date" } as const;

/** With documents of every type and form of value, one larger than a frame, and entries that expire. */
async function documents(name: string, options: Partial<OpenOptions>): Promise<Sample> {
  const source = random(SEED);
  const dimensions = 6;
  const vector = () => Float32Array.from({ length: dimensions }, () => source.gaussian());
  const index = await open({ dimensions, metric: "l2", workers: 0, partitions: 1, M: 4, fields: FIELDS, ...options });
  try {
    const space = index.space("notes");
    for (let i = 0; i < 60; i++) {
      const tag = [["a", "b"], "a", null, "a word that is long enough to be kept elsewhere"][i % 4];
      const document = {
        tag,
        size: i % 5 === 0 ? [i, -i] : i / 3,
        done: i % 2 === 0,
        at: i * 1000,
        text: "ü".repeat(i),
      };
      const expiresAt = i % 7 === 0 ? 4e12 : undefined;
      await space.add(keyOf(i), vector(), i % 6 === 5 ? undefined : document, { expiresAt });
    }
    await space.add("large", vector(), { tag: "a", text: "x".repeat(60_000) });
    await index.flush();
    return { name, bytes: await index.exportBytes() };
  } finally {
    await index.close();
  }
}

/** Small, so that ten thousand of them can be opened. */
export async function samples(): Promise<Sample[]> {
  return [
    await sample("cosine, a graph", "cosine", 120, {}),
    await sample("l2, a graph", "l2", 120, {}),
    await sample("dot, a graph", "dot", 90, {}),
    await sample("l2, an f32 beam and a neighbour", "l2", 90, { quantization: "none" }),
    await sample("cosine, flat", "cosine", 30, { flatBelow: 1000 }),
    await documents("documents, flat", { flatBelow: 1000 }),
    await documents("documents, a graph", { flatBelow: 20 }),
  ];
}
