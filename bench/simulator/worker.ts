// What does a virtual worker do next? It runs the LinkLoop of src/workers over virtual partitions and on a virtual clock:
// the time that linking takes is drawn instead of spent, and what was linked counts when that time is over.

import { type LinkedPartition, LinkLoop, type LinkPolicy } from "../../src/workers/link-loop.ts";
import type { Random } from "../datasets/random.ts";
import { type Costs, linkMs, noise, slowdown } from "./costs.ts";
import type { Events } from "./events.ts";
import type { Claim, Queues } from "./queues.ts";
import type { Records } from "./records.ts";

/** What all workers of a simulation share. */
export interface Shop {
  events: Events;
  queues: Queues;
  costs: Costs;
  policy: LinkPolicy;
  random: Random;
  records: Records;
  workers: VirtualWorker[];
  /** Threads that accept ops now; a fraction for one that is busy part of the time. */
  accepting: number;
  /** How much longer everything takes while this many threads link: more threads than cores share them. */
  crowding(linking: number): number;
  /** Called after every slice: producers that wait for room try again. */
  progressed(): void;
}

/** What the step under way has linked, and how long that takes: by the clock, without waiting for a core, alone. */
interface Slice {
  parts: { claim: Claim; ops: number }[];
  ops: number;
  tookMs: number;
  workedMs: number;
  aloneMs: number;
  crowded: number;
}

export class VirtualWorker {
  readonly number: number;
  /** Milliseconds that linking an op has taken lately; 0 before the first. */
  msPerOp = 0;
  parked = false;
  private readonly shop: Shop;
  private readonly loop: LinkLoop;
  /** Claims by partition. */
  private readonly claims: Claim[][];
  private slice: Slice | null = null;
  /** Milliseconds that claims in the step under way have taken. */
  private claimingMs = 0;
  private parkings = 0;
  private stalledUntil = 0;
  private batch = { since: 0, depth: 0, ops: 0, stolen: false };

  constructor(number: number, workers: number, shop: Shop) {
    this.number = number;
    this.shop = shop;
    this.claims = Array.from({ length: shop.queues.partitions }, () => []);
    this.loop = new LinkLoop({
      ...{ worker: number, workers, policy: shop.policy, partitions: this.claims.map((_, i) => this.partition(i)) },
      control: {
        count: (_, figure, by) => shop.records.count(number, figure, by),
        took() {},
        tookToLink() {},
        isParked: (other) => shop.workers[other]!.parked,
        isBusy: (other) => !shop.workers[other]!.parked,
        wake: (other) => shop.workers[other]!.wake(),
        ...{ set: () => {}, progressed: () => {} },
      },
      now: () => this.slice?.tookMs ?? 0, // since the step began
    });
  }

  get linking(): boolean {
    return this.slice !== null;
  }

  /** Whether it holds no claims. */
  get idle(): boolean {
    return !this.linking && !this.hasClaims;
  }

  private get hasClaims(): boolean {
    return this.claims.some((claims) => claims.length > 0);
  }

  /** Does nothing for this long, as a thread that the system does not run. */
  stall(ms: number): void {
    this.stalledUntil = this.shop.events.now + ms;
  }

  wake(): void {
    if (!this.parked) return;
    this.parked = false;
    const parking = ++this.parkings;
    this.shop.events.after(this.shop.costs.wakeMicroseconds / 1e3, () => {
      if (parking === this.parkings) this.step();
    });
  }

  /** One turn of the loop: a slice and the next turn, or park. */
  step(): void {
    const { events } = this.shop;
    if (events.now < this.stalledUntil) {
      events.at(this.stalledUntil, () => this.step());
      return;
    }
    this.claimingMs = 0;
    if (this.loop.step()) events.after(this.slice!.tookMs, () => this.settle());
    else this.park();
  }

  private partition(number: number): LinkedPartition {
    const { queues } = this.shop;
    return {
      depthOf: (home) => queues.depthOf(number, home),
      claim: (home, most) => this.claim(number, home, most),
      ...{ canHelp: () => false, joinBulk: () => false },
      hasClaims: () => this.claims[number]!.length > 0,
      link: (most) => this.link(this.claims[number]!, most),
      ...{ tidy: () => false, repair: () => {} },
    };
  }

  private claim(partition: number, home: number, most: number): number {
    const { events, queues, costs } = this.shop;
    if (!this.hasClaims) {
      this.batch = { since: events.now, depth: queues.depths[home]!, ops: 0, stolen: home !== this.number };
    }
    const claims = queues.claim(partition, home, most);
    const ops = claims.reduce((sum, { left }) => sum + left, 0);
    this.claims[partition] = claims;
    this.batch.ops += ops;
    if (ops > 0) this.claimingMs = costs.batchMicroseconds / 1e3;
    return ops;
  }

  /** Takes up to `most` ops off the claims, and draws how long linking them takes. */
  private link(claims: Claim[], most: number): ReturnType<LinkedPartition["link"]> {
    const { costs, random, workers } = this.shop;
    const parts: Slice["parts"] = [];
    let [ops, ms, aloneMs] = [0, 0, 0];
    while (ops < most && claims.length > 0) {
      const claim = claims[0]!;
      const part = Math.min(most - ops, claim.left);
      const cost = part * linkMs(costs, claim.space.linked);
      parts.push({ claim, ops: part });
      ops += part;
      aloneMs += cost;
      ms += cost * (claim.space.linkers++ > 0 ? costs.sharedSpace : 1);
      claim.left -= part;
      if (claim.left === 0) claims.shift();
    }
    const linking = workers.reduce((count, worker) => count + (worker.linking ? 1 : 0), 1);
    const crowded = this.shop.crowding(linking);
    const workedMs = this.claimingMs + ms * noise(costs, random) * slowdown(costs, linking, ms / ops);
    this.slice = { parts, ops, workedMs, tookMs: workedMs * crowded, aloneMs, crowded };
    return { linked: ops, moved: 0, effort: ops, more: claims.length > 0 };
  }

  /** The time of the slice is over: its ops are linked. */
  private settle(): void {
    const { events, costs, records } = this.shop;
    const { parts, ops, tookMs, workedMs, aloneMs, crowded } = this.slice!;
    this.slice = null;
    this.msPerOp = this.loop.msPerOp;
    for (const { claim, ops } of parts) {
      claim.space.linkers--;
      claim.space.linked += ops;
      records.linked(claim, ops, events.now);
    }
    const { since, depth, ops: claimed, stolen } = this.batch;
    if (!this.hasClaims) records.batchDone(depth, claimed, events.now - since, stolen);
    const turnMs = costs.sliceMicroseconds / 1e3;
    records.slice(this.number, ops, tookMs, workedMs + turnMs, aloneMs);
    this.shop.progressed();
    events.after(turnMs * crowded, () => this.step());
  }

  private park(): void {
    const { events, costs, records } = this.shop;
    this.parked = true;
    records.parked(this.number, costs.parkMicroseconds / 1e3);
    const parking = ++this.parkings;
    events.after(this.loop.restMs, () => {
      if (parking !== this.parkings) return;
      this.parked = false;
      this.step();
    });
  }
}
