/* How are the journal's ops done again? In their order, each once: what a space's snapshot holds already is skipped. */
import * as layout from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { UNFIT } from "../core/refusals.ts";
import { agrees } from "../documents/agreement.ts";
import type { Handle } from "../engine/handle.ts";
import { BUSY, DONE, FULL, MORE, type Outcome } from "../engine/waiting-line.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { LoadedSpace, PartitionState } from "../snapshot/partition-state.ts";
import { isEncodedKey, isEncodedName } from "../values/keys.ts";
import { Doubts } from "./doubts.ts";
import type { Entry } from "./entries.ts";
import { isCount, MOST_SPACES } from "./log.ts";

const MOST_TRIES_WITHOUT_MEMORY = 200; // of up to 50 ms: a compaction or a reader may hold what was free for the op

/** Receives a loss of data. Throws to end the replay. */
export type OnLoss = (problem: string) => void;

export class Replay {
  /** Ops done. */
  done = 0;
  /** Ops of unknown spaces, by the space's id: fine if its drop follows. */
  private readonly strangers = new Map<number, number>();
  private withoutMemory = 0;
  private readonly doubts = new Doubts();
  /** Updates that were left out, as the version that they were made for may be lost. */
  private leftOut = 0;

  constructor(
    private readonly handle: Handle,
    private readonly partition: PartitionState,
    private readonly onLoss: OnLoss,
  ) {}

  /** Ops up to that number are not in the journal any more, though a space may need them. */
  lacks(sequence: number): void {
    this.doubts.lostUpTo(sequence, this.partition.spaces);
  }

  /** Does a group's ops, in slices of time. Rejects with OUT_OF_MEMORY or TIMEOUT, or with what `onLoss` throws. */
  async run(first: number, entries: Entry[]): Promise<void> {
    const { seat } = this.partition;
    let next = 0;
    calls.useReserve(seat, true); // an op may need what was free when it was accepted
    try {
      const attempt = () => {
        const slice = new Slice();
        for (; next < entries.length; next++) {
          if ((next & 31) === 31 && slice.isOver) return MORE;
          const outcome = this.apply(first + next, entries[next]!);
          if (outcome !== DONE) return outcome;
        }
        return DONE;
      };
      await this.handle.lines.enter(`partition ${this.partition.number}`, { attempt });
    } finally {
      calls.useReserve(seat, false);
    }
  }

  /** After the last group: reports what should have come and did not. */
  finish(): void {
    for (const id of this.partition.missing) this.onLoss(`no snapshot of space ${id} is sound`);
    if (this.leftOut > 0) {
      const why = "the vectors that they were made for may be among what is lost";
      this.onLoss(`${this.leftOut} updates of metadata are left out: ${why}`);
    }
    for (const [id, ops] of this.strangers) this.onLoss(`${ops} ops name space ${id}, which does not exist`);
  }

  private apply(sequence: number, entry: Entry): Outcome {
    const known = this.partition.spaces.get(entry.space);
    if (known !== undefined && sequence <= known.sequence) return DONE;
    if (entry.kind === layout.JOURNAL_CREATE) return this.create(sequence, entry);
    if (entry.kind === layout.JOURNAL_DROP) this.partition.missing.delete(entry.space);
    if (known === undefined) return this.skip(entry);
    if (entry.kind !== layout.JOURNAL_DROP && !isEncodedKey(entry.header, entry.key)) {
      this.doubts.lostIn(entry.space);
      return this.lose(`op ${sequence} has a key that makes no sense`);
    }
    if (entry.kind === layout.JOURNAL_UPDATE && this.doubts.isInDoubt(entry)) {
      this.leftOut++;
      return DONE;
    }
    this.partition.expect(sequence);
    const status = this.isBelievable(entry, known) ? this.handle.guarded(() => this.call(entry, known)) : layout.E_ROW;
    if (status === layout.E_BUSY) return BUSY;
    if (status === layout.OK_WAKE || status === layout.E_PENDING) this.handle.wake(known.home);
    if (status === layout.E_PENDING) return FULL;
    if (status === layout.E_MEMORY) return this.waitForMemory(known);
    if (UNFIT.has(status)) {
      const { code } = this.handle.refusal(status, this.partition.seat);
      this.doubts.lost(entry);
      return this.lose(`op ${sequence} adds a vector that no index takes (${code})`);
    }
    if (status === layout.E_ROW) {
      this.doubts.lost(entry);
      return this.lose(`op ${sequence} has a document or field values that make no sense, or do not agree`);
    }
    if (status !== layout.OK && status !== layout.OK_WAKE && status !== layout.NOT_FOUND) {
      throw this.handle.refusal(status, this.partition.seat);
    }
    if (entry.kind === layout.JOURNAL_DROP) this.partition.spaces.delete(entry.space);
    else if (entry.kind !== layout.JOURNAL_UPDATE) this.doubts.saw(entry);
    return this.did();
  }

