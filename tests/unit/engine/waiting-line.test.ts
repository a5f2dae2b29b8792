/* Do ops get in in the order they came, wait for room, and end when none comes? */
import { beforeEach, describe, expect, test } from "bun:test";
import { BUSY, DONE, FULL, MORE, type Outcome, WaitingLine } from "../../../src/engine/waiting-line.ts";

let progress: number;
let closed: boolean;
let entered: string[];
let line: WaitingLine;

beforeEach(() => {
  [progress, closed, entered] = [0, false, []];
  line = lineWith(1000);
});

function lineWith(timeoutMs: number, help = () => false, control = controlBlock()): WaitingLine {
  return new WaitingLine(control, timeoutMs, help);
}

function controlBlock() {
  return {
    get closed() {
      return closed;
    },
    get progress() {
      return progress;
    },
    waitForProgress: () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
  };
}

/** An op that meets these outcomes, one an attempt, and then gets in. */
function op(name: string, ...outcomes: Outcome[]): () => Outcome {
  return () => {
    const outcome = outcomes.shift() ?? DONE;
    if (outcome === DONE) entered.push(name);
    return outcome;
  };
}

describe("an op", () => {
  test("gets in at once when none waits", async () => {
    const done = line.enter(op("one"));
    expect(entered).toEqual(["one"]);
    await done;
  });

  test("waits behind one that finds no room, even if it would fit", async () => {
    const all = [line.enter(op("one", FULL, BUSY, MORE)), line.enter(op("two")), line.enter(op("three", MORE))];
    expect(entered).toEqual([]);
    await Promise.all(all);
    expect(entered).toEqual(["one", "two", "three"]);
  });

  test("that throws is rejected, and the next one is tried", async () => {
    const one = line.enter(op("one", FULL));
    const bad = line.enter(() => {
      throw new Error("refused");
    });
    const two = line.enter(op("two"));
    await expect(bad).rejects.toThrow("refused");
    await Promise.all([one, two]);
    expect(entered).toEqual(["one", "two"]);
  });

  test("is given up when nothing moves for so long, and the next one gets a try", async () => {
    line = lineWith(20);
    const stuck = line.enter(() => FULL);
    const next = line.enter(op("next"));
    await expect(stuck).rejects.toMatchObject({ code: "TIMEOUT" });
    await next;
    expect(entered).toEqual(["next"]);
  });

  test("is not given up while others make progress, or this thread helps", async () => {
    for (const help of [() => false, () => true]) {
      line = lineWith(20, help);
      const start = performance.now();
      await line.enter(() => {
        progress++;
        return performance.now() - start > 100 ? DONE : FULL;
      });
    }
  });
});

describe("an op around which something goes wrong is refused, and the line goes on:", () => {
  const wrong = new RangeError("Maximum call stack size exceeded.");
  /** Throws the first time. */
  function once(): () => void {
    let calls = 0;
    return () => {
      if (++calls === 1) throw wrong;
    };
  }

  async function expectToGoOn(line: WaitingLine): Promise<void> {
    const first = line.enter(op("first", FULL, FULL));
    const others = [line.enter(op("second", FULL)), line.enter(op("third"))];
    await expect(first).rejects.toBe(wrong);
    await Promise.all(others);
    await line.enter(op("later", FULL));
    expect(entered).toEqual(["second", "third", "later"]);
  }

  test("the look at progress", async () => {
    const fail = once();
    const control = {
      ...controlBlock(),
      get progress() {
        fail();
        return 0;
      },
    };
    await expectToGoOn(lineWith(1000, undefined, control));
  });

  test("the wait for progress", async () => {
    const fail = once();
    await expectToGoOn(lineWith(1000, undefined, { ...controlBlock(), waitForProgress: async () => fail() }));
  });

  test("the help of the thread that waits", async () => {
    const fail = once();
    const help = () => {
      fail();
      return true;
    };
    await expectToGoOn(lineWith(1000, help));
  });
});

describe("a caller that blocks the event loop for longer than the time limit", () => {
  const block = () => Bun.sleepSync(60);

  test("costs no op that gets in once the loop turns again, and none behind it", async () => {
    line = lineWith(20);
    const ends = [line.enter(op("one", MORE, MORE, FULL)), line.enter(op("two"))];
    block();
    queueMicrotask(block);
    setImmediate(block);
    await Promise.all(ends);
    expect(entered).toEqual(["one", "two"]);
  });

  test("saves no op for which no room comes", async () => {
    line = lineWith(20);
    const end = line.enter(() => FULL);
    setImmediate(block);
    await expect(end).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

test("an op whose attempt closes the line is refused", async () => {
  const closing = line.enter(() => {
    line.shut();
    return MORE;
  });
  await expect(closing).rejects.toMatchObject({ code: "CLOSED" });
});

test("closing refuses those that wait, and those that come", async () => {
  const waiting = line.enter(() => FULL);
  line.shut();
  await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
  await expect(line.enter(op("late"))).rejects.toMatchObject({ code: "CLOSED" });
  expect(entered).toEqual([]);
});

test("an index that another thread closes refuses those that wait", async () => {
  const waiting = line.enter(() => FULL);
  closed = true;
  await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
});
