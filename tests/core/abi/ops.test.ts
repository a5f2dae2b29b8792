/* Is a reservation enough for what it was made for, and given back in full? */
import { describe, expect, test } from "bun:test";
import { E_MEMORY, OK } from "../../../assembly/layout.ts";
import { CoreSpace, partition } from "../harness.ts";

describe("a reservation", () => {
  /** Promises all that is left to another space, so that the next adds can use only their own reservation. */
  function reserveTheRest(space: CoreSpace): number {
    const { core } = space.seat;
    core.reserve(space.at, space.incarnation, 0, 2 ** 32 - 1); // refused, with what is available
    const available = space.seat.infoAt(1);
    core.reserve(space.at, space.incarnation, 0, 256);
    const overhead = space.seat.infoAt(0) - 256;
    core.unreserve(space.seat.infoAt(0));
    if (available <= overhead + 256) return 0;
    expect(core.reserve(space.at, space.incarnation, 0, available - overhead)).toBe(OK);
    return space.seat.infoAt(0);
  }

  test.each([
    { count: 1, M: 16, flatBelow: 1e9 },
    { count: 7, M: 16, flatBelow: 1e9 },
    { count: 200, M: 16, flatBelow: 1e9 },
    { count: 1, M: 16, flatBelow: 100 },
    { count: 200, M: 4, flatBelow: 100 },
  ])("of $count vectors is enough for them, M $M, flatBelow $flatBelow", async ({ count, M, flatBelow }) => {
    const seat = await partition({ dimensions: 4, M, flatBelow });
    const space = new CoreSpace(seat, "space");
    const other = new CoreSpace(seat, "other");
    for (let next = 0; next < 60_000; ) {
      expect(seat.core.reserve(space.at, space.incarnation, count, count * 12)).toBe(OK);
      const mine = seat.infoAt(0);
      const rest = reserveTheRest(other);
      for (let i = 0; i < count; i++) {
        const status = space.tryAdd(next++, [1, 2, 3, next], mine);
        if (status < 0)
          throw new Error(`add ${next} in a reservation for ${count} returned ${status}, of ${mine} bytes`);
      }
      seat.core.unreserve(mine);
      seat.core.unreserve(rest);
    }
  });

  test("is refused with what it needs and what is available, and given back in full", async () => {
    const seat = await partition({ dimensions: 4, partitionLimit: 2 ** 22 });
    const space = new CoreSpace(seat, "space");
    expect(seat.core.reserve(space.at, space.incarnation, 1e6, 8e6)).toBe(E_MEMORY);
    expect(seat.infoAt(0)).toBeGreaterThan(seat.infoAt(1));
    expect(seat.core.reserve(space.at, space.incarnation, 100, 800)).toBe(OK);
    const promised = seat.infoAt(0);
    seat.core.partitionInfo();
    expect(seat.infoAt(1)).toBe(promised);
    seat.core.unreserve(promised);
    seat.core.partitionInfo();
    expect(seat.infoAt(1)).toBe(0);
  });
});
