/* Do ops of a space get in in the order they came, wait for room, and end when none comes? */
import { beforeEach, describe, expect, test } from "bun:test";
import { BUSY, DONE, FULL, MORE, type Op, type Outcome, WaitingLines } from "../../../src/engine/waiting-line.ts";
import { Latencies } from "../../../src/values/latencies.ts";

let progress: number;
let closed: boolean;
let entered: string[];
let lines: WaitingLines;

beforeEach(() => {
  [progress, closed, entered] = [0, false, []];
  lines = linesWith(1000);
});

function linesWith(timeoutMs: number, help = () => false, control = controlBlock()): WaitingLines {
  return new WaitingLines(control, timeoutMs, help);
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
function op(name: string, ...outcomes: Outcome[]): Op {
  const attempt = () => {
    const outcome = outcomes.shift() ?? DONE;
    if (outcome === DONE) entered.push(name);
    return outcome;
  };
  return { attempt };
}

describe("an op", () => {
  test("gets in at once when none waits", async () => {
    const done = lines.enter("s", op("one"));
    expect(entered).toEqual(["one"]);
    await done;
  });

  test("waits behind one that finds no room, even if it would fit", async () => {
    const all = [
      lines.enter("s", op("one", FULL, BUSY, MORE)),
      lines.enter("s", op("two")),
      lines.enter("s", op("three", MORE)),
    ];
    expect(entered).toEqual([]);
    await Promise.all(all);
    expect(entered).toEqual(["one", "two", "three"]);
  });

  test("that throws is rejected, and the next one is tried", async () => {
    const one = lines.enter("s", op("one", FULL));
    const attempt = () => {
      throw new Error("refused");
    };
    const bad = lines.enter("s", { attempt });
    const two = lines.enter("s", op("two"));
    await expect(bad).rejects.toThrow("refused");
    await Promise.all([one, two]);
    expect(entered).toEqual(["one", "two"]);
  });

  test("is given up when nothing moves for so long, and the next one gets a try", async () => {
    lines = linesWith(20);
    const stuck = lines.enter("s", { attempt: () => FULL });
    const next = lines.enter("s", op("next"));
    await expect(stuck).rejects.toMatchObject({ code: "TIMEOUT" });
    await next;
    expect(entered).toEqual(["next"]);
  });

  test("is not given up while others make progress, or this thread helps", async () => {
    for (const help of [() => false, () => true]) {
      lines = linesWith(20, help);
      const start = performance.now();
      const attempt = () => {
        progress++;
        return performance.now() - start > 100 ? DONE : FULL;
      };
      await lines.enter("s", { attempt });
    }
  });
});

describe("ops of several spaces", () => {
  test("do not wait for each other, and keep their order in each", async () => {
    const stuck = lines.enter("full", { attempt: () => (progress < 5 ? FULL : DONE) });
    const ends = ["a", "b"].flatMap((space) => [
      lines.enter(space, op(`${space}1`, MORE, BUSY)),
      lines.enter(space, op(`${space}2`)),
    ]);
    await lines.enter("c", op("c"));
    await Promise.all(ends);
    expect(entered).toEqual(["c", "a1", "a2", "b1", "b2"]);
    progress = 5;
    await stuck;
  });

  test("an op that comes while the others rest gets its next try at once", async () => {
    let rests = 0;
    const control = { ...controlBlock(), waitForProgress: () => new Promise<void>(() => rests++) };
    lines = linesWith(1000, undefined, control);
    const stuck = lines.enter("full", { attempt: () => FULL });
    while (rests === 0) await Promise.resolve();
    await lines.enter("other", op("other", MORE));
    expect(entered).toEqual(["other"]);
    lines.shut();
    await expect(stuck).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("take turns: many ops of one let those of the others in", async () => {
    const last: string[] = [];
    const many = ["a", "b"].map((space) => {
      const steps = new Array<Outcome>(10).fill(MORE);
      return lines.enter(space, op(space, ...steps)).then(() => last.push(space));
    });
    const tries: string[] = [];
    const third = lines.enter("c", { attempt: () => (tries.push("c") < 5 ? MORE : DONE) });
    await third;
    expect(last).toEqual([]);
    await Promise.all(many);
  });

  test("one without room is not tried again before something moved", async () => {
    let tries = 0;
    const stuck = lines.enter("full", { attempt: () => (++tries > 0 && progress > 0 ? DONE : FULL) });
    await lines.enter("other", op("other", ...new Array<Outcome>(100).fill(MORE)));
    expect(tries).toBeLessThan(5);
    progress = 1;
    await stuck;
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

  async function expectToGoOn(lines: WaitingLines): Promise<void> {
    const first = lines.enter("s", op("first", FULL, FULL));
    const others = [lines.enter("s", op("second", FULL)), lines.enter("s", op("third"))];
    await expect(first).rejects.toBe(wrong);
    await Promise.all(others);
    await lines.enter("s", op("later", FULL));
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
    await expectToGoOn(linesWith(1000, undefined, control));
  });

  test("the wait for progress", async () => {
    const fail = once();
    await expectToGoOn(linesWith(1000, undefined, { ...controlBlock(), waitForProgress: async () => fail() }));
  });

  test("the help of the thread that waits", async () => {
    const fail = once();
    const help = () => {
      fail();
      return true;
    };
    await expectToGoOn(linesWith(1000, help));
  });
});

describe("a caller that blocks the event loop for longer than the time limit", () => {
  const block = () => Bun.sleepSync(60);

  test("costs no op that gets in once the loop turns again, and none behind it", async () => {
    lines = linesWith(20);
    const ends = [lines.enter("s", op("one", MORE, MORE, FULL)), lines.enter("s", op("two"))];
    block();
    queueMicrotask(block);
    setImmediate(block);
    await Promise.all(ends);
    expect(entered).toEqual(["one", "two"]);
  });

  test("saves no op for which no room comes", async () => {
    lines = linesWith(20);
    const end = lines.enter("s", { attempt: () => FULL });
    setImmediate(block);
    await expect(end).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

test("an op whose attempt closes the line is refused", async () => {
  const attempt = (): Outcome => {
    lines.shut();
    return MORE;
  };
  const closing = lines.enter("s", { attempt });
  await expect(closing).rejects.toMatchObject({ code: "CLOSED" });
});

test("closing refuses those that wait, and those that come", async () => {
  const waiting = lines.enter("s", { attempt: () => FULL });
  lines.shut();
  await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
  await expect(lines.enter("s", op("late"))).rejects.toMatchObject({ code: "CLOSED" });
  expect(entered).toEqual([]);
});

test("an index that another thread closes refuses those that wait", async () => {
  const waiting = lines.enter("s", { attempt: () => FULL });
  closed = true;
  await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
});

test("ops are counted, those that wait with their wait, and what they copy they copy then", async () => {
  const latency = new Latencies();
  const kept: string[] = [];
  const keeping = (name: string, ...outcomes: Outcome[]): Op => ({
    ...op(name, ...outcomes),
    keep: () => kept.push(name),
  });
  for (let i = 0; i < 100; i++) await lines.enter("s", keeping("at once"), latency);
  expect(kept).toEqual([]);
  await Promise.all([lines.enter("s", keeping("one", FULL), latency), lines.enter("s", keeping("two"), latency)]);
  expect(kept).toEqual(["one", "two"]);
  expect(Latencies.report([latency]).count).toBe(102);
  const thrown: Op = {
    attempt: () => FULL,
    keep: () => {
      throw new Error("no memory");
    },
  };
  await expect(lines.enter("s", thrown, latency)).rejects.toThrow("no memory");
  await lines.enter("s", op("later"), latency);
});
