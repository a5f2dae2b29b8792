/*
 * A thread traps under the partition lock where nothing that links is on its way: while a worker measures recall, or while the
 * opening thread repairs a worker that has ended. Does the index go on, with everything that was in it?
 */
import { afterAll, expect, test } from "bun:test";
import { FAULT_ARENA_FREE, FAULT_ARENA_SPLIT, P_SEATS, SEAT_BULK, SEAT_BYTES } from "../../assembly/layout.ts";
import { openWith } from "../../src/api/open.ts";
import type { Seat } from "../../src/core/seat.ts";
import type { Incident, VectorIndex } from "../../src/index.ts";
import { seatOfWorker } from "../../src/workers/seats.ts";
import { clustered, expectHolds, expectSound, keysOf, modelOf, until } from "../support/indexes.ts";

const SEED = 77;
const DIMENSIONS = 8;
const SET = clustered(3000, DIMENSIONS, SEED);
const open: VectorIndex[] = [];

afterAll(() => Promise.all(open.splice(0).map((index) => index.close())));

async function withOneWorker(options: object = {}) {
  const incidents: Incident[] = [];
  const onIncident = (incident: Incident) => incidents.push(incident);
  const usual = {
    dimensions: DIMENSIONS,
    metric: "l2",
    workers: 1,
    partitions: 1,
    flatBelow: 16,
    ef: 64,
    onIncident,
  } as const;
  const opened = await openWith({ ...usual, timeoutMs: 2000, ...options }, { build: "debug" });
  open.push(opened.index);
  return { ...opened, incidents, space: opened.index.space("s") };
}

// The first block of a measurement is made by its beginning; these two, later, by its walks.
test.each([2, 3])("a worker traps in a measurement, at its block %i: it is made elsewhere", async (block) => {
  const { index, pool, space } = await withOneWorker();
  const part = SET.part(0, 300);
  await space.addMany(keysOf(part), part.values);
  await index.flush();
  pool!.send(0, { type: "fault", partition: 0, point: FAULT_ARENA_SPLIT, countdown: block });
  const report = await space.measureRecall();
  expect(report!.at10.recall).toBeGreaterThan(0.9);
  await expectHolds(space, modelOf(part), "after the trap");
  await expectSound(index, "after the trap");
});

test("the opening thread traps while it repairs a worker: the repair is made again", async () => {
  const { index, pool, seats, incidents, space } = await withOneWorker();
  const [seat] = seats as [Seat];
  const place = (P_SEATS + seatOfWorker(0) * SEAT_BYTES + SEAT_BULK) >>> 2;
  const hasBulk = () => new Uint32Array(seat.memory.buffer, 0, place + 1)[place] !== 0;
  await space.addMany(keysOf(SET), SET.values);
  await until(hasBulk, "the worker links slots together");
  seat.core.armFault(FAULT_ARENA_FREE, 1); // what the worker had for them is freed by the repair
  await pool!.kill(0);
  await index.flush();
  expect(incidents.map(({ kind }) => kind)).toEqual(["trap", "exit"]);
  await expectHolds(space, modelOf(SET), "after the repair");
  await expectSound(index, "after the repair");
});
