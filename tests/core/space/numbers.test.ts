/* Does a partition that has no number left for another space still find those that it has? */
import { expect, test } from "bun:test";
import { findSpace, makeSpace, SPACES_MADE } from "../../../src/core/spaces.ts";
import { partition } from "../harness.ts";

test("after the last number no space is made, and nothing has changed", async () => {
  const seat = await partition({ dimensions: 4 });
  seat.core.setNext(1, 0, SPACES_MADE - 1);
  const last = makeSpace(seat, seat.putKey("last"), 0);
  expect(last).toMatchObject({ incarnation: expect.any(Number) });
  for (let tries = 0; tries < 2; tries++) {
    expect(() => makeSpace(seat, seat.putKey("one more"), 0)).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY", message: expect.stringContaining("1,073,741,824") }),
    );
    expect(findSpace(seat, seat.putKey("one more"))).toBeNull();
    expect(makeSpace(seat, seat.putKey("last"), 0)).toEqual(last);
  }
  expect(seat.core.nextSpaceId()).toBe(SPACES_MADE);
});
