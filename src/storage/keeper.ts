/* Who keeps what was accepted? The journal's thread and the snapshots': started, replaced, asked and stopped here. */
import { resolve } from "node:path";
import { JOURNAL_STUCK } from "../../assembly/layout.ts";
import { setJournalState } from "../core/calls.ts";
import type { FieldTable } from "../documents/fields.ts";
import type { Handle } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import type { JournalBoard } from "../journal/board.ts";
import { badOption } from "../options/checks.ts";
import type { Incident } from "../options/open.ts";
import { Restarts } from "../runtime/restarts.ts";
import { endOf, startThread, type Thread } from "../runtime/thread.ts";
import type { BackupReport, RecoveryReport } from "../values/reports.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { journalSeats, repairSeats } from "../workers/seats.ts";
import { pathError } from "./disk/damage.ts";
import type { Identity } from "./disk/identity.ts";
import type { FolderLock } from "./disk/lock.ts";
import { writeMeta } from "./disk/meta.ts";
import type { FolderPaths } from "./disk/paths.ts";
import { SqliteFile } from "./disk/sqlite.ts";
import type { RoundReport } from "./snapshots/rounds.ts";
import type { FromJournal, FromSnapshots, KeeperStartMessage, Task } from "./threads/messages.ts";

const STOP_MS = 10_000;

type Kind = "journal" | "snapshots";

/** `work`: the figure that grows when a thread has worked. `lost`: what happens without one. */
const THREADS = {
  journal: { file: "journal-thread", name: "journal thread", work: "groups", lost: "nothing is accepted" },
  snapshots: {
    file: "snapshot-thread",
    name: "snapshot thread",
    work: "jobs",
    lost: "no snapshots are taken, so the journal grows,",
  },
} as const;

const NO_SNAPSHOTS =
  "The snapshot thread ended again and again: close the index and open it again. What is durable stays so.";

interface Request {
  resolve: (report: RoundReport | BackupReport) => void;
  reject: (error: HnswError) => void;
}

export interface KeeperParts {
  shared: SharedIndex;
  board: JournalBoard;
  paths: FolderPaths;
  lock: FolderLock;
  identity: Identity;
  recovery: RecoveryReport;
  handle: Handle;
  report: (incident: Incident) => void;
}

export class Keeper {
  private readonly threads: Record<Kind, Thread | null> = { journal: null, snapshots: null };
  private readonly requests = new Map<number, Request>();
  private nextRequest = 0;
  private closing = false;
  private readonly restarts: Record<Kind, Restarts>;
  private readonly seats: Record<Kind, number>;

  constructor(readonly parts: KeeperParts) {
    this.seats = journalSeats(parts.shared.settings);
    const restarts = (kind: Kind) => new Restarts(() => parts.board.figure(THREADS[kind].work));
    this.restarts = { journal: restarts("journal"), snapshots: restarts("snapshots") };
  }

  get recovery(): RecoveryReport {
    return this.parts.recovery;
  }

  /** Notes the fields of the index in its folder. Rejects with PATH_LOST or PATH_FAILED. */
  async saveFields({ list }: FieldTable): Promise<void> {
    const { paths, identity, shared } = this.parts;
    const { dimensions, metric, M, seed, partitions } = shared.settings;
    const fields = Object.fromEntries(list.map(({ name, type }) => [name, type]));
    try {
      identity.look();
      await SqliteFile.using(paths.journal, "write", (file) => {
        file.transaction(() => writeMeta(file, { shape: { dimensions, metric, M, seed, partitions }, fields }));
      });
    } catch (error) {
      throw pathError(error, `The fields can't be written to ${paths.journal}`);
    }
  }

  /** Starts both threads; resolves when they are ready. */
  async start(): Promise<void> {
    await Promise.all([this.spawn("journal"), this.spawn("snapshots")]);
  }

  private spawn(kind: Kind): Promise<void> {
    const { shared, paths, identity } = this.parts;
    const start: KeeperStartMessage = { shared, seat: this.seats[kind], paths, files: identity.files };
    const thread = startThread(THREADS[kind].file, `The ${THREADS[kind].name}`, start, {
      heard: (message) => this.receive(message as FromJournal | FromSnapshots),
      ended: (failure) => this.ended(kind, failure),
    });
    this.threads[kind] = thread;
    this.restarts[kind].started();
    // Once ready it lets the process end; by then there may be a request.
    if (kind === "snapshots") void thread.ready.then(() => this.holdWhileRequested()).catch(() => {});
    return thread.ready;
  }

