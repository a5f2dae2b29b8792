// Which ops does a claim take? The run queues as assembly/space/queues.ts keeps them, without locks: one thread has them.

import { homeOf, partitionOf } from "../../src/scheduler/assignment.ts";

const MAX_CLAIMS = 256; // ranges that one seat holds at once, as in assembly/layout.ts

export interface VirtualSpace {
  partition: number;
  home: number;
  /** Ops accepted, handed to some worker, and linked. */
  count: number;
  claimed: number;
  linked: number;
  /** Whether it outgrew the flat scan: until then none of its ops waits. */
  eligible: boolean;
  queued: boolean;
  /** Workers that are linking into it now. */
  linkers: number;
  /** When its unclaimed ops arrived: runs of [milliseconds, ops], oldest first, from `oldest` on. */
  arrivals: [number, number][];
  oldest: number;
}

/** A range of one space's ops that a worker has taken. */
export interface Claim {
  space: VirtualSpace;
  left: number;
  arrivals: [number, number][];
}

export class Queues {
  readonly spaces: VirtualSpace[];
  /** Ops that wait for each home. */
  readonly depths: Float64Array;
  readonly partitions: number;
  private readonly workers: number;
  private readonly flatBelow: number;
  /** Dirty spaces of partition p and home h at p × workers + h, the next one first; and ops that wait in each list. */
  private readonly lists: VirtualSpace[][];
  private readonly waits: Float64Array;

  constructor(hashes: readonly number[], partitions: number, workers: number, flatBelow: number) {
    this.partitions = partitions;
    this.workers = workers;
    this.flatBelow = flatBelow;
    this.depths = new Float64Array(workers);
    this.lists = Array.from({ length: partitions * workers }, () => []);
    this.waits = new Float64Array(partitions * workers);
    this.spaces = hashes.map((hash) => ({
      partition: partitionOf(hash, partitions),
      home: homeOf(hash, partitions, workers),
      ...{ count: 0, claimed: 0, linked: 0, eligible: false, queued: false, linkers: 0, arrivals: [], oldest: 0 },
    }));
  }

  /** Fills a space with ops that are linked already. */
  prefill(space: VirtualSpace, ops: number): void {
    space.count = space.claimed = space.linked = ops;
    space.eligible = ops > this.flatBelow;
  }

  /** True if the space was not in its home's queue: the worker of that home must be woken then. */
  accept(space: VirtualSpace, ops: number, now: number): boolean {
    space.count += ops;
    const last = space.arrivals.at(-1);
    if (last && last[0] === now && space.oldest < space.arrivals.length) last[1] += ops;
    else space.arrivals.push([now, ops]);
    if (!space.eligible) {
      if (space.count <= this.flatBelow) return false;
      space.eligible = true;
      ops = space.count; // all that was scanned until now waits to be linked
    }
    this.count(space, ops);
    if (space.queued) return false;
    space.queued = true;
    this.lists[this.indexOf(space.partition, space.home)]!.push(space);
    return true;
  }

  /** Up to `most` ops of one partition's queue of a home: from the space at the head, which then goes to the tail. */
  claim(partition: number, home: number, most: number): Claim[] {
    const list = this.lists[this.indexOf(partition, home)]!;
    const claims: Claim[] = [];
    let ops = 0;
    let firstKept: VirtualSpace | null = null;
    while (ops < most && claims.length < MAX_CLAIMS - 1 && list.length > 0 && list[0] !== firstKept) {
      const space = list.shift()!;
      const waiting = space.count - space.claimed;
      const take = Math.min(waiting, most - ops);
      claims.push({ space, left: take, arrivals: takeArrivals(space, take) });
      space.claimed += take;
      this.count(space, -take);
      ops += take;
      if (take < waiting) {
        list.push(space);
        firstKept ??= space;
      } else space.queued = false;
    }
    return claims;
  }

  /** Ops that no worker has claimed. */
  get waiting(): number {
    return this.depths.reduce((sum, depth) => sum + depth, 0);
  }

  depthOf(partition: number, home: number): number {
    return this.waits[this.indexOf(partition, home)]!;
  }

  private count({ partition, home }: VirtualSpace, ops: number): void {
    this.depths[home]! += ops;
    this.waits[this.indexOf(partition, home)]! += ops;
  }

  private indexOf(partition: number, home: number): number {
    return partition * this.workers + home;
  }
}

function takeArrivals(space: VirtualSpace, ops: number): [number, number][] {
  const taken: [number, number][] = [];
  while (ops > 0) {
    const run = space.arrivals[space.oldest]!;
    const part = Math.min(ops, run[1]);
    taken.push([run[0], part]);
    ops -= part;
    run[1] -= part;
    if (run[1] === 0) space.oldest++;
  }
  if (space.oldest > 1024) {
    space.arrivals.splice(0, space.oldest);
    space.oldest = 0;
  }
  return taken;
}
