/* The other thread of a `Helper`: attaches with the first message, then does the jobs of all others, in order. */
import { parentPort } from "node:worker_threads";
import { type AttachTicket, attach, HnswError, type VectorIndex } from "../../src/index.ts";
import type { Job, Reply } from "./helper.ts";

const port = parentPort!;
let index: VectorIndex | null = null;
let before: Promise<void> = Promise.resolve();

port.on("message", (message: AttachTicket | Job) => {
  if (message.kind === "hnsw-workers-ticket") {
    index = attach(message);
    return;
  }
  before = before.then(async () => {
    let reply: Reply;
    try {
      reply = { result: await work(index!, message) };
    } catch (error) {
      reply = { failed: error instanceof HnswError ? error.code : String(error) };
    }
    port.postMessage(reply);
  });
});

async function work(handle: VectorIndex, job: Job): Promise<unknown> {
  if (job.kind === "close") return handle.close();
  const space = handle.space(job.space);
  const { dimensions } = handle.options;
  if (job.kind === "replace") {
    const vector = Float64Array.from(job.vector);
    const start = vector[0]!;
    for (let version = 1; version <= job.versions; version++) {
      vector[0] = start + version * 2 ** -20;
      await space.add(job.key, vector);
    }
    return job.versions;
  }
  const at = (i: number) => job.vectors.subarray(i * dimensions, (i + 1) * dimensions);
  if (job.kind === "search") {
    const nearest = [];
    for (let i = 0; i < job.vectors.length / dimensions; i++)
      nearest.push((await space.search(at(i), { k: 1 }))[0]?.key);
    return nearest;
  }
  let found = 0;
  for (const [i, key] of job.keys.entries()) {
    await space.add(key, at(i));
    if (i % 50 === 0 && (await space.search(at(i), { k: 1 }))[0]?.key === key) found++;
  }
  return found;
}
