/* Does a space come back from its snapshot with the same vectors, the same graph and the same answers? */
import { describe, expect, test } from "bun:test";
import {
  E_BROKEN,
  E_FOREIGN,
  E_MEMORY,
  E_MORE,
  E_STALE,
  F_KIND,
  FAULT_ARENA_SPLIT,
  FAULT_LINK_BACK,
  FAULT_LINK_DONE,
  FAULT_LINK_NODE_LOCKED,
  FRAME_END,
  FRAME_SLOTS,
  FRAME_SPACE,
  FS_DIMENSIONS,
  FS_METRIC,
  FS_SEED,
  OK,
} from "../../assembly/layout.ts";
import type { PartitionSettings, Seat } from "../../src/core/seat.ts";
import { readSpaceFrame } from "../../src/snapshot/frames.ts";
import type { Key } from "../../src/values/keys.ts";
import {
  CoreSpace,
  clustered,
  cutLists,
  Exam,
  linkAll,
  partition,
  random,
  uniform,
  usedBytes,
  type VectorSet,
} from "./harness.ts";

const SEED = 1414;

/** A space's snapshot, frame by frame; `between` runs after the cut and after every frame. */
function snapshotOf(space: CoreSpace, by = space.seat, between = () => {}): Uint8Array[] {
  const { core } = by;
  expect(core.startSnapshot(space.at, space.incarnation)).toBe(OK);
  between();
  const frames: Uint8Array[] = [];
  for (let bytes = core.nextFrame(); bytes !== 0; bytes = core.nextFrame()) {
    if (bytes < 0 && bytes !== E_MORE) throw new Error(`nextFrame answered ${bytes}`);
    if (bytes > 0) frames.push(by.intakeBytes.slice(0, bytes));
    between();
  }
  expect(core.endSnapshot()).toBe(OK);
  by.clearIntake();
  return frames;
}

/** The answer to the first frame that is not taken, or OK. */
function load(seat: Seat, frames: Uint8Array[]): number {
  for (const [i, frame] of frames.entries()) {
    seat.intakeBytes.set(frame);
    const answer = seat.core.loadFrame(0, i === 0 ? 1 : 0);
    if (answer !== OK) return answer;
  }
  seat.clearIntake();
  return OK;
}

async function loaded(frames: Uint8Array[], settings: Partial<PartitionSettings>, name = "s"): Promise<CoreSpace> {
  const seat = await partition(settings, "debug");
  expect(load(seat, frames)).toBe(OK);
  return new CoreSpace(seat, name);
}

function contents(space: CoreSpace): string[] {
  return space
    .keys()
    .map((key) => `${typeof key} ${String(key)}: ${space.get(key)!.join()}`)
    .sort();
}

/** Fails unless the copy is whole and has the same keys and vectors. */
function expectSame(copy: CoreSpace, original: string[], context: string): void {
  copy.expectWhole(context);
  expect(contents(copy), context).toEqual(original);
}

const answersTo = (space: CoreSpace, queries: VectorSet, k = 10) =>
  Array.from({ length: queries.count }, (_, q) => space.search(queries.at(q), k));

for (const metric of ["cosine", "l2", "dot"] as const) {
  for (const dimensions of [1, 7, 64]) {
    test(`${metric}, ${dimensions} dimensions: the same graph, so the same answers to the last bit`, async () => {
      const settings = { dimensions, metric, flatBelow: 100 };
      const seat = await partition(settings, "debug");
      const space = new CoreSpace(seat, "s");
      space.addAll(clustered(1500, dimensions, SEED));
      for (let key = 0; key < 1500; key += 11) space.remove(key);
      linkAll(seat);
      const copy = await loaded(snapshotOf(space), settings);
      expectSame(copy, contents(space), "loaded");
      const queries = clustered(50, dimensions, SEED + 1);
      expect(answersTo(copy, queries)).toEqual(answersTo(space, queries));
      // Both go on alike: the same adds give the same graph.
      const more = clustered(300, dimensions, SEED + 2);
      for (const each of [space, copy]) {
        for (let i = 0; i < more.count; i++) each.add(`more ${i}`, more.at(i));
        linkAll(each.seat);
      }
      copy.expectWhole("after more adds");
      expect(answersTo(copy, queries)).toEqual(answersTo(space, queries));
    });
  }
}

