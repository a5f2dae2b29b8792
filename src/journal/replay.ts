/* How are the journal's ops done again? In their order, each once: what a space's snapshot holds already is passed over. */
import {
  E_BUSY,
  E_MEMORY,
  E_PENDING,
  JOURNAL_ADD,
  JOURNAL_CREATE,
  JOURNAL_DROP,
  NOT_FOUND,
  OK,
  OK_WAKE,
} from "../../assembly/layout.ts";
import type { Handle } from "../engine/handle.ts";
import { BUSY, DONE, FULL, MORE, type Outcome } from "../engine/waiting-line.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { KnownSpace, RecoveredPartition } from "../snapshot/partition-state.ts";
import type { Findings } from "../storage/disk/findings.ts";
import type { SpaceLoader } from "../storage/recovery/section-loader.ts";
import type { Entry } from "./entries.ts";

const MOST_TRIES_WITHOUT_MEMORY = 200; // of up to 50 ms: a compaction or a reader may hold what an op then found free

export class Replay {
  /** Ops done. */
  done = 0;
  private readonly handle: Handle;
  private readonly loader: SpaceLoader;
  private readonly partition: RecoveredPartition;
  private readonly findings: Findings;
  /** "file: partition 3" */
  private readonly where: string;
  /** Ops of spaces that nobody knows, by the space's id: fine if its drop follows. */
  private readonly strangers = new Map<number, number>();
  private withoutMemory = 0;

  constructor(handle: Handle, loader: SpaceLoader, partition: RecoveredPartition, findings: Findings, where: string) {
    this.handle = handle;
    this.loader = loader;
    this.partition = partition;
    this.findings = findings;
    this.where = where;
  }

  /** Does a group's ops, by slices of 2 ms. Rejects with OUT_OF_MEMORY, TIMEOUT or PATH_DAMAGED. */
  async run(first: number, entries: Entry[]): Promise<void> {
    const { core } = this.partition.seat;
    let next = 0;
    core.useReserve(1); // an op may need what was free when it was accepted
    try {
      await this.handle.line.enter(() => {
        const slice = new Slice();
        for (; next < entries.length; next++) {
          if ((next & 31) === 31 && slice.isOver) return MORE;
          const outcome = this.apply(first + next, entries[next]!);
          if (outcome !== DONE) return outcome;
        }
        return DONE;
      });
    } finally {
      core.useReserve(0);
    }
  }

  /** After the last group: what should have come and did not. */
  finish(): void {
    for (const id of this.partition.missing) this.findings.lost(`${this.where}: no snapshot of space ${id} is sound`);
    for (const [id, ops] of this.strangers) {
      this.findings.lost(`${this.where}: ${ops} ops name space ${id}, which is not there`);
    }
  }

  private apply(sequence: number, entry: Entry): Outcome {
    const known = this.partition.spaces.get(entry.space);
    if (known !== undefined && sequence <= known.sequence) return DONE;
    if (entry.kind === JOURNAL_CREATE) return this.create(sequence, entry);
    if (entry.kind === JOURNAL_DROP) this.partition.missing.delete(entry.space);
    if (known === undefined) return this.passOver(entry);
    this.partition.expect(sequence);
    const answer = this.handle.guarded(() => this.call(entry, known));
    if (answer === E_BUSY) return BUSY;
    if (answer === OK_WAKE || answer === E_PENDING) this.handle.wake(known.home);
    if (answer === E_PENDING) return FULL;
    if (answer === E_MEMORY) return this.waitForMemory(known);
    if (answer !== OK && answer !== OK_WAKE && answer !== NOT_FOUND) {
      throw this.handle.refusal(answer, this.partition.seat);
    }
    if (entry.kind === JOURNAL_DROP) this.partition.spaces.delete(entry.space);
    return this.did();
  }

  private call({ kind, header, key, vector }: Entry, { address, incarnation }: KnownSpace): number {
    const { seat } = this.partition;
    if (kind === JOURNAL_DROP) return seat.core.dropSpace(address, incarnation);
    seat.putKeyBytes(key);
    if (kind !== JOURNAL_ADD) return seat.core.remove(address, incarnation, header);
    seat.putVectorBytes(vector);
    return seat.core.add(address, incarnation, header, 0, 0);
  }

  private create(sequence: number, entry: Entry): Outcome {
    const { seat, spaces, missing } = this.partition;
    const home = this.loader.homeIn(this.partition, entry.header, entry.key);
    if (home === null) {
      this.findings.lost(`${this.where}: op ${sequence} makes a space that belongs into another partition`);
      return DONE;
    }
    seat.putKeyBytes(entry.key);
    const found = this.handle.guarded(() => seat.core.openSpace(entry.header, home, 0));
    if (found === E_BUSY) return BUSY;
    if (found === OK) {
      const address = seat.infoAt(0);
      const [id, other] = Array.from(spaces).find(([, space]) => space.address === address)!;
      // One of the same name that was made later, out of a snapshot: the drop of this one follows.
      if (other.sequence >= sequence) return this.passOver(entry);
      const dropped = this.handle.guarded(() => seat.core.dropSpace(other.address, other.incarnation));
      if (dropped === E_BUSY) return BUSY;
      spaces.delete(id);
      this.findings.lost(`${this.where}: op ${sequence} makes a space that is there`); // its drop is among what was lost
    }
    this.partition.expect(sequence, entry.space);
    seat.putKeyBytes(entry.key);
    const answer = this.handle.guarded(() => seat.core.openSpace(entry.header, home, 1));
    if (answer === E_BUSY) return BUSY;
    if (answer !== OK) throw this.handle.refusal(answer, seat);
    spaces.set(entry.space, { address: seat.infoAt(0), incarnation: seat.infoAt(1), home, sequence });
    missing.delete(entry.space);
    this.partition.sawSpace(entry.space);
    return this.did();
  }

  private did(): Outcome {
    this.withoutMemory = 0;
    this.done++;
    return DONE;
  }

  /** An op of a space that nobody knows. */
  private passOver({ space, kind }: Entry): Outcome {
    if (kind === JOURNAL_DROP) this.strangers.delete(space);
    else this.strangers.set(space, (this.strangers.get(space) ?? 0) + 1);
    return DONE;
  }

  private waitForMemory({ home }: KnownSpace): Outcome {
    const { seat } = this.partition;
    if (++this.withoutMemory > MOST_TRIES_WITHOUT_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
    seat.core.tidy();
    this.handle.wake(home);
    return FULL;
  }
}
