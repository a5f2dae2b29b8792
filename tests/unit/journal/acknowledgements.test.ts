/* Does an op resolve once it is durable, in its order, and hear of a disk that refuses? */
import { expect, test } from "bun:test";
import { Acknowledgements } from "../../../src/journal/acknowledgements.ts";
import { JournalBoard } from "../../../src/journal/board.ts";

function waitingWith(timeoutMs = 60_000) {
  const board = new JournalBoard();
  const acknowledgements = new Acknowledgements(board, 2, timeoutMs);
  const settled: string[] = [];
  const wait = (partition: number, sequence: number) =>
    acknowledgements.wait(partition, sequence).then(
      () => settled.push(`${partition}: ${sequence}`),
      ({ code, message }) => settled.push(`${partition}: ${sequence} ${code}: ${message}`),
    );
  return { board, settled, wait };
}

test("what is durable already resolves at once", async () => {
  const { board, settled, wait } = waitingWith();
  board.setDurable(1, 7);
  await Promise.all([wait(1, 6), wait(1, 7)]);
  expect(settled).toEqual(["1: 6", "1: 7"]);
});

test("ops of a partition resolve in their order, as far as they are durable", async () => {
  const { board, settled, wait } = waitingWith();
  const first = [wait(0, 1), wait(0, 2)];
  const others = [wait(0, 3), wait(1, 1)];
  board.setDurable(0, 2);
  board.publish("none");
  await Promise.all(first);
  expect(settled).toEqual(["0: 1", "0: 2"]);
  board.setDurable(0, 3);
  board.setDurable(1, 5);
  board.publish("none");
  await Promise.all(others);
  expect(settled.slice(2)).toEqual(["0: 3", "1: 1"]);
});

test("where the disk refuses, what is not durable is JOURNAL_UNCERTAIN, now and later", async () => {
  const { board, settled, wait } = waitingWith();
  const waiting = [wait(0, 1), wait(0, 2)];
  board.setDurable(0, 1);
  board.publish("disk");
  await Promise.all([...waiting, wait(0, 3)]);
  expect(settled.sort()).toEqual([
    "0: 1",
    expect.stringMatching(/^0: 2 JOURNAL_UNCERTAIN: .*\(the disk failed\)/),
    expect.stringMatching(/^0: 3 JOURNAL_UNCERTAIN/),
  ]);
});

test("where nothing moves, the wait ends", async () => {
  const { settled, wait } = waitingWith(20);
  await wait(0, 1);
  expect(settled).toEqual([expect.stringMatching(/JOURNAL_UNCERTAIN: .*20 ms/)]);
});

test("a caller that blocks the event loop for longer costs no op, where the journal goes on", async () => {
  const { board, settled, wait } = waitingWith(20);
  const end = wait(0, 5);
  const block = () => Bun.sleepSync(60);
  block();
  setImmediate(() => {
    block();
    setImmediate(() => {
      board.setDurable(0, 5);
      board.publish("none");
    });
  });
  await end;
  expect(settled).toEqual(["0: 5"]);
});

test("a wait that fails refuses those that wait, and later ops are waited for as before", async () => {
  const { board, settled, wait } = waitingWith();
  const { waitForMove } = board;
  board.waitForMove = () => Promise.reject(new RangeError("no stack"));
  await Promise.all([wait(0, 1), wait(1, 1)]);
  board.waitForMove = waitForMove;
  const later = wait(0, 2);
  board.setDurable(0, 2);
  board.publish("none");
  await later;
  expect(settled).toEqual([
    expect.stringMatching(/^0: 1 JOURNAL_UNCERTAIN: .*\(no stack\)/),
    expect.stringMatching(/^1: 1 JOURNAL_UNCERTAIN/),
    "0: 2",
  ]);
});