describe("what a space can be when the snapshot is taken:", () => {
  const settings = { dimensions: 6, metric: "l2", flatBelow: 128 } as const;
  const set = uniform(900, 6, SEED);

  async function spaceOf(fill: (space: CoreSpace) => void): Promise<CoreSpace> {
    const space = new CoreSpace(await partition(settings, "debug"), "s");
    fill(space);
    return space;
  }

  const states: Record<string, (space: CoreSpace) => void> = {
    empty: () => {},
    flat: (space) => space.addAll(set.part(0, 90)),
    "flat with dead slots": (space) => {
      space.addAll(set.part(0, 90));
      for (let key = 0; key < 30; key++) space.remove(key);
    },
    "keys of every kind": (space) => {
      const keys: Key[] = ["a", "ü€", "\ud800", 0, -1, 2 ** 53 - 1, 1n, -(2n ** 70n), "x".repeat(1024)];
      for (const [i, key] of keys.entries()) space.add(key, set.at(i));
    },
    "about to become a graph": (space) => space.addAll(set.part(0, 129)),
    "half linked": (space) => {
      space.addAll(set);
      space.seat.core.claim(0, 400, 1);
      space.seat.core.link(350);
    },
    "many twins": (space) => {
      for (let key = 0; key < 600; key++) space.add(key, set.at(key % 40));
      linkAll(space.seat);
      for (let key = 600; key < 700; key++) space.add(key, set.at(key % 40));
    },
    "in the middle of a compaction": (space) => {
      space.addAll(set);
      linkAll(space.seat);
      for (let key = 0; key < 300; key++) space.remove(key);
      expect(space.seat.core.claim(0, 1, 1)).toBeGreaterThan(0);
      space.seat.core.link(2);
      for (let key = 300; key < 500; key++) space.add(key, set.at(key - 300));
      space.remove(700);
    },
    "nothing alive": (space) => {
      space.addAll(set);
      linkAll(space.seat);
      for (let key = 0; key < 900; key++) space.remove(key);
    },
  };
  for (const [name, fill] of Object.entries(states)) {
    test(name, async () => {
      const space = await spaceOf(fill);
      const copy = await loaded(snapshotOf(space), settings);
      expectSame(copy, contents(space), name);
      linkAll(copy.seat);
      expectSame(copy, contents(space), `${name}, then linked`);
      expect(copy.figures().pending).toBe(0);
      copy.census(true);
      expect(copy.census(false)).toBe(0);
      const queries = uniform(20, 6, SEED + 9);
      for (let q = 0; q < 20; q++) {
        expect(copy.searchExactly(queries.at(q), 5)).toEqual(space.searchExactly(queries.at(q), 5));
      }
    });
  }

  test("a smaller or larger `flatBelow` than before", async () => {
    const space = await spaceOf((it) => it.addAll(set.part(0, 120)));
    const copy = await loaded(snapshotOf(space), { ...settings, flatBelow: 50 });
    linkAll(copy.seat);
    expect(copy.figures()).toMatchObject({ graph: true, pending: 0 });
    expectSame(copy, contents(space), "now a graph");
    const again = await loaded(snapshotOf(copy), { ...settings, flatBelow: 5000 });
    expect(again.figures().graph).toBe(true);
    expectSame(again, contents(space), "still a graph");
  });

  test("a beam in f32 stays one", async () => {
    const seat = await partition({ ...settings, quantization: "none" }, "debug");
    const space = new CoreSpace(seat, "s");
    space.addAll(set);
    linkAll(seat);
    const copy = await loaded(snapshotOf(space), settings);
    expect(copy.figures().f32Beam).toBe(true);
    expect(answersTo(copy, set.part(0, 30))).toEqual(answersTo(space, set.part(0, 30)));
  });
});

test("the cut is one moment: what comes and goes while the frames are written is not in it", async () => {
  const settings = { dimensions: 8, metric: "l2", flatBelow: 100 } as const;
  for (let round = 0; round < 20; round++) {
    const seat = await partition(settings, "debug");
    const other = await neighbourOf(seat);
    const space = new CoreSpace(seat, "s");
    const source = random(SEED + round);
    const set = clustered(4000, 8, SEED + round);
    for (let i = 0; i < 2500; i++) space.add(source.below(1500), set.at(i));
    if (round % 2 === 0) linkAll(seat);
    else {
      seat.core.claim(0, 700, 1);
      seat.core.link(600);
    }
    const then = contents(space);
    let next = 2500;
    const frames = snapshotOf(space, other, () => {
      for (let i = 0; i < 40 && next < 4000; i++) {
        const key = source.below(1600);
        if (i % 3 === 0) space.remove(key);
        else space.add(key, set.at(next++));
      }
      seat.core.claim(0, 120, 1);
      seat.core.link(100);
    });
    const copy = await loaded(frames, settings);
    expectSame(copy, then, `round ${round}`);
    linkAll(copy.seat);
    copy.census(true);
    expectSame(copy, then, `round ${round}, linked`);
    expect(copy.census(false)).toBe(0);
    space.expectWhole(`round ${round}, the original`);
  }
});

