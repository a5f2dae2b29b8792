// Which calls are there on entries with documents? Each is made once, in a space of many.

import { join } from "node:path";
import { open, type Where } from "../../../src/index.ts";
import { TemporaryFolder } from "../../kit/temporary-folder.ts";
import type { Meter } from "./meter.ts";

const GROUPS = 100;
const WORDS = 1000;

interface Text {
  word: string;
  size: number;
  tags: string[];
  text: string;
}

const OPTIONS = { metric: "l2", workers: 1, partitions: 1, M: 8, efConstruction: 32 } as const;
const FIELDS = { word: "keyword", size: "number", tags: "keyword" } as const;
const HALF: Where<Text> = { size: { $lt: 0.5 } };
const RARE: Where<Text> = { word: "w7" };
/** On a field whose column is being filled: every document is read. */
const UNFILLED: Where<Text> = { text: "the text of entry 7" };

/** `values`: one vector for each entry. */
export async function documents(meter: Meter, values: Float32Array, dimensions: number): Promise<void> {
  const count = values.length / dimensions;
  const keys = Array.from({ length: count }, (_, i) => i);
  const texts = keys.map((i): Text => {
    const word = `w${(i * 7919) % WORDS}`;
    return {
      word,
      size: ((i * 7919) % 10_007) / 10_007,
      tags: [`t${i % GROUPS}`, word],
      text: `the text of entry ${i}`,
    };
  });
  const query = values.subarray(0, dimensions);
  const some = keys.filter((i) => i % 100 === 0);
  using folder = new TemporaryFolder();
  const path = join(folder.path, "index");
  await using index = await open<Text>({ ...OPTIONS, dimensions, path, fields: FIELDS });
  const space = index.space<number>("documents");
  await meter.call("addMany with documents", () => space.addMany(keys, values, texts));
  await meter.call("flush", () => index.flush());
  await meter.call("add with a document", () => space.add(count, query, texts[0]!));
  await meter.call("get({ include })", () => space.get(1, { include: ["metadata", "vector"] }));
  await meter.call("getMany of a hundredth", () => space.getMany(some, { include: ["metadata"] }));
  await meter.call("count", () => space.count());
  await meter.call("count({ where }) of half", () => space.count({ where: HALF }));
  await meter.call("page", () => space.page({ include: ["metadata"] }));
  await meter.call("page({ limit: 10,000 }) of documents", () => space.page({ limit: 10_000, include: ["metadata"] }));
  await meter.call("page({ where, orderBy })", () => space.page({ where: HALF, orderBy: "size" }));
  await meter.call("entries, all", async () => {
    for await (const _ of space.entries({ include: ["metadata"] })) await Promise.resolve();
  });
  await meter.call("entries({ where, orderBy }), the first", async () => {
    for await (const _ of space.entries({ where: HALF, orderBy: "size" })) break;
  });
  await meter.call("facets", () => space.facets("word"));
  await meter.call("facets({ where }) of a list", () => space.facets("tags", { where: HALF }));
  await meter.call("search({ where }), 1 of 2 passes", () =>
    space.search(query, { where: HALF, include: ["metadata"] }),
  );
  await meter.call("search({ where }), 1 of 1,000 passes", () => space.search(query, { where: RARE }));
  await meter.call("search({ keys }), a hundredth", () => space.search(query, { keys: some }));
  await meter.call("search({ recall: exact })", () => space.search(query, { recall: "exact" }));
  await meter.call("search({ explain })", () => space.search(query, { explain: true }));
  await meter.call("search of all spaces", () => index.search(query, { spaces: "all", where: HALF }));
  await meter.call("searchMany of 100 with where", () =>
    space.searchMany(values.subarray(0, Math.min(100, count) * dimensions), { where: HALF }),
  );
  await meter.call("measureRecall", () => space.measureRecall());
  await meter.call("space.stats", () => space.stats());
  await meter.call("fields", () => index.fields);
  await meter.call("addField", () => index.addField("text", "keyword"));
  await meter.call("search({ where }) on that field", () => space.search(query, { where: UNFILLED }));
  await meter.call("update", () => space.update(1, { size: 2 }));
  await meter.call("updateWhere of half", () => space.updateWhere(HALF, { tags: ["new"] }));
  await meter.call("deleteWhere of 1 in 1,000", () => space.deleteWhere(RARE));
  await meter.call("deleteWhere of half", () => space.deleteWhere(HALF));
  await meter.call("checkpoint", () => index.checkpoint());
  await meter.call("exportBytes", () => index.exportBytes());
  await meter.call("flush, with a compaction", () => index.flush());
}
