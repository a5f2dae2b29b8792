/*
 * The entry of the snapshot thread: takes a round when it is asked to, or when the journal has grown enough, and copies
 * the folder.
 */
import { HnswError, type HnswErrorCode } from "../../errors.ts";
import { JournalBoard } from "../../journal/board.ts";
import { endThread, fromParent, toParent } from "../../runtime/parent.node.ts";
import { takeSeats } from "../../workers/take-seats.ts";
import { JournalStore } from "../disk/sqlite.ts";
import type { BackupMessage, CheckpointMessage, JournalStartMessage, SnapshotsToMain } from "../messages.ts";
import { backUp } from "../tools/backup.ts";
import { SnapshotRounds } from "./rounds.ts";

const LOOK_MS = 250;
const PAUSE_MS = 5000; // after a round that failed by itself

const asked: (CheckpointMessage | BackupMessage)[] = [];
let call = () => {};
fromParent((message: JournalStartMessage | CheckpointMessage | BackupMessage) => {
  if ("shared" in message) void run(message);
  else {
    asked.push(message);
    call();
  }
});

function post(message: SnapshotsToMain): void {
  toParent(message);
}

async function run({ shared, seat, paths }: JournalStartMessage): Promise<void> {
  const { settings } = shared;
  const board = new JournalBoard(shared.journal!);
  const seats = takeSeats(shared, seat);
  if (seats === null) {
    while (!board.snapshotsStopping) await board.waitForCall(board.snapshotCalls, LOOK_MS);
    return endThread();
  }
  const store = await JournalStore.open(paths.journal, "write");
  const rounds = new SnapshotRounds(seats, store, paths, board, () => performance.now());
  call = () => board.callSnapshots();
  post({ type: "ready" });
  let pausedUntil = 0;
  for (;;) {
    const seen = board.snapshotCalls;
    const request = asked.shift();
    const grown = board.figure("bytes") - board.figure("bytesAtSnapshot") >= settings.snapshotAfterBytes;
    if (request !== undefined || (grown && !board.snapshotsStopping && performance.now() >= pausedUntil)) {
      try {
        const report =
          request?.type === "backup"
            ? await backUp(paths.folder, request.destination)
            : await rounds.run(request?.which ?? "due");
        board.count("jobs", 1);
        if (request !== undefined) post({ type: "done", id: request.id, report });
      } catch (error) {
        board.count("jobs", 1);
        if (request?.type !== "backup") pausedUntil = performance.now() + PAUSE_MS;
        post({ type: "failed", id: request?.id ?? null, ...failureOf(error) });
      }
      continue;
    }
    if (board.snapshotsStopping) break;
    await board.waitForCall(seen, LOOK_MS);
  }
  store.close();
  endThread();
}

function failureOf(error: unknown): { code: HnswErrorCode; message: string } {
  if (error instanceof HnswError) return { code: error.code, message: error.message };
  const why = error instanceof Error ? error.message : String(error);
  return { code: "SNAPSHOT_FAILED", message: `No snapshot was taken: ${why}. What was durable before still is.` };
}
