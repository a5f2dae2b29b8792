/* A process whose disk fails to sync for a while, by failing-sync.c. Prints what it saw, as JSON. */
import { rmSync, writeFileSync } from "node:fs";
import { type HnswError, open } from "../../../../src/index.ts";
import { until } from "../../../support/indexes.ts";
import { OPTIONS } from "../folders.ts";

const trigger = process.env.HNSW_FAIL_SYNC!;
const path = process.argv[2]!;

/** The outcome of a call: "done", or the code of its refusal. */
async function codeOf(call: () => Promise<unknown>): Promise<string> {
  return await call().then(
    () => "done",
    (error: HnswError) => error.code ?? String(error),
  );
}

function vector(i: number): Float32Array {
  return new Float32Array(OPTIONS.dimensions).fill(i);
}

const index = await open({ ...OPTIONS, workers: 1, partitions: 2, path, onIncident: () => {} });
const space = index.space("s");
for (let i = 0; i < 5; i++) await space.add(i, vector(i));
await index.checkpoint();
for (let i = 5; i < 10; i++) await space.add(i, vector(i));

writeFileSync(trigger, "");
const uncertain = await Promise.all([10, 11, 12].map((i) => codeOf(() => space.add(i, vector(i)))));
const refused = await codeOf(() => space.add(13, vector(13)));
const flushed = await codeOf(() => index.flush());
const snapshots = await codeOf(() => index.checkpoint());
const { failure } = index.stats().journal!;
const seen = await Promise.all([9, 10, 11, 12, 13].map((i) => space.has(i)));
const [hit] = await space.search(vector(10), { k: 1 });
const synced = index.stats().journal!.ops;

rmSync(trigger);
await until(() => index.stats().journal!.failure === null, "the journal is written again");
const afterwards = [
  await codeOf(() => index.flush()),
  await codeOf(() => space.add(14, vector(14))),
  await codeOf(() => index.checkpoint()),
  await codeOf(() => space.add(15, vector(15))),
];
const ops = index.stats().journal!.ops - synced;
console.log(JSON.stringify({ uncertain, refused, flushed, snapshots, failure, seen, hit, afterwards, ops }));
process.kill(process.pid, "SIGKILL"); // what was acknowledged is there nonetheless
