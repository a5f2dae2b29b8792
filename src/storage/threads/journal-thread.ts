/* The entry of the journal thread: writes what waits, sleeps when nothing does, and retries when the disk refuses. */
import { messageOf } from "../../errors.ts";
import { JournalBoard } from "../../journal/board.ts";
import { JournalWriter } from "../../journal/writer.ts";
import { endThread, fromParent, toParent } from "../../runtime/parent.node.ts";
import { Control } from "../../workers/control.ts";
import { repairOwn } from "../../workers/seats.ts";
import { takeSeats } from "../../workers/take-seats.ts";
import { Identity } from "../disk/identity.ts";
import { GroupLog } from "../log/group-log.ts";
import { MarkFile } from "../log/mark.ts";
import type { FromJournal, KeeperStartMessage } from "./messages.ts";

const PARK_MS = 1000;
const GATHER_MS = { commit: 2, relaxed: 50 };
const BUSY_OPS = 32; // a group this large suggests that more are coming: worth a moment to gather them
const RETRY_MS = 100;

fromParent((message: KeeperStartMessage) => void run(message));

const post = (message: FromJournal) => toParent(message);

async function run({ shared, seat, paths, files }: KeeperStartMessage): Promise<void> {
  const { settings } = shared;
  const control = new Control(shared.control);
  const board = new JournalBoard(shared.journal!);
  const seats = takeSeats(shared, seat);
  if (seats === null) {
    while (!board.stopping) board.park(PARK_MS, () => false);
    return endThread();
  }
  const { look } = new Identity(files);
  const mark = new MarkFile(paths.mark, seats.length, look);
  const writer = new JournalWriter(seats, () => GroupLog.open(paths.journal, look), mark, board, control);
  writer.takeOver();
  post({ type: "ready" });
  let failed = false;
  for (let last = 0; ; ) {
    const relaxed = settings.durability === "relaxed";
    if (!board.stopping && (relaxed || last > BUSY_OPS) && writer.hasWork())
      board.gather(GATHER_MS[settings.durability]);
    try {
      last = await writer.step();
      if (last > 0 && board.hasGrown(settings.snapshotAfterBytes)) board.callSnapshots();
      if (failed) post({ type: "recovered" });
      failed = false;
    } catch (error) {
      repairOwn(seats);
      if (!failed) post({ type: "failed", message: messageOf(error).replace(/\.$/, "") });
      failed = true;
      if (board.stopping) break;
      board.park(RETRY_MS, () => false);
      continue;
    }
    if (last > 0) continue;
    if (board.stopping) break;
    board.park(PARK_MS, () => writer.hasWork());
  }
  writer.close();
  mark.close();
  endThread();
}
