// One member of the cluster that is measured, as a process of its own: it works when it is sent what to do.

import { openCluster } from "../../../src/cluster/cluster.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";

export const DIMENSIONS = 128;

export interface MemberSetup {
  servers: string[];
  replicas: 1 | 3;
  number: number;
}

/** How long each call took, in milliseconds. */
export type Waits = number[];

const setup: MemberSetup = JSON.parse(process.argv[2]!);
const random = new Random(SEEDS.cluster + setup.number);
const vector = () => Float32Array.from({ length: DIMENSIONS }, () => random.normal());
const start = performance.now();
const index = await openCluster({
  ...{ servers: setup.servers, replicas: setup.replicas, dimensions: DIMENSIONS },
  index: { workers: 1, partitions: 1 },
});
const openedMs = performance.now() - start;
const own = index.space<number>(`of member ${setup.number}`);
const filled = index.space<number>("filled");

async function timed(calls: number, callers: number, call: (i: number) => Promise<unknown>): Promise<Waits> {
  const waits: Waits = [];
  let next = 0;
  const caller = async () => {
    for (let i = next++; i < calls; i = next++) {
      const asked = performance.now();
      await call(i);
      waits.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return waits;
}

const calls = {
  openedMs: async () => openedMs,
  applied: async () => index.stats().applied,
  async write(count: number, callers: number): Promise<Waits> {
    const vectors = Array.from({ length: Math.min(count, 1000) }, vector);
    return await timed(count, callers, (i) => own.add(i, vectors[i % vectors.length]!));
  },
  async search(count: number, freshness: "any" | "latest"): Promise<Waits> {
    await index.flush();
    return await timed(count, 1, () => own.search(vector(), { k: 10, freshness }));
  },
  /** When it was acknowledged, and where: milliseconds since 1970. */
  async probe(): Promise<{ position: string; at: number }> {
    await own.add(-1, vector());
    return { at: performance.timeOrigin + performance.now(), position: index.position };
  },
  /** When that was applied here. */
  async reach(position: `${string}:${number}`): Promise<number> {
    await own.count({ freshness: position });
    return performance.timeOrigin + performance.now();
  },
  async fill(count: number): Promise<number> {
    const keys = Array.from({ length: count }, (_, i) => i);
    const vectors = Float32Array.from({ length: count * DIMENSIONS }, () => random.normal());
    const begin = performance.now();
    await filled.addMany(keys, vectors);
    return performance.now() - begin;
  },
  async checkpoint(): Promise<number> {
    const begin = performance.now();
    await index.checkpoint();
    return performance.now() - begin;
  },
  /** Until what it has is linked. */
  async flush(): Promise<void> {
    await index.flush();
  },
  async size(): Promise<number> {
    return await filled.count();
  },
  async close(): Promise<void> {
    await index.close();
  },
};

export type MemberCalls = typeof calls;

process.on("message", async ({ id, call, args }: { id: number; call: keyof MemberCalls; args: never[] }) => {
  try {
    process.send!({ id, value: (await (calls[call] as (...given: never[]) => Promise<unknown>)(...args)) ?? 0 });
  } catch (error) {
    process.send!({ id, error: String(error) });
  }
});
process.on("disconnect", () => process.exit());
process.send!({ opened: true });
