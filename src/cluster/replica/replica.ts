/*
 * What does a member make of the log? It applies message after message to an index in its memory, each writer's groups
 * once; where it can't, it stops there and says so. It never leaves out what others may have applied.
 */
import { namesOf } from "../../core/spaces.ts";
import { deleteExpired } from "../../engine/expiry.ts";
import type { Handle } from "../../engine/handle.ts";
import { HnswError, messageOf } from "../../errors.ts";
import type { Applier, LogMessage } from "../log/reader.ts";
import type { Result } from "../log/writer.ts";
import { decodeGroup, digestIn, type Group, Malformed, NewerOp } from "../ops/group.ts";
import { placeOf } from "../ops/op.ts";
import { clusterPartitionOf } from "../ops/partition.ts";
import type { ClusterShape } from "../ops/shape.ts";
import { applyOps } from "./apply.ts";
import { digestOfSpaces } from "./digest.ts";
import { PartitionLogState, type SavedState } from "./state.ts";

/** Ops see what has expired by the time of their message, and servers' clocks differ: so much later it is deleted. */
const EXPIRED_FOR_MS = 600_000;
const SWEEP_EVERY_MS = 60_000;

export interface ReplicaHost {
  /** A group was applied, or a message left out by all replicas alike. */
  onGroup(partition: number, group: Group, number: number, results: readonly Result[]): void;
  /** A message of that many bytes was. */
  onApplied(bytes: number): void;
  report(message: string): void;
}

/** What a replica starts with, beside the entries that its index has then. */
export interface Beginning {
  applied: number;
  digest: string;
  states: PartitionLogState[];
}

interface Waiter {
  number: number;
  resolve(): void;
  reject(error: HnswError): void;
}

export class Replica implements Applier {
  applied: number;
  digest: string;
  /** Why nothing is applied any more. */
  failure: HnswError | null = null;
  private readonly states: PartitionLogState[];
  private waiters: Waiter[] = [];
  private time = 0;
  private sweptAt = 0;
  /** What has the index for itself: a message or a digest. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shape: ClusterShape,
    private readonly handle: Handle,
    private readonly host: ReplicaHost,
    beginning: Beginning | null,
  ) {
    this.applied = beginning?.applied ?? 0;
    this.digest = beginning?.digest ?? "";
    this.states = beginning?.states ?? Array.from({ length: shape.partitions }, () => new PartitionLogState());
  }

  apply(message: LogMessage): Promise<void> {
    return this.inTurn(async () => {
      if (this.failure !== null) throw this.failure;
      await this.applyNow(message);
      this.applied = message.number;
      this.digest = digestIn(message.bytes);
      this.wake();
      this.host.onApplied(message.bytes.length);
      await this.sweep(message.time);
    });
  }

  /** Ends it: nothing is applied any more. */
  fail(failure: HnswError): void {
    this.failure ??= failure;
    for (const waiter of this.waiters.splice(0)) waiter.reject(this.failure);
  }

  /** Resolves once a message is applied. Rejects with TIMEOUT, or with why nothing is applied any more. */
  reaches(number: number, timeoutMs: number): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    if (this.applied >= number) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { number, resolve, reject };
    this.waiters.push(waiter);
    const timer = setTimeout(() => {
      this.waiters = this.waiters.filter((other) => other !== waiter);
      const where = `message ${number} of the log was not applied here within ${timeoutMs} ms, ${this.applied} was`;
      reject(new HnswError("TIMEOUT", `What was to be read is not here yet: ${where}.`));
    }, timeoutMs);
    return promise.finally(() => clearTimeout(timer));
  }

  /** What each partition holds after one message: the same on all members that are as far. */
  digests(): Promise<{ applied: number; partitions: string[] }> {
    return this.inTurn(async () => {
      const spaces = Array.from({ length: this.shape.partitions }, (): string[] => []);
      for (const name of this.handle.seats.flatMap(namesOf)) {
        spaces[clusterPartitionOf(name, this.shape.partitions)]!.push(name);
      }
      const partitions: string[] = [];
      for (const [i, names] of spaces.entries()) {
        partitions.push(await digestOfSpaces(this.handle, names, this.states[i]!.time));
      }
      return { applied: this.applied, partitions };
    });
  }

  /** All that the log has made of it, while nothing is applied. `entries`: what exports the index. */
  content<T>(
    entries: () => Promise<T>,
  ): Promise<{ applied: number; digest: string; states: SavedState[]; entries: T }> {
    return this.inTurn(async () => {
      if (this.failure !== null) throw this.failure;
      const { applied, digest } = this;
      return { applied, digest, states: this.states.map((state) => state.saved()), entries: await entries() };
    });
  }

  private async applyNow({ number, partition, time, bytes }: LogMessage): Promise<void> {
    const state = this.states[partition];
    if (state === undefined) return this.host.report(`message ${number} is left out: its subject is no partition`);
    state.at(time);
    const group = this.read(number, partition, bytes);
    if (group === null || !state.isNew(group.writer, group.number)) return;
    const results = await applyOps(this.handle, group.ops, state.time).catch((cause) => {
      const code = cause instanceof HnswError && cause.code === "CLOSED" ? "CLOSED" : "CLUSTER_HALTED";
      throw new HnswError(code, `Message ${number} could not be applied here: ${messageOf(cause)}`, { cause });
    });
    this.host.onGroup(partition, group, number, results);
    for (const [i, result] of results.entries()) {
      // Others have callers that wait for the result; an `add` has resolved, and its writer had checked it.
      if (!("refusal" in result) || group.ops[i]!.kind !== "add") continue;
      this.host.report(`an \`add\` of message ${number} is left out: ${result.refusal.message}`);
    }
  }

  /** Null: left out, by all alike. Throws CLUSTER_HALTED. */
  private read(number: number, partition: number, bytes: Uint8Array): Group | null {
    try {
      const group = decodeGroup(bytes, this.shape.dimensions);
      if (group.incarnation !== this.shape.incarnation) throw new Malformed("it was written for another log");
      const isElsewhere = (place: string) => clusterPartitionOf(place, this.shape.partitions) !== partition;
      if (group.ops.some((op) => isElsewhere(placeOf(op)))) throw new Malformed("an op of it is of another partition");
      return group;
    } catch (error) {
      if (error instanceof NewerOp) {
        const cure = "upgrade this member first";
        throw new HnswError("CLUSTER_HALTED", `Message ${number} holds ${error.message}: ${cure}.`, { cause: error });
      }
      if (!(error instanceof Malformed)) throw error;
      this.host.report(`message ${number} is left out: ${error.message}`);
      return null;
    }
  }

  /** Gives back the memory of what has expired long ago, by the log's time. */
  private async sweep(time: number): Promise<void> {
    this.time = Math.max(this.time, time);
    if (this.time - this.sweptAt < SWEEP_EVERY_MS) return;
    this.sweptAt = this.time;
    await deleteExpired(this.handle, this.time - EXPIRED_FOR_MS);
  }

  private wake(): void {
    if (this.waiters.length === 0) return;
    const ready = this.waiters.filter(({ number }) => number <= this.applied);
    this.waiters = this.waiters.filter(({ number }) => number > this.applied);
    for (const { resolve } of ready) resolve();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }
}
