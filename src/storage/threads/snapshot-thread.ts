/*
 * The entry of the snapshot thread: rounds of snapshots, asked for or due by the journal's growth, and backups. Before
 * that, in a thread of its own, a look at every page of the journal.
 */
import { HnswError, type HnswErrorCode, messageOf } from "../../errors.ts";
import { JournalBoard } from "../../journal/board.ts";
import { endThread, fromParent, toParent } from "../../runtime/parent.node.ts";
import type { BackupReport } from "../../values/reports.ts";
import { repairOwn } from "../../workers/seats.ts";
import { takeSeats } from "../../workers/take-seats.ts";
import { unreadable } from "../disk/damage.ts";
import { Identity } from "../disk/identity.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import type { ExamineMessage, FromExaminer } from "../recovery/soundness.ts";
import { type RoundReport, SnapshotRounds } from "../snapshots/rounds.ts";
import { backUp } from "../tools/backup.ts";
import type { FromSnapshots, KeeperStartMessage, TaskMessage } from "./messages.ts";

const LOOK_MS = 2000; // the journal thread calls when a round is due; but one may be due again after a failure
const PAUSE_MS = 5000; // after a round that failed and was not asked for

const requests: TaskMessage[] = [];
let call = () => {};
fromParent((message: KeeperStartMessage | TaskMessage | ExamineMessage) => {
  if ("shared" in message) void run(message);
  else if ("examine" in message) void examine(message);
  else {
    requests.push(message);
    call();
  }
});

const post = (message: FromSnapshots) => toParent(message);

async function run({ shared, seat, paths, files }: KeeperStartMessage): Promise<void> {
  const { settings } = shared;
  const board = new JournalBoard(shared.journal!);
  const seats = takeSeats(shared, seat);
  if (seats === null) {
    while (!board.snapshotsStopping) await board.waitForCall(board.snapshotCalls, LOOK_MS);
    return endThread();
  }
  const { look } = new Identity(files);
  let journal: SqliteFile | null = null;
  call = () => board.callSnapshots();
  post({ type: "ready" });
  let pausedUntil = 0;
  for (;;) {
    const seen = board.snapshotCalls;
    const request = requests.shift();
    const grown = board.hasGrown(settings.snapshotAfterBytes);
    if (request !== undefined || (grown && !board.snapshotsStopping && performance.now() >= pausedUntil)) {
      try {
        let report: RoundReport | BackupReport;
        if (request?.type === "backup") report = await backUp(paths.folder, request.destination, () => {}, look);
        else {
          look(); // before the journal is opened
          journal ??= await SqliteFile.open(paths.journal, "write");
          report = await new SnapshotRounds(seats, journal, paths, board, look).run(request?.which ?? "due");
        }
        board.count("jobs", 1);
        if (request !== undefined) post({ type: "done", id: request.id, report });
      } catch (error) {
        repairOwn(seats);
        board.count("jobs", 1);
        if (request?.type !== "backup") pausedUntil = performance.now() + PAUSE_MS;
        post({ type: "failed", id: request?.id ?? null, ...failureOf(error) });
      }
      continue;
    }
    if (board.snapshotsStopping) break;
    await board.waitForCall(seen, LOOK_MS);
  }
  journal?.close();
  endThread();
}

async function examine({ examine: path, mode }: ExamineMessage): Promise<void> {
  toParent({ type: "ready" });
  let problem: string | null = null;
  try {
    await SqliteFile.using(path, mode, (file) => file.expectSound());
  } catch (error) {
    problem = unreadable(error, path);
  }
  toParent({ type: "examined", problem } satisfies FromExaminer);
  endThread();
}

function failureOf(error: unknown): { code: HnswErrorCode; message: string } {
  if (error instanceof HnswError) return { code: error.code, message: error.message };
  const message = `No snapshot was taken: ${messageOf(error)}. What was durable before still is.`;
  return { code: "SNAPSHOT_FAILED", message };
}
