/*
 * Do collections come over from a folder that Chroma has written, as Chroma itself returns them, or are they refused by name?
 * The folders were made by three versions of it (given/chroma.py).
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../support/folder.ts";
import { run } from "../support/process.ts";
import { failureOf, outOf } from "./program.ts";

const VERSIONS = ["0.4.24", "0.5.23", "1.5.9"];
const METRICS = { "l2-one": "l2", "cosine-one": "cosine", "ip-one": "dot", "queue-only": "l2" } as const;

interface Wanted {
  key: string;
  vector: number[];
  metadata: object | null;
  text: string | null;
}

async function chroma(folder: Folder, version: string) {
  const path = join(folder.root, "chroma");
  const archive = join(import.meta.dir, `given/chroma-${version}.tar.gz`);
  const { code, err } = await run(["sh", "-c", `mkdir "${path}" && tar -xzf "${archive}" -C "${path}"`]);
  if (code !== 0) throw new Error(err);
  const { collections } = JSON.parse(readFileSync(join(path, "records.json"), "utf8"));
  return { path, records: collections as Record<string, Wanted[]> };
}

describe.each(VERSIONS)("of Chroma %s", (version) => {
  test.each(Object.entries(METRICS))("%s: every id, float, text and value", async (collection, metric) => {
    using folder = new Folder();
    const { path, records } = await chroma(folder, version);
    const said = JSON.parse(await outOf(["import", folder.path, path, "--collection", collection, "--json"]));
    const wanted = records[collection]!;
    expect(said).toMatchObject({ imported: wanted.length, expected: wanted.length, sample: { differing: 0 } });
    await using opened = await folder.open({ workers: 0 } as never);
    expect(opened.index.options.metric).toBe(metric);
    const space = opened.index.space<string>(collection);
    expect(space.size).toBe(wanted.length);
    for (const { key, vector, metadata, text } of wanted) {
      const entry = await space.get(key, { include: ["vector", "metadata"] });
      // Under cosine Chroma rounds once more what goes from its queue into a segment, as it does before it returns it.
      const rounding = metric === "cosine" ? 2 ** -22 : 0;
      const found = Array.from(entry!.vector!);
      expect(found.filter((value, i) => Math.abs(value - vector[i]!) > rounding * Math.abs(value))).toEqual([]);
      expect(found).toHaveLength(vector.length);
      const document = { ...metadata, ...(text === null ? {} : { text }) };
      expect(entry!.metadata ?? {}).toEqual(document);
    }
  });
});

test("metadata can be found by fields, and the space and the text's property be named", async () => {
  using folder = new Folder();
  const { path } = await chroma(folder, "1.5.9");
  const options = ["--collection", "l2-one", "--space", "articles", "--text", "body", "--fields", "n:number"];
  await outOf(["import", folder.path, path, ...options]);
  const lines = await outOf(["export", folder.path, "--space", "articles", "--where", '{"n":55}']);
  const { key, metadata } = JSON.parse(lines);
  expect([key, metadata.body, metadata.even]).toEqual(["id-5", "text 5", false]);
});

describe("refused", () => {
  /** What the import says of a folder that was changed by `change`. */
  async function refusal(change: (path: string, db: Database) => void, ...options: string[]): Promise<string> {
    using folder = new Folder();
    const { path } = await chroma(folder, "1.5.9");
    const db = new Database(join(path, "chroma.sqlite3"));
    change(path, db);
    db.close();
    const given = options.length > 0 ? options : ["--collection", "l2-one"];
    const failure = await failureOf(["import", folder.path, path, ...given]);
    return failure.replaceAll(path, "PATH");
  }

  /** A file of the segment of l2-one. */
  function fileOf(path: string, db: Database, name: string): string {
    const query =
      "SELECT segments.id FROM segments JOIN collections ON collections.id = collection WHERE name = ? AND scope = ?";
    const { id } = db.query(query).get("l2-one", "VECTOR") as { id: string };
    return join(path, id, name);
  }

  test("without the name of a collection where there are several, or with an unknown one", async () => {
    const list = "there are cosine-one, ip-one, l2-one, queue-only";
    expect(await refusal(() => {}, "--space", "s")).toBe(`1 BAD_FILE: PATH: give --collection: ${list}`);
    const unknown = await refusal(() => {}, "--collection", "other");
    expect(unknown).toBe(`1 BAD_FILE: PATH: no collection is named "other": ${list}`);
  });

  test.each<[says: string, change: (path: string, db: Database) => void]>([
    [
      "a later Chroma wrote it: its metadb is of version 7, known is 6",
      (_, db) => db.run("UPDATE migrations SET version = 7 WHERE dir = 'metadb' AND version = 6"),
    ],
    ["no such table: migrations", (_, db) => db.run("DROP TABLE migrations")],
    [
      "there is no metric here for the space hamming",
      (_, db) => db.run("UPDATE collection_metadata SET str_value = 'hamming' WHERE key = 'hnsw:space'"),
    ],
    [
      "are of the kind urn:chroma:segment/vector/spann",
      (_, db) => db.run("UPDATE segments SET type = 'urn:chroma:segment/vector/spann' WHERE scope = 'VECTOR'"),
    ],
    [
      "has 3 writes in its queue alone",
      (_, db) =>
        db.run(
          "UPDATE max_seq_id SET seq_id = (SELECT max(seq_id) FROM max_seq_id WHERE segment_id IN (SELECT id FROM segments WHERE scope = 'METADATA' AND collection = (SELECT id FROM collections WHERE name = 'l2-one'))) - 3 WHERE segment_id IN (SELECT id FROM segments WHERE scope = 'METADATA')",
        ),
    ],
    ["names no segment", (_, db) => db.run("UPDATE segments SET id = '../' || id WHERE scope = 'VECTOR'")],
    [
      "has a property text, as its text would be",
      (_, db) => db.run("UPDATE embedding_metadata SET key = 'text' WHERE key = 'name'"),
    ],
    ["has a vector of the encoding FLOAT16", (_, db) => db.run("UPDATE embeddings_queue SET encoding = 'FLOAT16'")],
    ['records of "l2-one" have a vector', (_, db) => db.run("DELETE FROM embeddings_queue")],
  ])("%s", async (says, change) => {
    expect(await refusal(change)).toContain(says);
  });

  test.each<[name: string, says: string, change: (bytes: Uint8Array) => Uint8Array]>([
    ["header.bin", "its header is of version 2, known is 1", (bytes) => bytes.with(0, 2)],
    ["header.bin", "the sizes in its header do not go together", (bytes) => bytes.with(28, 99)],
    ["header.bin", "it ends at byte 50", (bytes) => bytes.subarray(0, 50)],
    ["index_metadata.pickle", "are needed", (bytes) => bytes.subarray(0, 100)],
    [
      "index_metadata.pickle",
      "its pickle holds an object of os.system",
      () => Buffer.from("cos\nsystem\n(S'true'\ntR."),
    ],
    ["index_metadata.pickle", "its pickle has no id_to_label", () => Buffer.from("\x80\x03}.", "latin1")],
    ["data_level0.bin", "where", (bytes) => bytes.subarray(0, 300)],
  ])("a segment whose %s is wrong: %s", async (name, says, change) => {
    const failure = await refusal((path, db) => {
      const file = fileOf(path, db, name);
      writeFileSync(file, change(readFileSync(file)));
    });
    expect(failure).toStartWith("1 BAD_FILE: PATH");
    expect(failure).toContain(says);
  });

  test("SQLite's file cut off, and a folder that is none of Chroma's", async () => {
    const failure = await refusal((path) => truncateSync(join(path, "chroma.sqlite3"), 9000));
    expect(failure).toStartWith("1 BAD_FILE: PATH: can't be read");
    using folder = new Folder();
    expect(await failureOf(["import", folder.path, folder.root, "--space", "s", "--dimensions", "3"])).toContain(
      "holds no .jsonl or .ndjson files",
    );
    expect(existsSync(folder.path)).toBe(false);
  });

  test("and the folder is left as it was", async () => {
    using folder = new Folder();
    const { path } = await chroma(folder, "0.4.24");
    const state = () => readdirSync(path, { recursive: true }).map(String).sort();
    const [before, bytes] = [state(), readFileSync(join(path, "chroma.sqlite3"))];
    await outOf(["import", folder.path, path, "--collection", "ip-one"]);
    expect(state()).toEqual(before);
    expect(readFileSync(join(path, "chroma.sqlite3")).equals(bytes)).toBe(true);
  });
});
