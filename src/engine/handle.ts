/*
 * What does one thread hold of an open index? Its seats in the partitions, the control block, its waiting line, and
 * what it remembers of where spaces are. Knows no Worker.
 */
import { E_BUSY, E_JOURNAL_FULL, NOT_FOUND, OK } from "../../assembly/layout.ts";
import { refusalOf } from "../core/calls/refusals.ts";
import { AGAIN, eventually } from "../core/retry.ts";
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import type { JournalLink } from "../journal/client.ts";
import type { Settings } from "../options/open.ts";
import { nextTurn } from "../runtime/event-loop.ts";
import { warn } from "../runtime/platform.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import type { Control } from "../workers/control.ts";
import type { LinkLoop } from "../workers/link-loop.ts";
import { type Outcome, WaitingLine } from "./waiting-line.ts";

/** Where a space is: its partition's seat, its header, and which of the spaces that this header has served. */
export interface SpaceRef {
  seat: Seat;
  partition: number;
  home: number;
  address: number;
  incarnation: number;
}

const LOOK_AGAIN_MS = 50; // a wish to compact does not count as waiting work, and may come just before the thread parks

export class Handle {
  readonly seats: Seat[];
  readonly settings: Settings;
  readonly control: Control;
  readonly line: WaitingLine;
  /** Where the index is kept; null in memory. */
  readonly journal: JournalLink | null;
  private readonly refs = new Map<string, SpaceRef>();
  /** The linking steps of the calling thread, where there are no workers. */
  private readonly inline: LinkLoop | null;
  private inlineRunning = false;
  private serving = false;
  private closed = false;
  /** The census that this thread walks: a seat has room for one. The next waits for it. */
  private census: Promise<unknown> = Promise.resolve();
  /** What still calls the core for this handle, be it closed. */
  private readonly uses = new Set<Promise<unknown>>();

  constructor(
    seats: Seat[],
    settings: Settings,
    control: Control,
    inline: LinkLoop | null,
    journal: JournalLink | null,
  ) {
    this.seats = seats;
    this.settings = settings;
    this.control = control;
    this.inline = inline;
    this.journal = journal;
    this.line = new WaitingLine(control, settings.timeoutMs, () => this.help());
  }

  assertOpen(): void {
    if (this.closed || this.control.closed) throw new HnswError("CLOSED", "The index is closed.");
  }

  get isClosed(): boolean {
    return this.closed || this.control.closed;
  }

  close(): void {
    this.closed = true;
    this.line.shut(new HnswError("CLOSED", "The index was closed while the op was waiting for room."));
  }

  /** Starts a census once those before it have ended. */
  inTurn<T>(census: () => Promise<T>): Promise<T> {
    const result = this.using(() => this.census.then(census));
    this.census = result.catch(() => {});
    return result;
  }

  /** Starts something that must have ended before this handle's seat is another thread's. */
  using<T>(work: () => Promise<T>): Promise<T> {
    const use = work();
    const ended = use.then(
      () => {},
      () => {},
    );
    this.uses.add(ended);
    void ended.then(() => this.uses.delete(ended));
    return use;
  }

