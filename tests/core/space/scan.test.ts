/* Does a scan in pieces see one moment, and is what it may read kept until its end? */
import { expect, test } from "bun:test";
import * as calls from "../../../src/core/calls.ts";
import type { RankedHit } from "../../../src/core/seat.ts";
import { uniform } from "../../support/vectors.ts";
import { CoreSpace, partition, usedBytes } from "../harness.ts";

const COUNT = 1000;
const SET = uniform(COUNT, 4, 77);

async function filled(): Promise<CoreSpace> {
  const space = new CoreSpace(await partition({ dimensions: 4, flatBelow: 64 }), "space");
  space.addAll(SET);
  space.linkAll();
  return space;
}

function started(space: CoreSpace): calls.Piece[] {
  const pieces = calls.startScan(space.seat, { address: space.at, incarnation: space.incarnation });
  if (typeof pieces === "number") throw new Error(`startScan returned ${pieces}`);
  return pieces;
}

const keysOf = (space: CoreSpace, pieces: calls.Piece[]) =>
  pieces.flatMap((piece) => (calls.scanPiece(space.seat, piece, 0) as RankedHit[]).map(({ key }) => key as number));

test("what changes between its pieces is not seen: upserts, deletes, a compaction, the drop of the space", async () => {
  const space = await filled();
  const pieces = started(space);
  for (let i = 0; i < 500; i++) space.remove(i);
  for (let i = 500; i < 700; i++) space.add(i, SET.at(0));
  space.add("new", SET.at(0));
  space.linkAll();
  expect(space.figures().compactions).toBeGreaterThan(0);
  space.drop();
  expect(keysOf(space, pieces).sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  space.seat.putVector(SET.at(600));
  const hits = pieces.map((piece) => calls.scanPiece(space.seat, piece, 1));
  expect(hits.flat()).toEqual([{ key: 600, rank: 0, age: 601 }]);
  calls.endScan(space.seat);
});

test("memory is freed after its end, and not before, whatever else the seat does", async () => {
  const space = await filled();
  const { seat } = space;
  const full = usedBytes(seat);
  started(space);
  space.drop();
  const other = new CoreSpace(seat, "other");
  other.add("x", SET.at(0));
  other.search(SET.at(0), 1);
  calls.tidy(seat);
  expect(usedBytes(seat)).toBeGreaterThanOrEqual(full);
  calls.repairSeat(seat); // as after a trap: the scan goes on
  calls.tidy(seat);
  expect(usedBytes(seat)).toBeGreaterThanOrEqual(full);
  calls.endScan(seat);
  calls.tidy(seat);
  expect(usedBytes(seat)).toBeLessThan(full);
});

test("while a compaction runs both generations are seen, each vector once", async () => {
  const space = await filled();
  for (let i = 0; i < 400; i++) space.remove(i);
  space.seat.core.claim(0, 1, 1);
  space.seat.core.link(1);
  const pieces = started(space);
  expect(pieces.every(({ from, to }) => to > from)).toBeTrue();
  expect(keysOf(space, pieces).sort((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, i) => 400 + i));
  calls.endScan(space.seat);
});
