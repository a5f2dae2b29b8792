/* One member, as a process of its own: it does what it is sent, and reports the result or the code of the error. */

import type { Freshness } from "../../../src/cluster/cluster.ts";
import { openCluster } from "../../../src/cluster/cluster.ts";
import type { Found } from "./model.ts";
import type { Setup } from "./site.ts";

interface Document {
  n: number;
}

const { servers, snapshotAfterBytes, timeoutMs, replicas }: Setup = JSON.parse(process.argv[2]!);
const index = await openCluster<Document>({
  ...{ servers, snapshotAfterBytes, timeoutMs, dimensions: 2, metric: "l2", partitions: 8, fields: { n: "number" } },
  ...{ index: { workers: 1, partitions: 1 } },
  ...(replicas !== null && { placement: { replicas, awayMs: 3_000 } }),
  onIncident: ({ kind, message }) => process.send!({ incident: `${kind}: ${message}` }),
}).catch((error) => {
  process.send!({ unopened: error.code ?? String(error) });
  process.exit(1);
});
const spaceOf = (name: string) => index.space<string>(name);
const include = ["vector", "metadata"] as const;
type Entry = { key: string; vector?: Float32Array | undefined; metadata?: Document | undefined };
const found = (entry: Entry | undefined): Found =>
  entry === undefined ? null : { x: entry.vector![1]!, n: entry.metadata!.n };

/** Resolves when what any member's calls have written is applied here. */
async function isUpToDate(): Promise<void> {
  await spaceOf("any").count({ freshness: "latest" });
  const last = Number(index.position.split(":")[1]);
  while (index.stats().applied < last) await Bun.sleep(10);
}

/** What a member can be asked for. Results go through JSON. */
export const calls = {
  async add(space: string, keys: string[], vectors: number[][], numbers: number[]): Promise<number> {
    const documents = numbers.map((n) => ({ n }));
    if (keys.length === 1) await spaceOf(space).add(keys[0]!, vectors[0]!, documents[0]);
    else await spaceOf(space).addMany(keys, vectors, documents);
    return keys.length;
  },
  async update(space: string, key: string, n: number): Promise<number> {
    return Number(await spaceOf(space).update(key, { n }));
  },
  async delete(space: string, key: string): Promise<number> {
    return Number(await spaceOf(space).delete(key));
  },
  async read(space: string, keys: string[], freshness: Freshness): Promise<Found[]> {
    const entries = await spaceOf(space).getMany(keys, { include, freshness });
    return entries.map(found);
  },
  async search(space: string, query: number[], freshness: Freshness): Promise<{ key: string; found: Found } | null> {
    const [hit] = await spaceOf(space).search(query, { k: 1, include, freshness });
    return hit === undefined ? null : { key: hit.key, found: found(hit as Entry) };
  },
  /** Of all that any member's calls have written; "" for a partition that is not held. */
  async digest(): Promise<string[]> {
    await isUpToDate();
    return (await index.digest()).partitions;
  },
  async everything(spaces: string[]): Promise<[space: string, key: string, Found][]> {
    await isUpToDate();
    const all: [string, string, Found][] = [];
    for (const name of new Set([...spaces, ...index.spaces()])) {
      for await (const entry of spaceOf(name).entries({ include })) all.push([name, entry.key, found(entry as Entry)]);
    }
    return all;
  },
  async serves(): Promise<number[]> {
    return index.stats().serves;
  },
  async applied(): Promise<number> {
    return index.stats().applied;
  },
};

export type Calls = typeof calls;

process.on("message", async ({ id, call, args }: { id: number; call: keyof Calls; args: never[] }) => {
  try {
    const value = await (calls[call] as (...given: never[]) => Promise<unknown>)(...args);
    process.send!({ id, value, position: index.position });
  } catch (error) {
    process.send!({ id, code: (error as { code?: string }).code ?? String(error) });
  }
});
process.on("disconnect", () => process.exit());
process.send!({ opened: true });
