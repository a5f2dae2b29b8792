/* Does a worker link its own ops first, steal when there are none, and stay within its slice? On a virtual clock. */
import { beforeEach, describe, expect, test } from "bun:test";
import { DEFAULT_BATCHING } from "../../../src/scheduler/batching.ts";
import { DEFAULT_STEALING } from "../../../src/scheduler/stealing.ts";
import type { Figure } from "../../../src/workers/control.ts";
import { type LinkedPartition, LinkLoop } from "../../../src/workers/link-loop.ts";
import { policyOf } from "../../../src/workers/linker.ts";

const WORKERS = 3;
const OP_MS = 0.1;

let now: number;
let woken: number[];
let parked: Set<number>;
let busy: Set<number>;
let figures: Map<Figure, number>;
let linkings: [ms: number, ops: number][];
let thefts: [thief: number, victim: number, ops: number][];

beforeEach(() => {
  now = 0;
  woken = [];
  parked = new Set();
  busy = new Set();
  figures = new Map();
  thefts = [];
  linkings = [];
});

/** Ops are numbers that wait for a home; linking one takes 0.1 ms. */
class VirtualPartition implements LinkedPartition {
  claims = 0;
  tidied = 0;
  /** Whether memory waits for its last reader. */
  unread = false;
  repaired = 0;
  /** What is left of a portion that another worker links, and this one could help with. */
  portion = 0;
  slices: number[] = [];
  trap: Error | null = null;
  readonly waiting: number[];

  constructor(waiting: number[]) {
    this.waiting = waiting;
  }

  depthOf(home: number): number {
    return this.waiting[home]!;
  }

  claim(home: number, most: number): number {
    const claimed = Math.min(most, this.waiting[home]!);
    this.waiting[home]! -= claimed;
    this.claims += claimed;
    return claimed;
  }

  canHelp(): boolean {
    return this.portion > 0;
  }

  joinBulk(): boolean {
    this.claims += this.portion;
    this.portion = 0;
    return this.claims > 0;
  }

  hasClaims(): boolean {
    return this.claims > 0;
  }

  link(ops: number) {
    if (this.trap !== null) throw this.trap;
    const linked = Math.min(ops, this.claims);
    this.claims -= linked;
    this.slices.push(linked);
    now += linked * OP_MS;
    return { linked, moved: 0, effort: linked, more: this.claims > 0 };
  }

  tidy(): boolean {
    this.tidied++;
    return this.unread;
  }

  repair(): void {
    this.repaired++;
  }
}

function loopOver(partitions: LinkedPartition[], worker = 0): LinkLoop {
  const control = {
    count: (_: number, figure: Figure, by: number) => void figures.set(figure, (figures.get(figure) ?? 0) + by),
    set: (_: number, figure: Figure, value: number) => void figures.set(figure, value),
    progressed: () => {},
    took: (thief: number, victim: number, ops: number) => void thefts.push([thief, victim, ops]),
    tookToLink: (_: number, ms: number, ops: number) => void linkings.push([ms, ops]),
    isParked: (other: number) => parked.has(other),
    isBusy: (other: number) => busy.has(other),
    wake: (other: number) => void woken.push(other),
  };
  const policy = policyOf({ batching: DEFAULT_BATCHING, stealing: DEFAULT_STEALING });
  return new LinkLoop({ partitions, worker, workers: WORKERS, policy, control, now: () => now });
}

