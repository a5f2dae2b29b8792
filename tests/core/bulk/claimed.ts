/* What do the tests of portions start from? A small graph, and the rest of a set that a seat has claimed to link together. */
import { expect } from "bun:test";
import { P_SEATS, SEAT_BYTES } from "../../../assembly/layout.ts";
import type { Seat } from "../../../src/core/seat.ts";
import { uniform, type VectorSet } from "../../support/vectors.ts";
import type { CoreSpace } from "../harness.ts";

export const DIMENSIONS = 12;
export const FIRST = 150;
export const COUNT = 900;
export const SETTINGS = { dimensions: DIMENSIONS, flatBelow: 64, efConstruction: 32, M: 8 } as const;

export const setOf = (seed: number) => uniform(COUNT + 400, DIMENSIONS, seed);

/** Links the first FIRST vectors, and has the space's seat claim the others up to COUNT. */
export function claimPortion(space: CoreSpace, set: VectorSet): void {
  for (let i = 0; i < FIRST; i++) space.add(i, set.at(i));
  space.linkAll();
  space.addTogether(set, FIRST, COUNT, COUNT - FIRST);
  expect(space.seat.core.claim(0, 10, 1)).toBe(COUNT - FIRST);
}

/** What a seat has noted at an offset (SEAT_*). */
export function seatWord(seat: Seat, number: number, cell: number): number {
  return new Uint32Array(seat.memory.buffer)[(P_SEATS + number * SEAT_BYTES + cell) >>> 2]!;
}

/** Every one of the first `count` vectors, or one in `step`, is its own nearest. */
export function expectAllFound(space: CoreSpace, set: VectorSet, count: number, step: number, context: string): void {
  for (let i = 0; i < count; i += step) expect(space.search(set.at(i), 1)[0]!.key, `${i}, ${context}`).toBe(i);
}

/** What holds once all is linked. */
export function expectLinked(space: CoreSpace, context: string): void {
  space.expectWhole(context);
  expect(space.census(false), context).toBe(0);
  expect(space.figures().pending, context).toBe(0);
}
