/* Is a space found by its name, listed while it is alive, and never mistaken for one that was dropped? */
import { expect, test } from "bun:test";
import { E_STALE, NOT_FOUND, OK } from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import type { Seat } from "../../../src/core/seat.ts";
import { CoreSpace, partition } from "../harness.ts";

const DIMENSIONS = 2;
const namesIn = (seat: Seat) => [...calls.spacesOf(seat)].map(({ name }) => name).sort();

test("the same name opens the same space, another one another", async () => {
  const seat = await partition({ dimensions: DIMENSIONS });
  const [a, again, b] = ["a", "a", "b"].map((name) => new CoreSpace(seat, name)) as [CoreSpace, CoreSpace, CoreSpace];
  a.add("key", [1, 2]);
  expect(again.get("key")?.join()).toBe("1,2");
  expect(b.get("key")).toBeUndefined();
  expect(seat.core.openSpace(seat.putKey("c"), 0, 0)).toBe(NOT_FOUND);
  expect(namesIn(seat)).toEqual(["a", "b"]);
});

test("a handle of a dropped space is stale, even where its header serves another", async () => {
  const seat = await partition({ dimensions: DIMENSIONS });
  const dropped = new CoreSpace(seat, "a");
  dropped.add("key", [1, 2]);
  dropped.drop();
  expect(namesIn(seat)).toEqual([]);
  const next = new CoreSpace(seat, "b");
  expect(next.at).toBe(dropped.at);
  expect(dropped.tryAdd("key", [3, 4])).toBe(E_STALE);
  expect(seat.core.remove(dropped.at, dropped.incarnation, seat.putKey("key"))).toBe(E_STALE);
  expect(seat.core.liveIn(dropped.at, dropped.incarnation)).toBe(E_STALE);
  expect(seat.core.dropSpace(dropped.at, dropped.incarnation)).toBe(E_STALE);
  expect(next.figures().live).toBe(0);
});

test("each space has an id of its own, a new one of the same name too", async () => {
  const seat = await partition({ dimensions: DIMENSIONS });
  const ids = new Set<number>();
  for (let i = 0; i < 10; i++) {
    const space = new CoreSpace(seat, "same");
    for (const { id } of calls.spacesOf(seat)) ids.add(id);
    expect(seat.core.dropSpace(space.at, space.incarnation)).toBe(OK);
  }
  expect(ids.size).toBe(10);
});
