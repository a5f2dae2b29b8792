// How long does each public call keep the event loop waiting? The longest time between two of its turns, call by call.
// The program of a child process.

import { join } from "node:path";
import { openSearch } from "../../../src/api/search-index.ts";
import { type Key, open, type VectorIndex } from "../../../src/index.ts";
import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";
import { documents } from "./documents.ts";
import { type CallGap, Meter } from "./meter.ts";

const DIMENSIONS = 32;
const AT_ONCE = 200; // adds in a turn
const OPTIONS = { dimensions: DIMENSIONS, metric: "l2", workers: 1, partitions: 1, M: 8, efConstruction: 32 } as const;

export interface CallsTask {
  /** Of one large space, or spaces of one vector each. */
  vectors?: number;
  spaces?: number;
  /** Entries of one space, with documents. */
  documents?: number;
}

export interface CallsMeasurement {
  gaps: CallGap[];
}

function normal(count: number): Float32Array {
  const random = new Random(SEEDS.calls);
  return Float32Array.from({ length: count * DIMENSIONS }, () => random.normal());
}

async function large(meter: Meter, count: number): Promise<void> {
  const values = normal(count);
  const keys = Array.from({ length: count }, (_, i) => `the key of number ${i}`);
  const rare = (key: Key) => (key as string).endsWith("0000");
  const query = values.subarray(0, DIMENSIONS);
  const many = values.subarray(0, 1000 * DIMENSIONS);
  const some = keys.slice(0, count >> 2);
  using folder = new TemporaryFolder();
  await meter.call("(no call, for a second)", () => Bun.sleep(1000));
  const index = await meter.call("open({ path })", () => open({ ...OPTIONS, path: join(folder.path, "index") }));
  const space = index.space("large");
  await meter.call("addMany of all", () => space.addMany(keys, values));
  await meter.call("flush", () => index.flush());
  await meter.call("add", () => space.add("one more", query));
  await meter.call("get", () => space.get(keys[1]!));
  await meter.call("has", () => space.has(keys[1]!));
  await meter.call("size", () => space.size);
  await meter.call("keys", () => space.keys());
  await meter.call("search", () => space.search(query));
  await meter.call("search({ k: 4096 })", () => space.search(query, { k: 4096 }));
  await meter.call("search({ ef: 5000 }), a scan", () => space.search(query, { ef: 5000 }));
  await meter.call("search({ k: all })", () => space.search(query, { k: count }));
  await meter.call("search({ filter }), 1 of 10,000 passes", () => space.search(query, { filter: rare }));
  await meter.call("searchMany of 1,000", () => space.searchMany(many));
  await meter.call("searchMany of 10 with such a filter", () =>
    space.searchMany(many.subarray(0, 10 * DIMENSIONS), { filter: rare }),
  );
  await meter.call("stats", () => index.stats());
  await meter.call("check", () => index.check());
  await meter.call("checkpoint", () => index.checkpoint());
  await meter.call("backup", () => index.backup(join(folder.path, "copy")));
  await meter.call("attach", () => index.attach());
  const bytes = await meter.call("exportBytes", () => index.exportBytes());
  await meter.call("open({ from })", async () => void (await (await open({ ...OPTIONS, from: bytes })).close()));
  const searched = await meter.call("openSearch", () => openSearch({ from: bytes }));
  await meter.call("search of an export", () => searched.space("large").search(query));
  searched.close();
  await meter.call("delete", () => space.delete("one more"));
  await meter.call("deleteMany of a quarter", () => space.deleteMany(some));
  await meter.call("flush, with a compaction", () => index.flush());
  await meter.call("dropSpace", () => index.dropSpace("large"));
  await meter.call("close", () => index.close());
  await meter.call("open({ path }) of the copy", async () => {
    await (await open({ ...OPTIONS, path: join(folder.path, "copy") })).close();
  });
}

async function many(meter: Meter, count: number): Promise<void> {
  using folder = new TemporaryFolder();
  const values = normal(count);
  const name = (i: number) => `tenant number ${i}`;
  const index: VectorIndex = await open({ ...OPTIONS, path: join(folder.path, "index") });
  await meter.call("adds, the first of each space", async () => {
    for (let first = 0; first < count; first += AT_ONCE) {
      const adds = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => first + i);
      await Promise.all(
        adds.map((i) => index.space(name(i)).add(i, values.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS))),
      );
    }
  });
  await meter.call("spaces", () => index.spaces());
  await meter.call("stats", () => index.stats());
  await meter.call("stats().spaces", () => index.stats().spaces);
  await meter.call("flush", () => index.flush());
  await meter.call("check", () => index.check());
  await meter.call("check of one", () => index.check(name(1)));
  await meter.call("checkpoint", () => index.checkpoint());
  await meter.call("backup", () => index.backup(join(folder.path, "copy")));
  const bytes = await meter.call("exportBytes", () => index.exportBytes());
  await meter.call("export of one", async () => void (await new Response(index.export([name(1)])).arrayBuffer()));
  await meter.call("open({ from })", async () => void (await (await open({ ...OPTIONS, from: bytes })).close()));
  await meter.call("openSearch", async () => (await openSearch({ from: bytes })).close());
  await meter.call("dropSpace", () => index.dropSpace(name(2)));
  await meter.call("close", () => index.close());
  await meter.call("open({ path }) of the copy", async () => {
    await (await open({ ...OPTIONS, path: join(folder.path, "copy") })).close();
  });
}

async function measure({ vectors, spaces, documents: entries }: CallsTask): Promise<CallsMeasurement> {
  const meter = new Meter();
  if (vectors !== undefined) await large(meter, vectors);
  if (spaces !== undefined) await many(meter, spaces);
  if (entries !== undefined) await documents(meter, normal(entries), DIMENSIONS);
  return { gaps: meter.gaps };
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}"))));
