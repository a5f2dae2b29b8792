/*
 * How does a member take a partition over, while it applies the log? It loads the newest snapshot of it, then applies the partition's own
 * messages up to where it is itself; the last ones while nothing else is applied. Then it must have come to what it knew of the partition
 * already: the number of its last message, how many there were, and its writers. So nothing that was trimmed, or that a server did not
 * deliver, is missing.
 *
 *   snapshot at 70          71 … 90 of the partition       the same as it knows: served
 *   ├─────────────────────►├───────────────────────────►│
 *   this member applies …                        80 … 90 │ 91 …
 */
import * as calls from "../../core/calls.ts";
import { dropSpace } from "../../engine/ops.ts";
import { messageOf } from "../../errors.ts";
import type { ClusterLog } from "../log/log.ts";
import type { Op } from "../ops/op.ts";
import { clusterPartitionOf } from "../ops/partition.ts";
import { applyOps } from "./apply.ts";
import { readGroup } from "./reading.ts";
import type { Replica } from "./replica.ts";
import { PartitionLogState } from "./state.ts";

/** Messages that come no more are read again after that. */
const SILENCE_MS = 3_000;
/** As long as that nothing else is applied, at most. */
const ALONE_MS = 10_000;

/** A snapshot of one partition, opened. */
export interface PartitionSnapshot {
  number: number;
  state: PartitionLogState;
  spaces: readonly string[];
  /** What adds its entries. */
  ops: AsyncIterable<Op[]>;
}

export interface LoaderSource {
  /** Of a partition, newest first; those that are known to be damaged are left out. */
  snapshots(partition: number): AsyncIterable<PartitionSnapshot>;
  report(message: string): void;
}

export class PartitionLoader {
  constructor(
    private readonly replica: Replica,
    private readonly log: ClusterLog,
    private readonly source: LoaderSource,
    private readonly timeoutMs: number,
  ) {}

  /** Resolves once the partition is served. Rejects where it can't be at the moment: then nothing of it is here. */
  async load(partition: number): Promise<void> {
    const { replica } = this;
    replica.holdings.loads(partition);
    replica.loading++;
    try {
      const state = await this.loadSnapshot(partition);
      await this.catchUp(partition, state, Number.POSITIVE_INFINITY);
      await replica.alone(async () => {
        await this.catchUp(partition, state, performance.now() + ALONE_MS);
        if (!state.isAsFarAs(replica.states[partition]!)) {
          throw new Error(`some messages of partition ${partition} are in no snapshot and not in the log`);
        }
        replica.holdings.serve(partition);
      });
    } catch (error) {
      await this.clear(partition).catch(() => {}); // it is tried again before the next load
      replica.holdings.lacks(partition);
      throw error;
    } finally {
      replica.loading--;
    }
  }

  /** Gives up what is held. */
  async drop(partition: number): Promise<void> {
    await this.replica.alone(async () => {
      this.replica.holdings.lacks(partition);
      await this.clear(partition);
    });
  }

  private async clear(partition: number): Promise<void> {
    for (const space of this.replica.spacesByPartition()[partition]!) await dropSpace(this.replica.handle, space);
  }

  /** Resolves to what the newest one that is sound has come to; without any, to what the beginning of the log has. */
  private async loadSnapshot(partition: number): Promise<PartitionLogState> {
    await this.clear(partition);
    if (this.replica.states[partition]!.last === 0) return new PartitionLogState();
    for await (const snapshot of this.source.snapshots(partition)) {
      try {
        await this.replica.reaches(snapshot.number, this.timeoutMs);
        await this.take(snapshot);
        return snapshot.state;
      } catch (error) {
        if (this.replica.failure !== null) throw error;
        const message = `the snapshot of partition ${partition} at message ${snapshot.number} can't be loaded`;
        this.source.report(`${message}: ${messageOf(error)}`);
        await this.clear(partition);
      }
    }
    return new PartitionLogState();
  }

  private async take({ spaces, ops, state }: PartitionSnapshot): Promise<void> {
    const { handle } = this.replica;
    for (const space of spaces) {
      while (handle.make(space) === calls.AGAIN) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for await (const some of ops) {
      for (const result of await applyOps(handle, some, state.time)) {
        if ("refusal" in result) throw result.refusal;
      }
    }
  }

  /** Applies the partition's messages up to the last that this member knows of. Rejects after `end`. */
  private async catchUp(partition: number, state: PartitionLogState, end: number): Promise<void> {
    const { replica } = this;
    const isBehind = () => state.last < replica.states[partition]!.last;
    while (isBehind()) {
      if (replica.failure !== null) throw replica.failure;
      if (performance.now() > end) throw new Error(`the last messages of partition ${partition} do not come`);
      await this.readOn(partition, state, isBehind);
    }
  }

  private async readOn(partition: number, state: PartitionLogState, isBehind: () => boolean): Promise<void> {
    const { replica } = this;
    const messages = await this.log.read(state.last + 1, partition);
    let timer = setTimeout(() => messages.stop(), SILENCE_MS);
    let delivered = 0;
    try {
      for await (const message of messages) {
        clearTimeout(timer);
        if (message.info.deliverySequence !== ++delivered) return; // one was lost on its way
        const { seq: number, data: bytes } = message;
        if (number > replica.states[partition]!.last) return;
        const time = Number(message.timestampNanos / 1_000_000n);
        if (number > state.last) await this.apply({ number, partition, time, bytes }, state);
        if (!isBehind()) return;
        timer = setTimeout(() => messages.stop(), SILENCE_MS);
      }
    } finally {
      clearTimeout(timer);
      messages.stop();
    }
  }

  private async apply(message: Parameters<Replica["apply"]>[0], state: PartitionLogState): Promise<void> {
    const { replica } = this;
    const { number, time } = message;
    state.at(time, number);
    const group = readGroup(message, replica.shape, () => {}); // it was reported when it came
    if (group === null || !state.isNew(group.writer, group.number)) return;
    const ops = group.ops.filter(({ kind }) => kind !== "addField");
    await applyOps(replica.handle, ops, state.time, replica.fieldsAt(number));
  }
}

/** Whether a space is one of that partition. */
export function isSpaceOf(partition: number, partitions: number): (space: string) => boolean {
  return (space) => clusterPartitionOf(space, partitions) === partition;
}