/** Another seat in the same partition, as the snapshot thread has one. */
async function neighbourOf(seat: Seat): Promise<Seat> {
  const { coreModule } = await import("./harness.ts");
  const { Seat: SeatOf } = await import("../../src/core/seat.ts");
  return SeatOf.join(await coreModule("debug"), seat.memory, 1, true);
}

test("a large space is looked at by slices, and linked into between them", async () => {
  const settings = { dimensions: 2, metric: "l2", flatBelow: 100, M: 4, efConstruction: 8 } as const;
  const seat = await partition(settings);
  const space = new CoreSpace(seat, "s");
  const set = uniform(140_000, 2, SEED);
  for (let i = 0; i < 135_000; i++) space.add(i, set.at(i));
  linkAll(seat);
  for (let i = 135_000; i < set.count; i++) space.add(i, set.at(i));
  const other = await neighbourOf(seat);
  expect(other.core.startSnapshot(space.at, space.incarnation)).toBe(OK);
  const slices = [other.core.nextFrame(), other.core.nextFrame()];
  expect(slices).toEqual([E_MORE, E_MORE]);
  expect(other.core.nextFrame()).toBeGreaterThan(0);
  expect(other.core.endSnapshot()).toBe(OK);

  const copy = await loaded(
    snapshotOf(space, other, () => {
      seat.core.claim(0, 200, 0);
      seat.core.link(200);
    }),
    settings,
  );
  expect(copy.keys().length).toBe(set.count);
  linkAll(copy.seat);
  copy.census(true);
  copy.expectWhole(`seed ${SEED}`);
  for (let q = 0; q < 20; q++) expect(copy.search(set.at(q * 7000), 1)[0]!.key).toBe(q * 7000);
});

test("twins of a slot whose linking failed come back, though it counts as not linked", async () => {
  const settings = { dimensions: 6, metric: "l2", flatBelow: 100 } as const;
  const seat = await partition(settings, "debug");
  const space = new CoreSpace(seat, "s");
  const set = uniform(400, 6, SEED);
  space.addAll(set);
  linkAll(seat);
  // Reachable by the links of others, and not linked: the fault is after its neighbours have taken it.
  space.add("owner", uniform(1, 6, 5).at(0));
  seat.core.claim(0, 1, 0);
  seat.core.armFault(FAULT_LINK_DONE, 1);
  expect(() => seat.core.link(1)).toThrow();
  seat.core.repairSeat(0);
  const other = await neighbourOf(seat);
  space.add("twin", uniform(1, 6, 5).at(0));
  other.core.claim(0, 1, 0);
  other.core.link(1);
  const copy = await loaded(snapshotOf(space, other), settings);
  for (const each of ["as loaded", "linked"]) {
    const hits = copy.search(uniform(1, 6, 5).at(0), 2).map(({ key }) => key);
    expect(hits.sort(), each).toEqual(["owner", "twin"]);
    linkAll(copy.seat);
  }
  copy.expectWhole("with twins");
});

test("a loaded graph has the recall of the original", async () => {
  const settings = { dimensions: 16, metric: "l2", flatBelow: 200 } as const;
  const seat = await partition(settings);
  const space = new CoreSpace(seat, "s");
  const set = clustered(6000, 16, SEED);
  space.addAll(set.part(0, 5000));
  linkAll(seat);
  // Half of what is added last is linked while the frames are written: the ways through it are missing in the copy.
  for (let i = 5000; i < 6000; i++) space.add(i, set.at(i));
  const other = await neighbourOf(seat);
  const frames = snapshotOf(space, other, () => {
    seat.core.claim(0, 20, 1);
    seat.core.link(20);
  });
  const copy = await loaded(frames, settings);
  linkAll(copy.seat);
  copy.census(true);
  const exam = new Exam("l2", set, clustered(200, 16, SEED + 5));
  linkAll(seat);
  const recall = exam.recall((query, k) => space.search(query, k));
  expect(recall).toBeGreaterThan(0.94);
  expect(exam.recall((query, k) => copy.search(query, k))).toBeGreaterThan(recall - 0.01);
});

