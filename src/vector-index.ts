/* What is an open index to its user? The public face: no pointers, no threads. */
import { E_BUSY, E_STALE } from "../assembly/layout.ts";
import { AGAIN } from "./busy.ts";
import { type CheckReport, check } from "./checking.ts";
import { HnswError } from "./errors.ts";
import { flush } from "./flushing.ts";
import type { Handle } from "./handle.ts";
import type { Settings } from "./options.ts";
import type { Pool } from "./pool.ts";
import type { AttachTicket, SharedIndex } from "./protocol.ts";
import { Space } from "./space.ts";
import { spreadOver } from "./spreading.ts";
import { type IndexStats, readStats, spacesOf } from "./stats.ts";
import { BUSY, DONE } from "./waiting-line.ts";

/** An open index, or another thread's handle on one. Make it with `open` or `attach`. */
export class VectorIndex implements AsyncDisposable {
  private readonly handle: Handle;
  private readonly shared: SharedIndex;
  private readonly pool: Pool | null;
  private readonly seat: number;
  private readonly openedAt = performance.now();
  private closing: Promise<void> | null = null;

  /** @internal Use `open` or `attach`. */
  constructor(handle: Handle, shared: SharedIndex, pool: Pool | null, seat: number) {
    this.handle = handle;
    this.shared = shared;
    this.pool = pool;
    this.seat = seat;
  }

  /** The options that this index was opened with, defaults filled in. */
  get options(): Readonly<Settings> {
    return this.shared.settings;
  }

  /** The space of that name. Costs nothing: a space comes into being with its first add. Throws BAD_SPACE, CLOSED. */
  space(name: string): Space {
    this.handle.assertOpen();
    if (typeof name !== "string")
      throw new HnswError("BAD_SPACE", `A space name must be a string, not ${typeof name}.`);
    try {
      this.handle.seats[0]!.putKey(name);
    } catch (error) {
      throw new HnswError("BAD_SPACE", (error as Error).message.replace("A key", "A space name"), { cause: error });
    }
    return new Space(name, this.handle, this.pool && spreadOver(this.pool, this.handle));
  }

  /** Names of all spaces. Throws CLOSED, or TIMEOUT when a partition's lock is not free for about a second. */
  spaces(): string[] {
    this.handle.assertOpen();
    return this.handle.seats.flatMap((seat) => Array.from(spacesOf(seat), ({ name }) => name));
  }

  /** Deletes a space with everything in it. Resolves to whether there was one. Rejects with BAD_SPACE, TIMEOUT, CLOSED. */
  async dropSpace(name: string): Promise<boolean> {
    this.space(name); // refuses a bad name
    let found = false;
    await this.handle.line.enter(() => {
      const ref = this.handle.find(name, false);
      if (ref === AGAIN) return BUSY;
      if (ref === null) return DONE;
      const answer = this.handle.guarded(() => ref.seat.core.dropSpace(ref.address, ref.incarnation));
      if (answer === E_BUSY) return BUSY;
      this.handle.forget(name);
      if (answer === E_STALE) return BUSY; // another one of that name may be there by now
      found = true;
      return DONE;
    });
    return found;
  }

  /**
   * Resolves when everything that was accepted before is linked, and every linked vector can be reached from its
   * graph's entry point. Searches don't need it. Rejects with TIMEOUT or CLOSED.
   */
  async flush(): Promise<void> {
    this.handle.assertOpen();
    await flush(this.handle);
  }

  /** What the workers did, what the spaces hold, and how much memory that takes. Throws CLOSED or TIMEOUT. */
  stats(): IndexStats {
    this.handle.assertOpen();
    return readStats(this.handle, this.openedAt, (worker) => this.pool?.restartsOf(worker) ?? 0);
  }

  /**
   * Flushes, then walks one space, or all, and checks every invariant and that every linked vector can be reached.
   * A diagnosis: it holds a partition's lock while it walks a space. Rejects with BAD_SPACE, OUT_OF_MEMORY, TIMEOUT or
   * CLOSED.
   */
  async check(space?: string): Promise<CheckReport> {
    if (space !== undefined && !this.spaces().includes(this.space(space).name)) {
      throw new HnswError("BAD_SPACE", `There is no space "${space}".`);
    }
    return await check(this.handle, space);
  }

  /**
   * A ticket for one other thread: post it there and call `attach(ticket)`. Throws TOO_MANY_HANDLES when all seats
   * are taken.
   */
  attach(): AttachTicket {
    this.handle.assertOpen();
    const seat = this.handle.control.takeSeat(this.shared.settings.workers + 1);
    if (seat < 0) {
      throw new HnswError("TOO_MANY_HANDLES", "Every seat is taken: close handles that are no longer used.");
    }
    void this.handle.serveOthers();
    return { kind: "hnsw-workers-ticket", seat, ...this.shared };
  }

  /** Ends this handle; the thread that opened the index ends its workers too, and every other handle with them. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { control } = this.handle;
    this.handle.close();
    if (this.pool === null && this.seat !== 0) {
      // A seat that something still uses stays taken.
      if (await this.handle.atRest()) control.leaveSeat(this.seat);
      return;
    }
    control.close();
    await this.pool?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
