/* Does a space come back from its snapshot with the same vectors, the same graph and the same hits? */
import { describe, expect, test } from "bun:test";
import {
  E_BROKEN,
  E_FOREIGN,
  E_MEMORY,
  F_KIND,
  FRAME_BYTES,
  FRAME_END,
  FRAME_SLOTS,
  FRAME_SPACE,
  FS_DIMENSIONS,
  FS_METRIC,
  FS_SEED,
  OK,
} from "../../../assembly/layout.ts";
import { spacesOf } from "../../../src/core/spaces.ts";
import { readSpaceFrame } from "../../../src/snapshot/frames.ts";
import type { Key } from "../../../src/values/keys.ts";
import { clustered, Exam, uniform } from "../../support/vectors.ts";
import { CoreSpace, linkAll, partition } from "../harness.ts";
import { contents, expectSame, hitsOf, load, loaded, neighbourOf, SEED, snapshotOf } from "./snapshots.ts";

for (const metric of ["cosine", "l2", "dot"] as const) {
  for (const dimensions of [1, 7, 64]) {
    test(`${metric}, ${dimensions} dimensions: the same graph, so the same hits to the last bit`, async () => {
      const settings = { dimensions, metric, flatBelow: 100 };
      const seat = await partition(settings, "debug");
      const space = new CoreSpace(seat, "s");
      space.addAll(clustered(1500, dimensions, SEED));
      for (let key = 0; key < 1500; key += 11) space.remove(key);
      linkAll(seat);
      const copy = await loaded(snapshotOf(space), settings);
      expectSame(copy, contents(space), "loaded");
      const queries = clustered(50, dimensions, SEED + 1);
      expect(hitsOf(copy, queries)).toEqual(hitsOf(space, queries));
      // Both continue alike: the same adds give the same graph.
      const more = clustered(300, dimensions, SEED + 2);
      for (const each of [space, copy]) {
        for (let i = 0; i < more.count; i++) each.add(`more ${i}`, more.at(i));
        linkAll(each.seat);
      }
      copy.expectWhole("after more adds");
      expect(hitsOf(copy, queries)).toEqual(hitsOf(space, queries));
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
    expect(hitsOf(copy, set.part(0, 30))).toEqual(hitsOf(space, set.part(0, 30)));
  });
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
      expect(spacesOf(seat)).toEqual([]);
    }
  });

  test("frames that are missing, come twice or in another order", async () => {
    const frames = await made;
    const kinds = frames.map((frame) => new DataView(frame.buffer).getUint32(F_KIND, true));
    expect([...kinds.slice(0, 3), kinds.at(-1)]).toEqual([FRAME_SPACE, FRAME_BYTES, FRAME_SLOTS, FRAME_END]);
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
      expect({ name, status: load(seat, list) }).toEqual({ name, status: E_BROKEN });
    }
  });

  test("more than the memory holds", async () => {
    const seat = await partition({ ...settings, partitionLimit: 2 ** 20 }, "debug");
    const larger = new CoreSpace(await partition(settings, "debug"), "s");
    larger.addAll(uniform(12_000, 8, SEED));
    expect(load(seat, snapshotOf(larger))).toBe(E_MEMORY);
    expect(seat.core.dropSpace(seat.infoAt(0), 1)).toBe(OK);
    expect(load(seat, await made)).toBe(OK);
  });

  test("the first frame names the space and the cut", async () => {
    const first = readSpaceFrame((await made)[0]!)!;
    expect({ ...first, name: new TextDecoder().decode(first.name) }).toMatchObject({
      id: 0,
      sequence: 1001,
      name: "s",
    });
    expect(readSpaceFrame((await made)[1]!)).toBeNull();
  });
});
