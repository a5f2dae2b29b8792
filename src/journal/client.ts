/* What does the journal ask of a thread that accepts ops? To wake it, and to wait for it if ops must be on the disk. */
import type { Seat } from "../core/seat.ts";
import type { Durability } from "../engine/durability.ts";
import type { Op, WaitingLines } from "../engine/waiting-line.ts";
import { HnswError } from "../errors.ts";
import type { Latencies } from "../values/latencies.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import type { JournalBoard } from "./board.ts";

export class JournalClient implements Durability {
  private readonly board: JournalBoard;
  private readonly acknowledgements: Acknowledgements;
  private readonly waits: boolean;
  /** The op that the running attempt accepted last; −1: none. */
  private partition = -1;
  private sequence = 0;

  constructor(board: JournalBoard, partitions: number, durability: "commit" | "relaxed", timeoutMs: number) {
    this.board = board;
    this.acknowledgements = new Acknowledgements(board, partitions, timeoutMs);
    this.waits = durability === "commit";
  }

  async accept(lines: WaitingLines, space: string, op: Op, latency: Latencies): Promise<void> {
    let partition = -1;
    let sequence = 0;
    const attempt = () => {
      this.partition = -1;
      const outcome = op.attempt();
      if (this.partition >= 0) {
        partition = this.partition;
        sequence = this.sequence;
      }
      return outcome;
    };
    await lines.enter(space, { attempt, keep: () => op.keep?.() }, latency);
    if (this.waits && partition >= 0) await this.acknowledgements.wait(partition, sequence);
  }

  accepted(partition: number, seat: Seat): void {
    this.partition = partition;
    this.sequence = seat.sequence;
    this.board.wake();
  }

  async durable(lastOps: () => Promise<number[]>): Promise<void> {
    const sequences = await lastOps();
    // No other ops gather first.
    if (sequences.some((sequence, partition) => this.board.durable(partition) < sequence)) this.board.hurry();
    await Promise.all(sequences.map((sequence, partition) => this.acknowledgements.wait(partition, sequence)));
  }

  hurry(): void {
    this.board.hurry();
  }

  completed(): void {
    this.board.wake();
  }

  get refuses(): boolean {
    return this.board.failure !== "none";
  }

  refusal(): HnswError {
    const { failure, reason } = this.board;
    const why = reason ?? "the disk refused an op a moment ago";
    const message = `The journal can't be written (${why}): nothing is accepted until it can. Nothing has changed.`;
    return new HnswError(failure === "lost" ? "PATH_LOST" : "JOURNAL_FAILED", message);
  }
}