describe("a step", () => {
  test("links own ops, and leaves what waits for others", () => {
    const partition = new VirtualPartition([5, 9000, 0]);
    const loop = loopOver([partition]);
    expect(loop.step()).toBe(true);
    expect(partition.slices).toEqual([5]);
    expect(linkings).toEqual([[OP_MS, 5]]);
    expect(partition.waiting).toEqual([0, 9000, 0]);
    expect(figures.get("steals")).toBeUndefined();
  });

  test("steals when nothing of its own waits, and no more than 20 ms of work", () => {
    const partition = new VirtualPartition([0, 300, 9000]);
    const loop = loopOver([partition]);
    expect(loop.step()).toBe(true);
    expect([figures.get("steals"), figures.get("stolen")]).toEqual([1, 400]);
    expect(thefts).toEqual([[0, 2, 400]]);
    expect(partition.waiting).toEqual([0, 300, 8600]);
  });

  test("helps with a portion when there is nothing else to do, and wakes the next", () => {
    const partitions = [new VirtualPartition([0, 100, 0]), new VirtualPartition([0, 0, 0])];
    partitions[1]!.portion = 6;
    parked.add(2);
    expect(loopOver(partitions).step()).toBe(true);
    expect([partitions[1]!.slices, woken]).toEqual([[6], [2]]);
    partitions[0]!.waiting[0] = 3;
    partitions[1]!.portion = 6;
    loopOver(partitions).step();
    expect([partitions[0]!.slices, partitions[1]!.portion]).toEqual([[3], 6]);
  });

  test("tidies when there is nothing to do", () => {
    const partition = new VirtualPartition([0, 250, 0]);
    expect(loopOver([partition]).step()).toBe(false);
    expect(partition.tidied).toBe(1);
  });

  test("takes about 5 ms, once it knows what an op takes", () => {
    const partition = new VirtualPartition([5000, 0, 0]);
    const loop = loopOver([partition]);
    while (loop.step());
    expect(partition.slices[0]).toBe(8);
    expect(Math.max(...partition.slices)).toBeCloseTo(5 / OP_MS, -1);
    expect([figures.get("linked"), Math.round(figures.get("busyMs")!)]).toEqual([5000, 500]);
  });

  test("begins with another partition each time", () => {
    const partitions = [new VirtualPartition([20, 0, 0]), new VirtualPartition([20, 0, 0])];
    const loop = loopOver(partitions);
    while (loop.step() && partitions[1]!.slices.length === 0);
    expect(partitions[0]!.waiting[0]).toBe(10);
  });

  test("goes on with claims that the worker before it left", () => {
    const partition = new VirtualPartition([0, 0, 0]);
    partition.claims = 3;
    expect(loopOver([partition]).step()).toBe(true);
    expect(partition.slices).toEqual([3]);
  });
});

describe("an idle worker is woken", () => {
  test("by one that finds more than is stolen at once", () => {
    parked.add(1).add(2);
    loopOver([new VirtualPartition([251, 0, 0])]).step();
    expect(woken).toEqual([1]);
  });

  test("by a thief that leaves as much", () => {
    parked.add(2);
    loopOver([new VirtualPartition([0, 9000, 0])]).step();
    expect(woken).toEqual([2]);
  });

  test("not for little, and not one that is busy", () => {
    loopOver([new VirtualPartition([9000, 0, 0])]).step();
    parked.add(1);
    loopOver([new VirtualPartition([250, 0, 0])]).step();
    expect(woken).toEqual([]);
  });
});

test("a step that does nothing says how long to rest: not long while others work, or memory waits for a reader", () => {
  const [first, second] = [new VirtualPartition([0, 0, 0]), new VirtualPartition([0, 0, 0])];
  const loop = loopOver([first, second]);
  expect([loop.step(), loop.restMs > 1000]).toEqual([false, true]);
  first.unread = true;
  expect([loop.step(), loop.restMs < 100]).toEqual([false, true]);
  first.unread = false;
  busy.add(1);
  expect([loop.step(), loop.restMs < 100]).toEqual([false, true]);
  busy.clear();
  expect([loop.step(), loop.restMs > 1000, second.tidied]).toEqual([false, true, 4]);
});

test("a trap is repaired in every partition, counted and thrown on", () => {
  const partitions = [new VirtualPartition([5, 0, 0]), new VirtualPartition([0, 0, 0])];
  partitions[0]!.trap = new Error("unreachable");
  const loop = loopOver(partitions);
  expect(() => loop.step()).toThrow("unreachable");
  expect(partitions.map(({ repaired }) => repaired)).toEqual([1, 1]);
  expect(figures.get("traps")).toBe(1);
  partitions[0]!.trap = null;
  expect(loop.step()).toBe(true);
  expect(partitions[0]!.slices).toEqual([5]);
});

test("it has work while something of its own waits or may be stolen", () => {
  expect(loopOver([new VirtualPartition([1, 0, 0])]).hasWork()).toBe(true);
  expect(loopOver([new VirtualPartition([0, 251, 0])]).hasWork()).toBe(true);
  expect(loopOver([new VirtualPartition([0, 250, 0])]).hasWork()).toBe(false);
  const helped = new VirtualPartition([0, 0, 0]);
  helped.portion = 1;
  expect(loopOver([helped]).hasWork()).toBe(true);
});
