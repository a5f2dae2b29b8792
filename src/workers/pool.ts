/* How do workers start, crash, get replaced and stop? Knows threads, not vectors. */

import type { Incident } from "../options/open.ts";
import { endOf, startThread, type Thread } from "../runtime/thread.ts";
import type { Control } from "./control.ts";
import type { FromWorker, SearchedMessage, SearchMessage, SharedIndex, ToWorker } from "./protocol.ts";
import { seatOfWorker } from "./seats.ts";

const STOP_MS = 5_000;
const MOST_RESTARTS_WITHOUT_WORK = 5;

/** What a pool asks of the opening thread's seats. */
export interface Partitions {
  /** Puts right what a dead worker's seat left. */
  repair(seat: number): void;
  /** Makes workers that wait for a lock trap: its owner is dead, and the index is being closed. */
  abandon(): void;
}

interface Member {
  thread: Thread;
  restarts: number;
  /** Ends in a row with no op linked between them. */
  idleRestarts: number;
  linkedAtStart: number;
  searches: Map<number, { resolve: (message: SearchedMessage) => void; reject: (error: Error) => void }>;
}

export class Pool {
  private readonly members: (Member | null)[] = [];
  private readonly restarts: number[] = [];
  private readonly shared: SharedIndex;
  private readonly control: Control;
  private readonly partitions: Partitions;
  private readonly report: (incident: Incident) => void;
  private closing = false;
  private nextSearch = 0;

  constructor(shared: SharedIndex, control: Control, partitions: Partitions, report: (incident: Incident) => void) {
    this.shared = shared;
    this.control = control;
    this.partitions = partitions;
    this.report = report;
  }

  /** Starts all workers; resolves when every one is ready. */
  async start(): Promise<void> {
    const { workers } = this.shared.settings;
    await Promise.all(Array.from({ length: workers }, (_, worker) => this.spawn(worker, 0, 0)));
  }

  private spawn(worker: number, restarts: number, idleRestarts: number): Promise<void> {
    const linkedAtStart = this.control.figure(worker, "linked");
    const start: ToWorker = { type: "start", ...this.shared, worker, seat: seatOfWorker(worker) };
    const thread = startThread("worker", `Worker ${worker}`, start, {
      heard: (message) => this.receive(worker, member, message as FromWorker),
      ended: (failure) => this.ended(worker, member, failure),
    });
    const member: Member = { thread, restarts, idleRestarts, linkedAtStart, searches: new Map() };
    this.members[worker] = member;
    this.restarts[worker] = restarts;
    return thread.ready;
  }

  private receive(worker: number, member: Member, message: FromWorker): void {
    if (message.type === "trap") {
      if (!this.closing) this.report({ worker, kind: "trap", message: message.message });
    } else if (message.type === "searched" || message.type === "failed") {
      const waiting = member.searches.get(message.id);
      member.searches.delete(message.id);
      if (message.type === "searched") waiting?.resolve(message);
      else waiting?.reject(new Error(message.message));
    }
  }

  /** Frees what the worker held and puts another in its seat, which goes on with its claims. */
  private ended(worker: number, member: Member, failure: Error | null): void {
    this.members[worker] = null;
    this.control.setAlive(worker, false);
    for (const { reject } of member.searches.values()) reject(new Error("the worker ended"));
    try {
      this.partitions.repair(seatOfWorker(worker));
    } catch (trap) {
      this.report({ worker, kind: "trap", message: `while its seat was repaired: ${String(trap)}` });
    }
    if (this.closing) return;
    const worked = this.control.figure(worker, "linked") > member.linkedAtStart;
    const idleRestarts = worked ? 0 : member.idleRestarts + 1;
    const lost = idleRestarts > MOST_RESTARTS_WITHOUT_WORK;
    if (!lost) this.spawn(worker, member.restarts + 1, idleRestarts).catch(() => {});
    // Whoever is told may close the index: by then its workers are those that are to be ended.
    this.report({ worker, kind: lost ? "lost" : "exit", message: failure?.message ?? "the worker ended" });
  }

  restartsOf(worker: number): number {
    return this.restarts[worker] ?? 0;
  }

  /** Workers that can be sent a search. */
  alive(): number[] {
    return this.members.flatMap((member, worker) => (member && this.control.isAlive(worker) ? [worker] : []));
  }

  /** Has a worker answer a share of a `searchMany`. Rejects when the worker ends or can't. */
  search(worker: number, job: Omit<SearchMessage, "type" | "id">): Promise<SearchedMessage> {
    const member = this.members[worker];
    if (!member) return Promise.reject(new Error("the worker ended"));
    const id = this.nextSearch++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        member.searches.delete(id);
        reject(new Error("the worker does not answer"));
      }, this.shared.settings.timeoutMs);
      const settle =
        <T>(how: (value: T) => void) =>
        (value: T) => {
          clearTimeout(late);
          how(value);
        };
      member.searches.set(id, { resolve: settle(resolve), reject: settle(reject) });
      member.thread.post({ type: "search", id, ...job } satisfies ToWorker);
      this.control.wake(worker);
    });
  }

  /** Tests only. */
  send(worker: number, message: ToWorker): void {
    this.members[worker]?.thread.post(message);
  }

  /** Tests only: ends a worker the hard way. Resolves to whether there was one. */
  async kill(worker: number): Promise<boolean> {
    const thread = this.members[worker]?.thread;
    thread?.terminate();
    await thread?.end;
    return thread !== undefined;
  }

  /** Ends every worker: by asking, then by force. */
  async stop(): Promise<void> {
    this.closing = true;
    await Promise.all(this.members.map((member, worker) => (member ? this.stopOne(worker, member) : null)));
  }

  private async stopOne(worker: number, { thread }: Member): Promise<void> {
    this.control.stop(worker);
    await endOf(thread, STOP_MS, () => this.partitions.abandon());
  }
}