describe("a loaded graph has no distances until something is linked into it:", () => {
  const COUNT = 3000;
  const BASE = 3 * 1024 * 64 * 4; // bytes of distances: three chunks of 1,024 lists of 4 M
  const settings = { dimensions: 16, metric: "cosine", flatBelow: 100 } as const;
  const build = async () => {
    const space = new CoreSpace(await partition(settings, "debug"), "s");
    space.addAll(clustered(COUNT, 16, SEED));
    linkAll(space.seat);
    return { space, frames: snapshotOf(space) };
  };
  // The first frame holds the number of the partition's last op.
  const slotsOf = (space: CoreSpace) => snapshotOf(space).slice(1);

  test("it takes that much less memory, and its own snapshot is the original's", async () => {
    const { space, frames } = await build();
    const copy = await loaded(frames, settings);
    expect(space.figures().bytes - copy.figures().bytes).toBeGreaterThanOrEqual(BASE);
    expect(slotsOf(copy)).toEqual(frames.slice(1));
    copy.census(true); // finds nothing to mend, so it needs none
    expect(space.figures().bytes - copy.figures().bytes).toBeGreaterThanOrEqual(BASE);
  });

  test("once something is added it takes as much, and becomes the same graph", async () => {
    const { space, frames } = await build();
    const copy = await loaded(frames, settings);
    const before = copy.figures().bytes;
    copy.add("one more", uniform(1, 16, SEED + 1).at(0));
    expect(copy.figures().bytes - before).toBeGreaterThanOrEqual(BASE);
    space.add("one more", uniform(1, 16, SEED + 1).at(0));
    const more = clustered(1000, 16, SEED + 2);
    for (const each of [space, copy]) {
      for (let i = 0; i < more.count; i++) each.add(`more ${i}`, more.at(i));
      linkAll(each.seat);
    }
    copy.expectWhole("linked into");
    expect(slotsOf(copy)).toEqual(slotsOf(space));
  });

  test("without room for them adds are refused, and what is there is found and goes", async () => {
    const { space, frames } = await build();
    const room = usedBytes(space.seat) - BASE / 2;
    const copy = await loaded(frames, { ...settings, partitionLimit: room });
    const query = clustered(COUNT, 16, SEED).at(7);
    const before = usedBytes(copy.seat);
    expect(copy.tryAdd("one more", query)).toBe(E_MEMORY);
    expect(copy.seat.core.reserve(copy.at, copy.incarnation, 1, 8)).toBe(E_MEMORY);
    expect(copy.seat.infoAt(0)).toBeGreaterThan(BASE);
    expect(usedBytes(copy.seat)).toBe(before);
    expect(copy.search(query, 3)).toEqual(space.search(query, 3));
    expect(copy.remove(7)).toBe(true);
    copy.expectWhole("full");
  });

  test("a census that mends gives it some, or tells that there is no room for them", async () => {
    const { space, frames } = await build();
    const most = (slot: number) => slot % 4 !== 0;
    const copy = await loaded(frames, settings);
    cutLists(copy, most);
    const before = copy.figures().bytes;
    expect(copy.census(true)).toBeGreaterThan(0);
    expect(copy.figures().bytes - before).toBeGreaterThanOrEqual(BASE);
    expect(copy.census(false)).toBe(0);
    copy.expectWhole("mended");

    const full = await loaded(frames, { ...settings, partitionLimit: usedBytes(space.seat) - BASE / 2 });
    cutLists(full, most);
    const { core } = full.seat;
    const used = usedBytes(full.seat);
    expect(core.startCensus(full.at, full.incarnation, 1)).toBe(1);
    let answer = core.continueCensus(1000, 1);
    while (answer === 1) answer = core.continueCensus(1000, 1);
    expect(answer).toBe(E_MEMORY);
    expect(usedBytes(full.seat)).toBe(used);
  });

  for (const [name, point] of Object.entries({ FAULT_ARENA_SPLIT, FAULT_LINK_NODE_LOCKED, FAULT_LINK_BACK })) {
    test(`traps at ${name} are put right`, async () => {
      const { frames } = await build();
      const [set, more] = [clustered(COUNT, 16, SEED), clustered(50, 16, SEED + 3)];
      for (const countdown of [1, 2, 3]) {
        const copy = await loaded(frames, settings);
        const { core } = copy.seat;
        core.armFault(point, countdown);
        let traps = 0;
        for (let i = 0; i < more.count; i++) {
          try {
            copy.add(`more ${i}`, more.at(i));
            copy.linkAll();
          } catch {
            traps++;
            core.repairSeat(copy.seat.number);
          }
        }
        copy.linkAll();
        expect(traps, `countdown ${countdown}`).toBe(1);
        copy.expectWhole(`countdown ${countdown}`);
        for (let i = 0; i < COUNT; i += 37) expect(copy.search(set.at(i), 1)[0]!.distance).toBeLessThan(1e-6);
      }
    });
  }

  test("what waited to be linked is linked", async () => {
    const seat = await partition(settings, "debug");
    const space = new CoreSpace(seat, "s");
    const set = clustered(COUNT, 16, SEED);
    space.addAll(set.part(0, COUNT - 500));
    linkAll(seat);
    for (let i = COUNT - 500; i < COUNT; i++) space.add(i, set.at(i));
    const copy = await loaded(snapshotOf(space), settings);
    for (const each of [space, copy]) linkAll(each.seat);
    copy.expectWhole("linked");
    expect(copy.figures().pending).toBe(0);
    expect(slotsOf(copy)).toEqual(slotsOf(space));
  });
});

