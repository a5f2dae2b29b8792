/* Is a snapshot one moment of a space, while other threads add, link and drop? */
import { expect, test } from "bun:test";
import { E_MORE, E_STALE, FAULT_LINK_DONE, OK } from "../../../assembly/layout.ts";
import { clustered, random, uniform } from "../../support/vectors.ts";
import { CoreSpace, linkAll, partition, usedBytes } from "../harness.ts";
import { contents, expectSame, loaded, neighbourOf, SEED, snapshotOf } from "./snapshots.ts";

test("the cut is one moment: what comes and goes while the frames are written is not in it", async () => {
  const settings = { dimensions: 8, metric: "l2", flatBelow: 100 } as const;
  for (let round = 0; round < 8; round++) {
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

test("a large space is marked in slices, and linked into between them", async () => {
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

test("a dropped space's snapshot ends with E_STALE, and its memory is freed", async () => {
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
