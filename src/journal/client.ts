/*
 * What does a thread that accepts ops have to do with the journal? It wakes it, and waits for it where `durability` asks
 * for that.
 */
import type { Outcome, WaitingLine } from "../engine/waiting-line.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { FAILURE_NONE, FAILURES, type JournalBoard } from "./board.ts";

export class JournalLink {
  readonly board: JournalBoard;
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

  /** Enters the line with an op of one partition; resolves when it is accepted and as durable as it is to be. */
  async follow(line: WaitingLine, attempt: () => Outcome): Promise<void> {
    let partition = -1;
    let sequence = 0;
    await line.enter(() => {
      this.partition = -1;
      const outcome = attempt();
      if (this.partition >= 0) {
        partition = this.partition;
        sequence = this.sequence;
      }
      return outcome;
    });
    if (this.waits && partition >= 0) await this.acknowledgements.wait(partition, sequence);
  }

  /** An op was accepted, or a call depends on it: it has that number in its partition. */
  accepted(partition: number, sequence: number): void {
    this.partition = partition;
    this.sequence = sequence;
    this.board.wake();
  }

  /** Resolves once the partition's op of that number is on the disk, without letting others gather first. */
  async durable(partition: number, sequence: number): Promise<void> {
    if (this.board.durable(partition) >= sequence) return;
    this.board.hurry();
    await this.acknowledgements.wait(partition, sequence);
  }

  /** Why nothing is accepted at the moment. */
  refusal(): string {
    const { failure } = this.board;
    const why = failure === FAILURE_NONE ? "the disk refused an op a moment ago" : FAILURES[failure];
    return `The journal can't be written (${why}): nothing is accepted until it can. Nothing has changed.`;
  }
}
