/* May a call that finds nothing to do be acknowledged before that nothing is on the disk? */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWith } from "../../src/api/open.ts";
import { JournalBoard } from "../../src/journal/board.ts";

setDefaultTimeout(120_000); // the machine may be busy

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "hnsw-absent-"));
});
afterEach(() => rmSync(path, { recursive: true }));

test("what a drop or a delete has taken away is gone for good when others are told that it is not there", async () => {
  const options = { dimensions: 2, workers: 0, partitions: 1, path: join(path, "index") };
  const { index, shared, seats } = await openWith(options, {});
  const board = new JournalBoard(shared.journal!);
  const seat = seats[0]!;
  const calls = {
    "delete in a dropped space": () => index.space("s").delete("key"),
    "deleteMany in a dropped space": () => index.space("s").deleteMany(["key", "other"]),
    "drop of a dropped space": () => index.dropSpace("s"),
  };
  for (const [name, call] of Object.entries(calls)) {
    await index.space("s").add("key", [1, 2]);
    const dropping = index.dropSpace("s");
    expect(Number(await call()), name).toBe(0);
    const durable = board.durable(0);
    seat.core.journalWaiting();
    expect(durable, name).toBe(seat.wideInfoAt(6)); // the drop was the last op
    expect(await dropping, name).toBeTrue();
  }
  await index.close();
});
