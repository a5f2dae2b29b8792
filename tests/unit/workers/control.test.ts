/* Does the control block give each seat once, wake those that wait, and keep every worker's figures apart? */
import { expect, test } from "bun:test";
import { MAX_SEATS } from "../../../assembly/layout.ts";
import { Control, controlBlock, FIGURES } from "../../../src/workers/control.ts";

test("seats are taken once, and again when they were left", () => {
  const control = new Control();
  const other = new Control(control.buffer);
  expect([control.takeSeat(3), other.takeSeat(3), control.takeSeat(0)]).toEqual([3, 4, 0]);
  while (control.takeSeat(5) >= 0);
  expect(other.takeSeat(5)).toBe(-1);
  other.leaveSeat(MAX_SEATS - 1);
  expect(control.takeSeat(5)).toBe(MAX_SEATS - 1);
});

test("a ticket is used once, unless that is undone", () => {
  const control = new Control();
  const seat = control.takeSeat(1);
  const number = control.keepFor(seat);
  const used = [
    control.sitDown(seat + 1, number, 7),
    control.sitDown(seat, number, 7),
    control.sitDown(seat, number, 7),
  ];
  expect(used).toEqual([false, true, false]);
  control.standUp(seat, number);
  expect(control.sitDown(seat, number, 7)).toBe(true);
  control.leaveSeat(seat);
  expect(control.takeSeat(seat)).toBe(seat);
  const next = control.keepFor(seat);
  expect([control.sitDown(seat, number, 7), control.sitDown(seat, next, 7)]).toEqual([false, true]);
});

test("progress wakes those that wait for it, and a wait that saw less ends at once", async () => {
  const control = new Control();
  const seen = control.progress;
  const waiting = control.waitForProgress(seen, 60_000);
  control.progressed();
  await waiting;
  await control.waitForProgress(seen, 60_000);
  await control.waitForProgress(control.progress, 1); // or its time
});

test("a worker parks only when there is nothing to do, and wakes when there is", async () => {
  const control = new Control();
  expect(await control.park(0, control.wakes(0), 60_000, () => true)).toBe(false);
  const parked = control.park(0, control.wakes(0), 60_000, () => control.isParked(1));
  expect([control.isParked(0), control.isParked(1)]).toEqual([true, false]);
  control.wake(0);
  expect(await parked).toBe(true);
  expect(control.isParked(0)).toBe(false);
  const seen = control.wakes(0);
  control.wake(0); // after it looked for work
  expect(await control.park(0, seen, 60_000, () => false)).toBe(false);
  control.stop(0);
  expect(await control.park(0, control.wakes(0), 60_000, () => false)).toBe(false);
  control.close();
  expect(await control.park(1, control.wakes(1), 60_000, () => false)).toBe(false);
});

test("figures are each worker's own", () => {
  const control = new Control(controlBlock(false));
  for (const [i, figure] of FIGURES.entries()) {
    control.count(3, figure, i);
    control.count(3, figure, 100);
    control.set(4, figure, i / 8);
  }
  expect(FIGURES.map((figure) => control.figure(3, figure))).toEqual(FIGURES.map((_, i) => 100 + i));
  expect(FIGURES.map((figure) => control.figure(4, figure))).toEqual(FIGURES.map((_, i) => i / 8));
  expect(FIGURES.map((figure) => control.figure(2, figure))).toEqual(FIGURES.map(() => 0));
});

test("the seat of a thread that has ended is claimed once, and not if another thread has it by now", () => {
  const control = new Control();
  const seat = control.takeSeat(5);
  control.sitDown(seat, control.keepFor(seat), 70);
  expect([...control.attached()]).toEqual([{ seat, thread: 70 }]);
  expect([control.claimEnded(seat, 71), control.claimEnded(seat, 70), control.claimEnded(seat, 70)]).toEqual([
    false,
    true,
    false,
  ]);
  control.leaveSeat(seat);
  expect([...control.attached()]).toEqual([]);
  expect(control.takeSeat(5)).toBe(seat);
});

test("ops that were stolen are counted by thief and victim", () => {
  const control = new Control(controlBlock(false, 3));
  control.took(0, 2, 7);
  control.took(0, 2, 1);
  control.took(2, 0, 5);
  const other = new Control(control.buffer);
  expect([0, 1, 2].map((thief) => other.takenBy(thief))).toEqual([
    [0, 0, 8],
    [0, 0, 0],
    [5, 0, 0],
  ]);
  expect(new Control().takenBy(0)).toEqual([0]);
});