  /** Resolves when the promise settles, or after `timeoutMs`; then to false. */
  async endOf(promise: Promise<unknown>): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), this.settings.timeoutMs);
    });
    const ended = promise.then(
      () => true,
      () => true,
    );
    const answer = await Promise.race([ended, late]);
    clearTimeout(timer);
    return answer;
  }

  /** Whether nothing uses the seat any more; false when something still does after `timeoutMs`. */
  atRest(): Promise<boolean> {
    return this.endOf(Promise.all(this.uses));
  }

  // ── accepting ─────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Resolves when the op is accepted and, where the index is kept, as durable as `durability` asks for. */
  accept(attempt: () => Outcome): Promise<void> {
    return this.journal === null ? this.line.enter(attempt) : this.journal.follow(this.line, attempt);
  }

  /** After an op of the core that changed a partition, or found that there was nothing to change. */
  accepted(partition: number): void {
    this.journal?.accepted(partition, this.seats[partition]!.sequence);
  }

  // ── where is a space ──────────────────────────────────────────────────────────────────────────────────────────────
  /** The space of that name, or null if there is none and `create` is false; AGAIN while the partition is busy. */
  find(name: string, create: true): SpaceRef | typeof AGAIN;
  find(name: string, create: false): SpaceRef | null | typeof AGAIN;
  find(name: string, create: boolean): SpaceRef | null | typeof AGAIN {
    const known = this.refs.get(name);
    if (known) return known;
    const first = this.seats[0]!;
    const hash = first.core.hashName(first.putKey(name)) >>> 0;
    const partition = partitionOf(hash, this.settings.partitions);
    const home = homeOf(hash, this.settings.partitions, this.settings.workers);
    const seat = this.seats[partition]!;
    const header = seat.putKey(name);
    const answer = this.guarded(() => seat.core.openSpace(header, home, create ? 1 : 0));
    if (answer === E_BUSY || answer === E_JOURNAL_FULL) return AGAIN;
    this.accepted(partition); // also that there is none may not be durable yet
    if (answer === NOT_FOUND) return null;
    if (answer !== OK) throw this.refusal(answer, seat);
    const ref = { seat, partition, home, address: seat.infoAt(0), incarnation: seat.infoAt(1) };
    this.refs.set(name, ref);
    return ref;
  }

  /** Forgets where a space was: it was dropped. */
  forget(name: string): void {
    this.refs.delete(name);
  }

  // ── waiting ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Wakes who links for that home: a worker, or this thread as soon as its event loop comes round. */
  wake(home: number): void {
    if (this.inline === null) this.control.wake(home);
    else if (!this.inlineRunning) void this.runInline();
  }

  private async runInline(): Promise<void> {
    this.inlineRunning = true;
    await nextTurn();
    // A step that only passed over ops of dropped spaces did nothing, and more may wait behind them.
    while (!this.isClosed && (this.help() || this.inline!.hasWork())) await nextTurn();
    this.inlineRunning = false;
  }

  /** Where there are no workers: links for attached threads too, whenever one of them adds. Ends with the index. */
  async serveOthers(): Promise<void> {
    if (this.inline === null || this.serving) return;
    this.serving = true;
    while (!this.isClosed) {
      const slept = await this.control.park(0, LOOK_AGAIN_MS, () => this.inline!.hasWork());
      if (this.inlineRunning || !slept) await nextTurn();
      if (!this.inlineRunning && !this.isClosed) await this.runInline();
    }
  }

  /** One linking step on the calling thread, where there are no workers. */
  help(): boolean {
    if (this.inline === null || this.isClosed) return false;
    try {
      return this.inline.step();
    } catch (trap) {
      // Put right already; the slot is tried again, and set aside if it fails once more.
      warn(`linking trapped: ${String(trap)}`);
      return true;
    }
  }

  /** Tries until the answer is not AGAIN, once in a turn of the event loop. Rejects with TIMEOUT or CLOSED. */
  eventually<T>(attempt: () => T | typeof AGAIN): Promise<T> {
    return eventually(() => {
      this.assertOpen();
      return attempt();
    }, this.settings.timeoutMs);
  }

  /** Calls the core until the lock that it needs was free. */
  whenFree<T>(call: () => T | typeof AGAIN, seats = this.seats): Promise<T> {
    return this.eventually(() => this.guarded(call, seats));
  }

  /** A call into the core, through one of the seats: a trap is put right and becomes INTERNAL. */
  guarded<T>(call: () => T, seats = this.seats): T {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      let completed = false;
      for (const seat of seats) completed = seat.core.repairSeat(seat.number) === 1 || completed;
      if (completed) this.journal?.board.wake();
      if (completed) for (let home = 0; home < Math.max(1, this.settings.workers); home++) this.wake(home);
      const what = completed ? "The op was completed by the repair" : "The op changed nothing";
      throw new HnswError("INTERNAL", `The core trapped; this is a bug. ${what}, and the index works on.`, {
        cause: error,
      });
    }
  }

  /** What the core's refusal means. */
  refusal(answer: number, seat: Seat, which = "The vector"): HnswError {
    return refusalOf(answer, seat, which, () => this.journal!.refusal());
  }
}

/** What filling an index from frames needs of whoever holds it. */
export type Host = Pick<Handle, "seats" | "whenFree" | "guarded" | "inTurn" | "refusal" | "wake"> & {
  readonly settings: Pick<Settings, "partitions" | "workers" | "timeoutMs">;
};
