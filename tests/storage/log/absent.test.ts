/* Is a call that finds nothing acknowledged only once the op that left nothing there is on the disk? */
import { expect, test } from "bun:test";
import * as calls from "../../../src/core/calls.ts";
import { insist } from "../../../src/core/retry.ts";
import { JournalBoard } from "../../../src/journal/board.ts";
import { Folder } from "../../support/folder.ts";

test("what a drop or a delete removed is gone for good once another call resolves to false", async () => {
  using folder = new Folder();
  const { index, shared, seats } = await folder.open({ dimensions: 2, workers: 0, partitions: 1 });
  const board = new JournalBoard(shared.journal!);
  const seat = seats[0]!;
  const attempts = {
    "delete in a dropped space": () => index.space("s").delete("key"),
    "deleteMany in a dropped space": () => index.space("s").deleteMany(["key", "other"]),
    "drop of a dropped space": () => index.dropSpace("s"),
  };
  for (const [name, call] of Object.entries(attempts)) {
    await index.space("s").add("key", [1, 2]);
    const dropping = index.dropSpace("s");
    expect(Number(await call()), name).toBe(0);
    const durable = board.durable(0);
    expect(durable, name).toBe(insist(() => calls.journalRing(seat)).last); // the drop was the last op
    expect(await dropping, name).toBeTrue();
  }
  await index.close();
});