  private receive(message: FromJournal | FromSnapshots): void {
    if (message.type === "done") {
      this.takeRequest(message.id)?.resolve(message.report);
    } else if (message.type === "failed" && "id" in message) {
      const request = message.id === null ? undefined : this.takeRequest(message.id);
      if (request) request.reject(new HnswError(message.code, message.message));
      else this.report("snapshots", message.message);
    } else if (message.type === "failed") {
      const then = "Adds are refused until it can; it is tried again";
      this.report("journal", `The journal can't be written: ${message.message}. ${then}.`);
    } else if (message.type === "recovered") {
      this.report("journal", "The journal is written again; nothing that was accepted is lost.");
    }
  }

  private report(kind: Kind, message: string): void {
    if (!this.closing) this.parts.report({ worker: -1, kind: kind === "journal" ? "journal" : "snapshot", message });
  }

  private ended(kind: Kind, failure: Error | null): void {
    const { board, handle } = this.parts;
    const { name, lost } = THREADS[kind];
    this.threads[kind] = null;
    const trap = repairSeats(handle.seats, handle.control, this.seats[kind]);
    if (trap !== null) this.report(kind, `A trap while the ${name}'s seat was repaired: ${String(trap)}`);
    if (kind === "snapshots") this.refuseRequests();
    if (this.closing) return;
    const why = failure?.message ?? "no reason";
    if (this.restarts[kind].ended()) {
      board.count("restarts", 1);
      this.spawn(kind).catch(() => {});
      this.report(kind, `The ${name} ended and is replaced (${why}).`);
    } else {
      if (kind === "journal") {
        for (const seat of handle.seats) setJournalState(seat, JOURNAL_STUCK); // nothing is accepted any more
        board.publish("thread");
      }
      const cure = "until the index is closed and opened again";
      this.report(kind, `The ${name} ended again and again and is given up: ${lost} ${cure} (${why}).`);
    }
  }

  /** Has snapshots taken. Rejects with SNAPSHOT_FAILED. */
  async checkpoint(which: "due" | "changed"): Promise<RoundReport> {
    return (await this.request({ type: "checkpoint", which })) as RoundReport;
  }

  /** Has the folder copied once `before` has resolved. Rejects like `before` and `backUp`, and with SNAPSHOT_FAILED. */
  async backup(destination: string, before: () => Promise<void>): Promise<BackupReport> {
    if (typeof destination !== "string" || destination === "") {
      throw badOption("`backup` needs the name of a folder that does not exist yet, or is empty.");
    }
    const place = resolve(destination); // the process may change its working directory in the meantime
    this.parts.identity.look(); // or `before` would say only that what waits is not on the disk
    await before();
    return (await this.request({ type: "backup", destination: place })) as BackupReport;
  }

  private request(task: Task): Promise<RoundReport | BackupReport> {
    const thread = this.threads.snapshots;
    if (thread === null) return Promise.reject(new HnswError("SNAPSHOT_FAILED", NO_SNAPSHOTS));
    const id = this.nextRequest++;
    return new Promise((resolve, reject) => {
      this.requests.set(id, { resolve, reject });
      this.holdWhileRequested();
      thread.post({ ...task, id });
      this.parts.board.callSnapshots();
    });
  }

  private takeRequest(id: number): Request | undefined {
    const request = this.requests.get(id);
    this.requests.delete(id);
    this.holdWhileRequested();
    return request;
  }

  private refuseRequests(): void {
    const refusal = new HnswError("SNAPSHOT_FAILED", "No snapshot or backup was made: the snapshot thread ended.");
    for (const { reject } of this.requests.values()) reject(refusal);
    this.requests.clear();
  }

  /** The process stays alive as long as a request waits for the snapshot thread. */
  private holdWhileRequested(): void {
    this.threads.snapshots?.keepAlive(this.requests.size > 0);
  }

  /** Tests only: ends a thread by force. */
  async kill(kind: Kind): Promise<void> {
    const thread = this.threads[kind];
    thread?.terminate();
    await thread?.end;
  }

  /** Ends both threads, the journal's after it has written what waits, and releases the folder. */
  async stop(): Promise<void> {
    this.closing = true;
    const { board, lock } = this.parts;
    board.stopSnapshots();
    await this.stopOne("snapshots");
    board.stop();
    await this.stopOne("journal");
    lock.release();
  }

  private async stopOne(kind: Kind): Promise<void> {
    const thread = this.threads[kind];
    if (thread !== null) await endOf(thread, STOP_MS);
  }
}
