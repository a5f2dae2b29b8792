/*
 * What does a member do where members hold some partitions each? It takes over and drops what the placement says, reads for others what it
 * serves, and asks them for the rest.
 */
import type { VectorIndex } from "../api/vector-index.ts";
import { messageOf } from "../errors.ts";
import type { ClusterLog } from "./log/log.ts";
import type { SideStream } from "./log/side-stream.ts";
import { newId } from "./ops/group.ts";
import type { PlacementSettings } from "./ops/shape.ts";
import { Router } from "./peers/router.ts";
import { Wire } from "./peers/wire.ts";
import { RecordStore } from "./placement/record.ts";
import { Steward } from "./placement/steward.ts";
import { Questions } from "./questions.ts";
import { type LoaderSource, PartitionLoader } from "./replica/loader.ts";
import type { Replica } from "./replica/replica.ts";
import { ResultLog } from "./replica/results.ts";
import { Replies } from "./replies.ts";

/** Reads that are under way in a partition that is dropped get that long. */
const LEAVE_MS = 30_000;
/** Another try to take a partition over. */
const AGAIN_MS = 1_000;
const LONGEST_AGAIN_MS = 30_000;
/** Servers that are out for a while are no incident. */
const REPORTED_FAILURE = 3;
const SAY_AFTER_MS = 20;

export interface SharesOptions {
  placement: PlacementSettings;
  capacity: number;
  timeoutMs: number;
  source: LoaderSource;
  /** Where the placement is kept. */
  record: SideStream;
  isFull(): boolean;
  report(message: string): void;
}

export class Shares {
  readonly results = new ResultLog();
  readonly questions: Questions;
  readonly steward: Steward;
  private readonly wire: Wire;
  private readonly loader: PartitionLoader;
  private readonly failures = new Map<number, { count: number; until: number }>();
  private saying: ReturnType<typeof setTimeout> | undefined;
  private working: Promise<void> | null = null;
  private isStopped = false;

  constructor(
    log: ClusterLog,
    private readonly replica: Replica,
    local: VectorIndex,
    private readonly options: SharesOptions,
  ) {
    const { partitions } = log.shape;
    const { capacity, timeoutMs, source, placement, record, isFull } = options;
    const name = newId().slice(0, 16);
    this.steward = new Steward({ name, capacity, partitions, ...placement }, new RecordStore(record, partitions), {
      say: (beat) => this.wire.say(beat),
      state: () => ({ serves: replica.holdings.served, isFull: isFull() }),
      changed: () => this.work(),
    });
    const replies = new Replies(replica, local, this.results, this.steward);
    this.wire = new Wire(log.connection, log.prefix, name, {
      hearsBeat: (bytes) => this.steward.hears(bytes),
      reply: (request) => replies.reply(request),
    });
    this.questions = new Questions(name, replica, local, new Router(this.wire, this.steward), timeoutMs);
    this.loader = new PartitionLoader(replica, log, source, timeoutMs);
  }

  start(): void {
    this.steward.start();
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    clearTimeout(this.saying);
    await this.steward.stop();
    await this.working;
    this.wire.close();
  }

  /** One thing after the other, as long as there is something to take over or to drop. */
  private work(): void {
    if (this.isStopped) return;
    this.working ??= this.workNow()
      .catch((error) => this.options.report(`partitions can't be moved: ${messageOf(error)}`))
      .finally(() => {
        this.working = null;
      });
  }

  private async workNow(): Promise<void> {
    const { holdings } = this.replica;
    for (let partition = 0; partition < this.replica.shape.partitions; partition++) {
      if (this.isStopped || this.replica.failure !== null) return;
      const state = holdings.stateOf(partition);
      const isOwn = this.steward.isOwn(partition);
      if (isOwn && state === "absent") await this.takeOver(partition);
      else if (!isOwn && state === "served" && this.steward.isServed(partition)) await this.drop(partition);
    }
  }

  private async takeOver(partition: number): Promise<void> {
    const failure = this.failures.get(partition);
    if (failure !== undefined && performance.now() < failure.until) return;
    try {
      await this.loader.load(partition);
      this.failures.delete(partition);
      this.say();
    } catch (error) {
      if (this.isStopped || this.replica.failure !== null) return;
      const [message, count] = [messageOf(error), (failure?.count ?? 0) + 1];
      const until = performance.now() + Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** (count - 1));
      this.failures.set(partition, { count, until });
      if (count === REPORTED_FAILURE) this.options.report(`partition ${partition} can't be taken over: ${message}`);
    }
  }

  private async drop(partition: number): Promise<void> {
    const { holdings } = this.replica;
    const left = holdings.leave(partition, LEAVE_MS);
    this.say();
    await left;
    // It may be this member's again by now.
    if (this.steward.isOwn(partition) || !this.steward.isServed(partition)) holdings.serve(partition);
    else await this.loader.drop(partition);
  }

  /** Says soon what is served. */
  private say(): void {
    this.saying ??= setTimeout(() => {
      this.saying = undefined;
      if (!this.isStopped) this.steward.beat();
    }, SAY_AFTER_MS);
  }
}
