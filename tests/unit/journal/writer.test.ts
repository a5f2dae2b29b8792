/* Does every op reach the log once, and do refused groups get there under the same numbers? With a log in memory. */
import { expect, test } from "bun:test";
import { E_JOURNAL_STUCK, OK } from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import { JournalBoard } from "../../../src/journal/board.ts";
import { entriesOf } from "../../../src/journal/entries.ts";
import { type Group, LogFull, type OpLog } from "../../../src/journal/log.ts";
import { JournalWriter } from "../../../src/journal/writer.ts";
import { Control } from "../../../src/workers/control.ts";
import { CoreSpace, partition } from "../../core/harness.ts";

class MemoryLog implements OpLog {
  readonly groups: Group[] = [];
  opened = 0;
  /** What it refuses with; null: it takes everything. */
  refusal: Error | null = null;

  append(groups: Group[]): void {
    if (this.refusal !== null) throw this.refusal;
    for (const group of groups) this.groups.push({ ...group, payload: group.payload.slice() });
  }

  readFrom(partition: number): Group[] {
    return this.groups.filter((group) => group.partition === partition);
  }

  lastSequence(): number {
    return 0;
  }

  close(): void {}
}

async function journalled(dimensions = 2) {
  const seats = [await partition({ dimensions }), await partition({ dimensions })];
  for (const seat of seats) {
    expect(calls.reserveJournal(seat)).toBe(OK);
    expect(calls.openJournal(seat)).toBe(OK);
  }
  const [log, board] = [new MemoryLog(), new JournalBoard()];
  const marks: number[][] = [];
  const mark = { write: (durable: (partition: number) => number) => void marks.push([durable(0), durable(1)]) };
  const open = async () => {
    log.opened++;
    return log;
  };
  const writer = new JournalWriter(seats, open, mark, board, new Control());
  writer.takeOver();
  return { seats, log, board, marks, writer, spaces: seats.map((seat) => new CoreSpace(seat, "s")) };
}

const numbersIn = (groups: Group[]) => groups.map(({ partition, first, count }) => [partition, first, count]);

test("what waits in all partitions goes out in one step, and then nothing does", async () => {
  const { log, board, marks, writer, spaces } = await journalled();
  for (const key of ["a", "b"]) spaces[0]!.add(key, [1, 2]);
  spaces[1]!.add("c", [3, 4]);
  expect(writer.hasWork()).toBe(true);
  expect(await writer.step()).toBe(5); // with the ops that made the spaces
  expect(numbersIn(log.groups)).toEqual([
    [0, 1, 3],
    [1, 1, 2],
  ]);
  expect([board.durable(0), board.durable(1)]).toEqual([3, 2]);
  expect(marks).toEqual([[3, 2]]);
  expect(board.figure("ops")).toBe(5);
  expect(writer.hasWork()).toBe(false);
  expect(await writer.step()).toBe(0);
  spaces[0]!.add("d", [1, 1]);
  expect(await writer.step()).toBe(1);
  expect(numbersIn(log.groups).at(-1)).toEqual([0, 4, 1]);
});

test.each([
  ["full", new LogFull("no room")],
  ["disk", new Error("broken")],
] as const)(
  "while the log refuses (%s) nothing is accepted; then the same groups are written",
  async (failure, refusal) => {
    const { seats, log, board, marks, writer, spaces } = await journalled();
    spaces[0]!.add("a", [1, 2]);
    await writer.step();
    spaces[0]!.add("b", [1, 2]);
    log.refusal = refusal;
    for (let tries = 0; tries < 3; tries++) {
      await expect(writer.step()).rejects.toThrow(refusal.message);
      expect(board.failure).toBe(failure);
      expect(spaces.map((space) => space.tryAdd("c", [1, 2]))).toEqual([E_JOURNAL_STUCK, E_JOURNAL_STUCK]);
      expect(calls.journalRing(seats[0]!)).toMatchObject({ last: 3, durable: 2 });
      expect([board.durable(0), marks.length]).toEqual([2, 1]);
    }
    log.refusal = null;
    expect(writer.hasWork()).toBe(true);
    expect(await writer.step()).toBe(1);
    expect(log.opened).toBe(4); // again after each refusal
    expect(board.failure).toBe("none");
    spaces[0]!.add("c", [1, 2]);
    await writer.step();
    expect(numbersIn(log.readFrom(0))).toEqual([
      [0, 1, 2],
      [0, 3, 1],
      [0, 4, 1],
    ]);
  },
);

test("a writer that takes over goes on after what is durable", async () => {
  const { seats, log, board, writer, spaces } = await journalled();
  spaces[0]!.add("a", [1, 2]);
  await writer.step();
  spaces[0]!.add("b", [1, 2]);
  board.setDurable(0, 0);
  const next = new JournalWriter(seats, async () => log, { write() {} }, board, new Control());
  next.takeOver();
  expect(board.durable(0)).toBe(2);
  expect(await next.step()).toBe(1);
  expect(numbersIn(log.readFrom(0)).at(-1)).toEqual([0, 3, 1]);
});

test("many bytes are cut into groups that hold every op once", async () => {
  const { log, writer, spaces } = await journalled(1024);
  const vectors = Array.from({ length: 200 }, (_, i) => new Float32Array(1024).fill(i));
  for (const [i, vector] of vectors.entries()) spaces[0]!.add(i, vector);
  expect(await writer.step()).toBe(202); // with those that made the spaces
  const groups = log.readFrom(0);
  expect(groups.length).toBeGreaterThan(2);
  let next = 1;
  for (const { first, count, payload } of groups) {
    expect(first).toBe(next);
    expect([...entriesOf(payload, 1024)]).toHaveLength(count);
    expect(payload.length).toBeLessThanOrEqual(2 ** 18);
    next += count;
  }
  expect(next).toBe(202);
});