  /** Whether the values that columns get are those of the document. */
  private isBelievable({ row }: Entry, { fields }: LoadedSpace): boolean {
    const isJudged = fields !== null && this.handle.fields.table.size > 0;
    return row.length === 0 || !isJudged || agrees(row, fields);
  }

  private call({ kind, header, key, vector, row }: Entry, space: LoadedSpace): number {
    const { seat } = this.partition;
    if (kind === layout.JOURNAL_DROP) return calls.dropSpace(seat, space);
    const rowBytes = row.length === 0 ? 0 : seat.putRow(row);
    if (rowBytes < 0) return rowBytes;
    seat.putKeyBytes(key);
    if (kind === layout.JOURNAL_DELETE) return calls.remove(seat, space, header);
    if (kind === layout.JOURNAL_UPDATE) return calls.update(seat, space, header, calls.ANY_STAMP, rowBytes);
    seat.putVectorBytes(vector);
    return calls.add(seat, space, header, 0, 0, rowBytes);
  }

  private create(sequence: number, entry: Entry): Outcome {
    const { seat, spaces, missing } = this.partition;
    if (!isEncodedName(entry.header, entry.key)) return this.lose(`op ${sequence} creates a space with no name`);
    if (!isCount(entry.space, MOST_SPACES) || spaces.has(entry.space)) {
      return this.lose(`op ${sequence} creates a space under the id ${entry.space}, which can't be its own`);
    }
    const home = this.partition.homeOf(entry.header, entry.key);
    if (home === null) return this.lose(`op ${sequence} creates a space that belongs in another partition`);
    seat.putKeyBytes(entry.key);
    const found = this.handle.guarded(() => calls.findSpace(seat, entry.header));
    if (found === calls.AGAIN) return BUSY;
    if (found !== null) {
      const [id, other] = Array.from(spaces).find(([, space]) => space.address === found.address)!;
      // One of the same name, created later and loaded from a snapshot: the drop of this one follows.
      if (other.sequence >= sequence) return this.skip(entry);
      const dropped = this.handle.guarded(() => calls.dropSpace(seat, other));
      if (dropped === layout.E_BUSY) return BUSY;
      spaces.delete(id);
      this.onLoss(`op ${sequence} creates a space that exists already`); // its drop is among what was lost
    }
    this.partition.expect(sequence, entry.space);
    seat.putKeyBytes(entry.key);
    const made = this.handle.guarded(() => calls.makeSpace(seat, entry.header, home));
    if (made === layout.E_BUSY) return BUSY;
    if (typeof made === "number") throw this.handle.refusal(made, seat);
    const fields = this.partition.fieldsOf(entry.header, entry.key);
    spaces.set(entry.space, { ...made, home, sequence, fields });
    missing.delete(entry.space);
    this.partition.sawSpace(entry.space);
    return this.did();
  }

  /** An op that no index has accepted. */
  private lose(problem: string): Outcome {
    this.onLoss(problem);
    return DONE;
  }

  private did(): Outcome {
    this.withoutMemory = 0;
    this.done++;
    return DONE;
  }

  /** An op of an unknown space. */
  private skip({ space, kind }: Entry): Outcome {
    if (kind === layout.JOURNAL_DROP) this.strangers.delete(space);
    else this.strangers.set(space, (this.strangers.get(space) ?? 0) + 1);
    return DONE;
  }

  private waitForMemory({ home }: LoadedSpace): Outcome {
    const { seat } = this.partition;
    if (++this.withoutMemory > MOST_TRIES_WITHOUT_MEMORY) throw this.handle.refusal(layout.E_MEMORY, seat);
    calls.tidy(seat);
    this.handle.wake(home);
    return FULL;
  }
}