test("a dropped space's snapshot ends with E_STALE, and its memory comes back", async () => {
  const settings = { dimensions: 8, flatBelow: 100 };
  const seat = await partition(settings, "debug");
  const other = await neighbourOf(seat);
  const before = usedBytes(seat);
  const space = new CoreSpace(seat, "s");
  space.addAll(uniform(3000, 8, SEED));
  linkAll(seat);
  expect(other.core.startSnapshot(space.at, space.incarnation)).toBe(OK);
  expect(other.core.nextFrame()).toBeGreaterThan(0);
  space.drop();
  expect(other.core.nextFrame()).toBe(E_STALE);
  expect(other.core.endSnapshot()).toBe(OK);
  expect(other.core.startSnapshot(space.at, space.incarnation)).toBe(E_STALE);
  seat.core.tidy();
  expect(usedBytes(seat)).toBeLessThan(before + 1000);
});

describe("what is refused", () => {
  const settings = { dimensions: 8, metric: "l2", flatBelow: 100 } as const;
  const made = (async () => {
    const space = new CoreSpace(await partition(settings, "debug"), "s");
    space.addAll(uniform(1000, 8, SEED));
    linkAll(space.seat);
    return snapshotOf(space);
  })();

  test("other settings, by the word that differs", async () => {
    const others = [
      [{ dimensions: 9 }, FS_DIMENSIONS],
      [{ metric: "dot" as const }, FS_METRIC],
      [{ seed: 2 }, FS_SEED],
    ] as const;
    for (const [change, word] of others) {
      const seat = await partition({ ...settings, ...change }, "debug");
      expect(load(seat, await made)).toBe(E_FOREIGN);
      expect(seat.infoAt(0)).toBe(word);
      expect(seat.core.nextSpace(0)).not.toBe(OK);
    }
  });

  test("frames that are missing, come twice or in another order", async () => {
    const frames = await made;
    const kinds = frames.map((frame) => new DataView(frame.buffer).getUint32(F_KIND, true));
    expect([kinds[0], kinds[1], kinds.at(-1)]).toEqual([FRAME_SPACE, FRAME_SLOTS, FRAME_END]);
    expect(frames.length).toBeGreaterThan(5);
    const wrong = {
      "no first frame": frames.slice(1),
      "a missing one": frames.toSpliced(2, 1),
      "one twice": frames.toSpliced(2, 0, frames[2]!),
      "two exchanged": [...frames.slice(0, 2), frames[3]!, frames[2]!, ...frames.slice(4)],
      "an early end": [...frames.slice(0, 3), frames.at(-1)!],
      "the space again": [...frames, frames[0]!],
    };
    for (const [name, list] of Object.entries(wrong)) {
      const seat = await partition(settings, "debug");
      expect({ name, answer: load(seat, list) }).toEqual({ name, answer: E_BROKEN });
    }
  });

  test("more than the memory holds", async () => {
    const seat = await partition({ ...settings, partitionLimit: 2 ** 20 }, "debug");
    const larger = new CoreSpace(await partition(settings, "debug"), "s");
    larger.addAll(uniform(20_000, 8, SEED));
    expect(load(seat, snapshotOf(larger))).toBe(E_MEMORY);
    expect(seat.core.dropSpace(seat.infoAt(0), 1)).toBe(OK);
    expect(load(seat, await made)).toBe(OK);
  });

  test("the first frame tells whose snapshot it is", async () => {
    const first = readSpaceFrame((await made)[0]!)!;
    expect({ ...first, name: new TextDecoder().decode(first.name) }).toMatchObject({
      id: 0,
      sequence: 1001,
      name: "s",
    });
    expect(readSpaceFrame((await made)[1]!)).toBeNull();
  });
});
