/*
 * What does a member make of the log? It applies message after message to an index in its memory, each writer's groups
 * once; where it can't, it stops there and says so. It never leaves out what others may have applied. Of partitions that it does not
 * hold it keeps what is known of them beside entries, and adds fields, which are those of all.
 */

import { namesOf } from "../../core/spaces.ts";
import { FieldTable, type FieldType } from "../../documents/fields.ts";
import { deleteExpired } from "../../engine/expiry.ts";
import type { Handle } from "../../engine/handle.ts";
import { HnswError, messageOf } from "../../errors.ts";
import type { Applier, LogMessage } from "../log/reader.ts";
import type { Result } from "../log/writer.ts";
import { digestIn, type Group } from "../ops/group.ts";
import { clusterPartitionOf } from "../ops/partition.ts";
import type { ClusterShape } from "../ops/shape.ts";
import { applyOps } from "./apply.ts";
import { digestOfSpaces } from "./digest.ts";
import type { Holdings } from "./holdings.ts";
import { readGroup } from "./reading.ts";
import { PartitionLogState, type SavedState } from "./state.ts";

/** Ops see what has expired by the time of their message, and servers' clocks differ: so much later it is deleted. */
const EXPIRED_FOR_MS = 600_000;
const SWEEP_EVERY_MS = 60_000;

export interface ReplicaHost {
  /** A group was applied, or a message left out by all replicas alike. */
  onGroup(partition: number, group: Group, number: number, results: readonly Result[]): void;
  /** A group of a partition that this member does not hold. */
  onElsewhere(partition: number, group: Group, number: number): void;
  /** A message of that many bytes was. */
  onApplied(bytes: number): void;
  report(message: string): void;
}

/** A field, and the number of the message that has added it; 0 for those of the beginning. */
export type KnownField = readonly [name: string, type: FieldType, number: number];

/** What a replica starts with, beside the entries that its index has then. */
export interface Beginning {
  applied: number;
  digest: string;
  states: PartitionLogState[];
  /** In the order in which they were added. */
  fields: KnownField[];
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
  readonly states: PartitionLogState[];
  readonly fields: KnownField[];
  /** While entries are loaded as they were, what has expired since is not deleted. */
  loading = 0;
  private waiters: Waiter[] = [];
  private time = 0;
  private sweptAt = 0;
  /** What has the index for itself: a message or a digest. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly shape: ClusterShape,
    readonly handle: Handle,
    private readonly host: ReplicaHost,
    readonly holdings: Holdings,
    beginning: Beginning | null,
  ) {
    this.applied = beginning?.applied ?? 0;
    this.digest = beginning?.digest ?? "";
    this.states = beginning?.states ?? Array.from({ length: shape.partitions }, () => new PartitionLogState());
    this.fields = beginning?.fields ?? Object.entries(shape.fields).map(([name, type]) => [name, type, 0] as const);
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

  /** What each partition holds after one message: the same on all members that are as far and hold it; "" where this one does not. */
  digests(): Promise<{ applied: number; partitions: string[] }> {
    return this.inTurn(async () => {
      const spaces = this.spacesByPartition();
      const partitions: string[] = [];
      for (const [i, { time }] of this.states.entries()) {
        partitions.push(this.holdings.applies(i) ? await digestOfSpaces(this.handle, spaces[i]!, time) : "");
      }
      return { applied: this.applied, partitions };
    });
  }

  /** Names of the spaces that are here, by partition. */
  spacesByPartition(): string[][] {
    const spaces = Array.from({ length: this.shape.partitions }, (): string[] => []);
    for (const name of this.handle.seats.flatMap(namesOf)) {
      spaces[clusterPartitionOf(name, this.shape.partitions)]!.push(name);
    }
    return spaces;
  }

  /** The fields that ops of that message know of; undefined: all that there are by now. */
  fieldsAt(number: number): FieldTable | undefined {
    const known = this.fields.filter(([, , added]) => added < number);
    return known.length === this.fields.length ? undefined : new FieldTable(known.map(([name, type]) => [name, type]));
  }

  /** All that the log has made of it, while nothing is applied. `entries`: what exports the index. */
  content<T>(entries: () => Promise<T>) {
    return this.alone(async () => {
      const { applied, digest, fields } = this;
      const states: SavedState[] = this.states.map((state) => state.saved());
      return { applied, digest, states, fields: [...fields], entries: await entries() };
    });
  }

  /** Does something while nothing is applied. Rejects also where nothing is any more. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      if (this.failure !== null) throw this.failure;
      return await work();
    });
  }

  private async applyNow(message: LogMessage): Promise<void> {
    const { number, partition, time } = message;
    const state = this.states[partition];
    if (state === undefined) return this.host.report(`message ${number} is left out: its subject is no partition`);
    state.at(time, number);
    const group = readGroup(message, this.shape, (why) => this.host.report(why));
    if (group === null || !state.isNew(group.writer, group.number)) return;
    const isHere = this.holdings.applies(partition);
    const ops = isHere ? group.ops : group.ops.filter(({ kind }) => kind === "addField");
    const results = await applyOps(this.handle, ops, state.time).catch((cause) => {
      const code = cause instanceof HnswError && cause.code === "CLOSED" ? "CLOSED" : "CLUSTER_HALTED";
      throw new HnswError(code, `Message ${number} could not be applied here: ${messageOf(cause)}`, { cause });
    });
    for (const [i, op] of ops.entries()) {
      if (op.kind === "addField" && "count" in results[i]!) this.fields.push([op.name, op.type, number]);
    }
    if (!isHere) return this.host.onElsewhere(partition, group, number);
    this.host.onGroup(partition, group, number, results);
    for (const [i, result] of results.entries()) {
      // Others have callers that wait for the result; an `add` has resolved, and its writer had checked it.
      if (!("refusal" in result) || ops[i]!.kind !== "add") continue;
      this.host.report(`an \`add\` of message ${number} is left out: ${result.refusal.message}`);
    }
  }

  /** Gives back the memory of what has expired long ago, by the log's time. */
  private async sweep(time: number): Promise<void> {
    this.time = Math.max(this.time, time);
    if (this.time - this.sweptAt < SWEEP_EVERY_MS || this.loading > 0) return;
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
