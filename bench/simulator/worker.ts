// What does a virtual worker do next? The loop of src/workers/link-loop.ts and src/workers/worker.ts, step by step, with the policies of
// src/scheduler; only the time that linking takes is drawn instead of spent. Change this file with those.

import type { Random } from "../datasets/random.ts";
import { type Costs, linkMs, noise, slowdown } from "./costs.ts";
import type { Events } from "./events.ts";
import type { Rules } from "./policy.ts";
import type { Claim, Queues } from "./queues.ts";
import type { Records } from "./records.ts";

const SLICE_MS = 5;
const FIRST_SLICE_OPS = 8;
const LARGEST_SLICE_OPS = 4096;
const SMOOTHING = 0.2;
const PARK_MS = 50;

/** What all workers of a simulation share. */
export interface Shop {
  events: Events;
  queues: Queues;
  costs: Costs;
  rules: Rules;
  random: Random;
  records: Records;
  workers: VirtualWorker[];
  /** Threads that accept ops now; a fraction for one that is busy part of the time. */
  accepting: number;
  /** How much longer everything takes while so many threads link: more threads than cores share them. */
  crowding(linking: number): number;
  /** Called after every slice: who waits for room tries again. */
  progressed(): void;
}

export class VirtualWorker {
  readonly number: number;
  msPerOp = 0;
  linking = false;
  parked = false;
  private readonly shop: Shop;
  /** Claims by partition: a seat each, as in the core. */
  private readonly claims: Claim[][];
  private current = -1;
  private nextPartition = 0;
  private parkings = 0;
  private stalledUntil = 0;
  private batch = { since: 0, depth: 0, ops: 0, stolen: false };

  constructor(number: number, shop: Shop) {
    this.number = number;
    this.shop = shop;
    this.claims = Array.from({ length: shop.queues.partitionCount }, () => []);
  }

  /** Whether it holds no claims. */
  get idle(): boolean {
    return this.current < 0;
  }

  /** Does nothing from now on for so long, as a thread that the system does not run. */
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
    const { events, costs } = this.shop;
    if (events.now < this.stalledUntil) {
      events.at(this.stalledUntil, () => this.step());
      return;
    }
    const own = this.current >= 0 ? 0 : this.takeOwn();
    const stolen = this.current >= 0 ? 0 : this.steal();
    if (this.current < 0) {
      this.park();
      return;
    }
    this.link(own + stolen > 0 ? costs.batchMicroseconds / 1e3 : 0);
  }

  private takeOwn(): number {
    const { queues, rules, records } = this.shop;
    const depth = queues.depths[this.number]!;
    const claimed = this.claim(this.number, rules.batchSize(depth, this.msPerOp));
    if (claimed === 0) return 0;
    this.begin(depth, claimed, false);
    records.batch(this.number);
    if (depth > rules.wakeThreshold) this.wakeThief();
    return claimed;
  }

  private wakeThief(): void {
    if (!this.shop.rules.steals) return;
    for (const other of this.shop.workers) {
      if (other === this || !other.parked) continue;
      other.wake();
      return;
    }
  }

  private steal(): number {
    const { queues, rules, records, workers } = this.shop;
    const victim = rules.chooseVictim(this.number, queues.depths, workers);
    if (victim < 0) return 0;
    const depth = queues.depths[victim]!;
    const stolen = this.claim(victim, rules.stealSize(depth, this.msPerOp));
    if (stolen === 0) return 0;
    this.begin(depth, stolen, true);
    records.steal(this.number, stolen);
    if (depth - stolen > rules.wakeThreshold) this.wakeThief();
    return stolen;
  }

  private begin(depth: number, ops: number, stolen: boolean): void {
    this.batch = { since: this.shop.events.now, depth, ops, stolen };
    this.current = this.claims.findIndex((claims) => claims.length > 0);
  }

  /** Claims up to `most` ops of a home's queues, starting with another partition each time. */
  private claim(home: number, most: number): number {
    const { queues } = this.shop;
    const first = this.nextPartition++;
    let claimed = 0;
    for (let i = 0; i < queues.partitionCount && claimed < most; i++) {
      const partition = (first + i) % queues.partitionCount;
      this.claims[partition] = queues.claim(partition, home, most - claimed);
      for (const { left } of this.claims[partition]!) claimed += left;
    }
    return claimed;
  }

  /** One slice of about 5 ms of the current seat's claims. */
  private link(claiming: number): void {
    const { events, costs, random, records, workers } = this.shop;
    const affordable = this.msPerOp > 0 ? SLICE_MS / this.msPerOp : FIRST_SLICE_OPS;
    let most = Math.max(1, Math.min(LARGEST_SLICE_OPS, Math.floor(affordable)));
    const parts: { claim: Claim; ops: number }[] = [];
    let ms = 0;
    let alone = 0;
    let ops = 0;
    for (const claim of this.claims[this.current]!) {
      if (most === 0) break;
      const part = Math.min(most, claim.left);
      parts.push({ claim, ops: part });
      const shared = claim.space.linkers > 0 ? costs.sharedSpace : 1;
      const cost = part * linkMs(costs, claim.space.linked);
      alone += cost;
      ms += cost * shared;
      claim.space.linkers++;
      most -= part;
      ops += part;
    }
    this.linking = true;
    const linking = workers.reduce((count, worker) => count + (worker.linking ? 1 : 0), 0);
    const crowded = this.shop.crowding(linking);
    const worked = claiming + ms * noise(costs, random) * slowdown(costs, linking, ms / ops);
    const took = worked * crowded;
    events.after(took, () => {
      this.linking = false;
      this.settle(parts);
      const cost = took / ops;
      this.msPerOp = this.msPerOp === 0 ? cost : this.msPerOp + SMOOTHING * (cost - this.msPerOp);
      records.slice(this.number, ops, took, worked, alone);
      records.worked(this.number, costs.sliceMicroseconds / 1e3);
      this.shop.progressed();
      events.after((costs.sliceMicroseconds / 1e3) * crowded, () => this.step());
    });
  }

  private settle(parts: { claim: Claim; ops: number }[]): void {
    const { events, records } = this.shop;
    const seat = this.claims[this.current]!;
    for (const { claim, ops } of parts) {
      claim.space.linkers--;
      claim.space.linked += ops;
      claim.left -= ops;
      records.linked(claim, ops, events.now);
      if (claim.left === 0) seat.shift();
    }
    if (seat.length > 0) return;
    this.current = this.claims.findIndex((claims) => claims.length > 0);
    if (this.current < 0) {
      const { since, depth, ops, stolen } = this.batch;
      records.batchDone(depth, ops, events.now - since, stolen);
    }
  }

  private park(): void {
    const { events, records } = this.shop;
    this.parked = true;
    records.parked(this.number);
    records.worked(this.number, this.shop.costs.parkMicroseconds / 1e3);
    const parking = ++this.parkings;
    events.after(PARK_MS, () => {
      if (parking !== this.parkings) return;
      this.parked = false;
      this.step();
    });
  }
}
