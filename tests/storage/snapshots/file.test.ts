/* Whose descriptors does a snapshot's file close? Only its own: a number that is free again belongs to whoever opens next. */
import { expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SnapshotFile } from "../../../src/storage/snapshots/file.ts";
import { Folder } from "../../support/folder.ts";

test("a file that is abandoned after its folder was lost closes no file that was opened in the meantime", () => {
  using folder = new Folder();
  let looks = 0;
  const file = new SnapshotFile(folder.root, "00000001.hnsw", () => {
    if (++looks === 2) throw new Error("lost");
  });
  expect(() => file.finish()).toThrow("lost"); // closed, not renamed
  const others = Array.from({ length: 8 }, (_, i) => openSync(join(folder.root, `other-${i}`), "w"));
  file.abandon();
  for (const other of others) expect(writeSync(other, "x")).toBe(1);
  for (const other of others) closeSync(other);
  expect(existsSync(join(folder.root, "00000001.hnsw"))).toBe(false);
  expect(readdirSync(folder.root).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
