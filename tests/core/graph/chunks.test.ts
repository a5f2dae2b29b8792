/* Does a graph that was loaded, so without distances, search, link and mend like one that has them? */
import { describe, expect, test } from "bun:test";
import {
  E_MEMORY,
  FAULT_ARENA_SPLIT,
  FAULT_LINK_BACK,
  FAULT_LINK_NODE_LOCKED,
  FRAME_BYTES,
} from "../../../assembly/layout.ts";
import { kindOf } from "../../../src/snapshot/frames.ts";
import { clustered, uniform } from "../../support/vectors.ts";
import { CoreSpace, cutLists, linkAll, partition, usedBytes } from "../harness.ts";
import { loaded, SEED, snapshotOf } from "../snapshot/snapshots.ts";

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
  // The first frame holds the number of the partition's last op, and one what the space takes in memory.
  const slotsIn = (frames: Uint8Array[]) => frames.slice(1).filter((frame) => kindOf(frame) !== FRAME_BYTES);
  const slotsOf = (space: CoreSpace) => slotsIn(snapshotOf(space));

  test("it takes that much less memory, and its own snapshot is the original's", async () => {
    const { space, frames } = await build();
    const copy = await loaded(frames, settings);
    expect(space.figures().bytes - copy.figures().bytes).toBeGreaterThanOrEqual(BASE);
    expect(slotsOf(copy)).toEqual(slotsIn(frames));
    copy.census(true); // finds nothing to mend, so it makes none
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

  test("without room for them adds are refused, and what was loaded is found and deleted", async () => {
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

  test("a census that mends makes them, or reports that there is no room for them", async () => {
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
    let status = core.continueCensus(1000, 1);
    while (status === 1) status = core.continueCensus(1000, 1);
    expect(status).toBe(E_MEMORY);
    expect(usedBytes(full.seat)).toBe(used);
  });

  for (const [name, point] of Object.entries({ FAULT_ARENA_SPLIT, FAULT_LINK_NODE_LOCKED, FAULT_LINK_BACK })) {
    test(`traps at ${name} are repaired`, async () => {
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
