/* Does a graph that was loaded link and mend like the one that was saved? */
import { describe, expect, test } from "bun:test";
import { FAULT_ARENA_SPLIT, FAULT_LINK_BACK, FAULT_LINK_NODE_LOCKED, FRAME_BYTES } from "../../../assembly/layout.ts";
import { kindOf } from "../../../src/snapshot/frames.ts";
import { clustered } from "../../support/vectors.ts";
import { CoreSpace, cutLists, linkAll, partition } from "../harness.ts";
import { loaded, SEED, snapshotOf } from "../snapshot/snapshots.ts";

describe("a loaded graph:", () => {
  const COUNT = 3000;
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

  test("it takes no more memory, and its own snapshot is the original's", async () => {
    const { space, frames } = await build();
    const copy = await loaded(frames, settings);
    expect(copy.figures().bytes).toBeLessThanOrEqual(space.figures().bytes);
    expect(slotsOf(copy)).toEqual(slotsIn(frames));
  });

  test("what is added afterwards makes the same graph of both", async () => {
    const { space, frames } = await build();
    const copy = await loaded(frames, settings);
    const more = clustered(1000, 16, SEED + 2);
    for (const each of [space, copy]) {
      for (let i = 0; i < more.count; i++) each.add(`more ${i}`, more.at(i));
      linkAll(each.seat);
    }
    copy.expectWhole("linked into");
    expect(slotsOf(copy)).toEqual(slotsOf(space));
  });

  test("a census mends what was cut off", async () => {
    const { frames } = await build();
    const copy = await loaded(frames, settings);
    cutLists(copy, (slot: number) => slot % 4 !== 0);
    expect(copy.census(true)).toBeGreaterThan(0);
    expect(copy.census(false)).toBe(0);
    copy.expectWhole("mended");
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
