/* What becomes of ops that come while the journal's thread changes between "refuses" and "takes them"? They wait for it. */
import { expect, test } from "bun:test";
import { JOURNAL_OPEN, JOURNAL_STUCK } from "../../assembly/layout.ts";
import * as calls from "../../src/core/calls.ts";
import { JournalBoard } from "../../src/journal/board.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf } from "../support/indexes.ts";

const OPTIONS = { dimensions: 2, metric: "l2", partitions: 1, workers: 0 } as const;

test("a journal that is stuck without a reason is about to take ops, or to say why not", async () => {
  using folder = new Folder();
  await using parts = await folder.open(OPTIONS);
  const { index, seats, shared } = parts;
  const seat = seats[0]!;
  const board = new JournalBoard(shared.journal!);
  await index.space("s").add("old", [0, 0]);

  calls.setJournalState(seat, JOURNAL_STUCK); // the first thing of a refusal, and the last that is left when it is over
  const ops = [index.space("s").add("k", [1, 2]), index.space("s").delete("old"), index.space("new").add("k", [3, 4])];
  calls.setJournalState(seat, JOURNAL_OPEN);
  expect(await Promise.all(ops)).toEqual([undefined as never, true, undefined as never]);

  calls.setJournalState(seat, JOURNAL_STUCK);
  const refused = refusalOf(() => index.space("s").add("l", [1, 2]));
  board.publish("disk");
  expect((await refused).message).toInclude("the disk failed");
  board.publish("none");
  calls.setJournalState(seat, JOURNAL_OPEN);
  expect(await index.space("s").keys()).toEqual(["k"]);
});
