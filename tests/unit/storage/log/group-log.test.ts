/* Does a log return what was appended, and is every change to a row noticed? On SQLite in memory. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Group } from "../../../../src/journal/log.ts";
import { SqliteFile } from "../../../../src/storage/disk/sqlite.ts";
import { createTables } from "../../../../src/storage/disk/tables.ts";
import { GroupLog } from "../../../../src/storage/log/group-log.ts";

let file: SqliteFile;
let log: GroupLog;
beforeEach(async () => {
  file = await SqliteFile.open(":memory:", "create");
  createTables(file);
  log = new GroupLog(file);
});
afterEach(() => log.close());

const group = (partition: number, first: number, count: number): Group => {
  return { partition, first, count, payload: Uint8Array.of(partition, first, count) };
};

test("groups come back in their order, of one partition, from the one that holds an op on", () => {
  const groups = [group(0, 1, 3), group(0, 4, 1), group(0, 5, 10)];
  log.append([groups[1]!, group(1, 1, 2), groups[0]!]);
  log.append([groups[2]!]);
  expect([...log.readFrom(0)]).toEqual(groups);
  expect([...log.readFrom(0, 2)]).toEqual(groups);
  expect([...log.readFrom(0, 3)]).toEqual(groups.slice(1));
  expect([...log.readFrom(0, 7)]).toEqual(groups.slice(2));
  expect([...log.readFrom(2)]).toEqual([]);
  expect([log.lastSequence(0), log.lastSequence(1), log.lastSequence(2)]).toEqual([14, 2, 0]);
});

test("a group that begins with the same op is replaced", () => {
  log.append([group(0, 1, 3)]);
  log.append([group(0, 1, 5)]);
  expect([...log.readFrom(0)]).toEqual([group(0, 1, 5)]);
});

test("groups whose ops are all trimmed go, and no others", async () => {
  log.append([...Array.from({ length: 20 }, (_, i) => group(0, 1 + i * 2, 2)), group(1, 1, 2)]);
  log.trim([
    { partition: 0, trimmed: 37 },
    { partition: 1, trimmed: 1 },
  ]);
  expect([...log.readFrom(0)]).toEqual([group(0, 37, 2), group(0, 39, 2)]);
  expect([...log.readFrom(1)]).toEqual([group(1, 1, 2)]);
  expect(await log.size()).toEqual({ groups: 3, ops: 6, bytes: 9 });
  expect(log.sizes().get(0)).toEqual({ groups: 2, ops: 4, bytes: 6 });
});

test.each(["partition = 1", "first = 2", "count = 4", "checksum = 'x'", "payload = x'00'", "payload = 'text'"])(
  "a row with %s is bad, and the next one is not",
  (change) => {
    log.append([group(0, 1, 3), group(0, 4, 1)]);
    file.db.run(`UPDATE journal SET ${change} WHERE id = 1`);
    const [bad, sound] = [...log.readFrom(0)];
    expect(bad).toMatchObject({ partition: 0, first: 1, problem: "bad checksum" });
    expect(sound).toEqual(group(0, 4, 1));
  },
);
