/* May a call that finds nothing to do be acknowledged before that nothing is on the disk? */
import { expect, setDefaultTimeout, test } from "bun:test";
import { JournalBoard } from "../../src/journal/board.ts";
import { Folder } from "../support/folder.ts";

setDefaultTimeout(120_000); // the machine may be busy

test("what a drop or a delete has taken away is gone for good when others are told that it is not there", async () => {
  using folder = new Folder();
  const { index, shared, seats } = await folder.open({ dimensions: 2, workers: 0, partitions: 1 });
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
