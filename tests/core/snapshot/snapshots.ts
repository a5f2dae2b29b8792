/* How do tests take a snapshot of a space, load it into another partition, and compare the two? */
import { expect } from "bun:test";
import { E_MORE, OK } from "../../../assembly/layout.ts";
import { type PartitionSettings, Seat } from "../../../src/core/seat.ts";
import type { VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, partition } from "../harness.ts";

export const SEED = 1414;

/** A space's snapshot, frame by frame; `between` runs after the cut and after every frame. */
export function snapshotOf(space: CoreSpace, by = space.seat, between = () => {}): Uint8Array[] {
  const { core } = by;
  expect(core.startSnapshot(space.at, space.incarnation)).toBe(OK);
  between();
  const frames: Uint8Array[] = [];
  for (let bytes = core.nextFrame(); bytes !== 0; bytes = core.nextFrame()) {
    if (bytes < 0 && bytes !== E_MORE) throw new Error(`nextFrame returned ${bytes}`);
    if (bytes > 0) frames.push(by.intakeBytes.slice(0, bytes));
    between();
  }
  expect(core.endSnapshot()).toBe(OK);
  return frames;
}

/** The status of the first frame that is refused, or OK. */
export function load(seat: Seat, frames: Uint8Array[]): number {
  for (const [i, frame] of frames.entries()) {
    seat.intakeBytes.set(frame);
    let status = seat.core.loadFrame(0, i === 0 ? 1 : 0);
    while (status === E_MORE) status = seat.core.loadFrame(0, 0);
    if (status !== OK) return status;
  }
  return OK;
}

export async function loaded(
  frames: Uint8Array[],
  settings: Partial<PartitionSettings>,
  name = "s",
): Promise<CoreSpace> {
  const seat = await partition(settings, "debug");
  expect(load(seat, frames)).toBe(OK);
  return new CoreSpace(seat, name);
}

export function contents(space: CoreSpace): string[] {
  return space
    .keys()
    .map((key) => `${typeof key} ${String(key)}: ${space.get(key)!.join()}`)
    .sort();
}

/** Fails unless the copy is whole and has the same keys and vectors. */
export function expectSame(copy: CoreSpace, original: string[], context: string): void {
  copy.expectWhole(context);
  expect(contents(copy), context).toEqual(original);
}

export const hitsOf = (space: CoreSpace, queries: VectorSet, k = 10) =>
  Array.from({ length: queries.count }, (_, q) => space.search(queries.at(q), k));

/** Another seat in the same partition, as the snapshot thread has one. */
export async function neighbourOf(seat: Seat): Promise<Seat> {
  return Seat.join(await coreModule("debug"), seat.memory, 1, true);
}
