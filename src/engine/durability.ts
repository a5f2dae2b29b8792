/* What lies between accepting an op and resolving its promise? Nothing in memory; a journal where the index is kept. */
import type { Seat } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import type { Latencies } from "../values/latencies.ts";
import type { Op, WaitingLines } from "./waiting-line.ts";

export interface Durability {
  /** Enters the line of a space with an op; resolves when it is accepted and as durable as the options ask. */
  accept(lines: WaitingLines, space: string, op: Op, latency: Latencies): Promise<void>;
  /** The running attempt was accepted through that seat, or depends on what it found there. */
  accepted(partition: number, seat: Seat): void;
  /** Resolves when each partition's op of that number is durable. Rejects with JOURNAL_UNCERTAIN. */
  durable(lastOps: () => Promise<number[]>): Promise<void>;
  /** An op waits for room in the ring. */
  hurry(): void;
  completed(): void;
  /** Whether it is known why no op is accepted. Where the core accepts none without that, a reason or the next op is about to come. */
  readonly refuses: boolean;
  /** The error for an op while none is accepted. */
  refusal(): HnswError;
}

export const IN_MEMORY: Durability = {
  accept: (lines, space, op, latency) => lines.enter(space, op, latency),
  accepted() {},
  async durable() {},
  hurry() {},
  completed() {},
  refuses: true,
  refusal: () => new HnswError("INTERNAL", "An index in memory has no journal to wait for."),
};
