/* Does the explorer allow and forbid what the memory model does, in the tests that every such tool is tried with? */
import { describe, expect, test } from "bun:test";
import { type Actor, type Registers, results } from "./explorer.ts";

type Pair = { load(name: string): number; store(name: string, value: number): void };
const atomic = (t: Actor): Pair => ({ load: t.atomicLoad, store: t.atomicStore });
const plain = (t: Actor): Pair => ({ load: t.load, store: t.store });

const has = (found: Registers[], wanted: Registers) =>
  found.some((registers) => Object.entries(wanted).every(([name, value]) => registers[name] === value));

/** Each test, the result that a processor which does one thing after the other never shows, and who allows it. */
const CASES: [
  name: string,
  threads: (as: (t: Actor) => Pair) => ((t: Actor) => Registers | undefined)[],
  weak: Registers,
][] = [
  [
    "store buffering",
    (as) => [
      (t) => {
        as(t).store("x", 1);
        return { a: as(t).load("y") };
      },
      (t) => {
        as(t).store("y", 1);
        return { b: as(t).load("x") };
      },
    ],
    { a: 0, b: 0 },
  ],
  [
    "message passing",
    (as) => [
      (t) => {
        as(t).store("x", 1);
        as(t).store("y", 1);
      },
      (t) => ({ a: as(t).load("y"), b: as(t).load("x") }),
    ],
    { a: 1, b: 0 },
  ],
  [
    "load buffering",
    (as) => [
      (t) => {
        const a = as(t).load("x");
        as(t).store("y", 1);
        return { a };
      },
      (t) => {
        const b = as(t).load("y");
        as(t).store("x", 1);
        return { b };
      },
    ],
    { a: 1, b: 1 },
  ],
  [
    "independent reads of independent writes",
    (as) => [
      (t) => {
        as(t).store("x", 1);
      },
      (t) => {
        as(t).store("y", 1);
      },
      (t) => ({ a: as(t).load("x"), b: as(t).load("y") }),
      (t) => ({ c: as(t).load("y"), d: as(t).load("x") }),
    ],
    { a: 1, b: 0, c: 1, d: 0 },
  ],
  [
    "reads of one word",
    (as) => [
      (t) => {
        as(t).store("x", 1);
      },
      (t) => ({ a: as(t).load("x"), b: as(t).load("x") }),
    ],
    { a: 1, b: 0 },
  ],
];

for (const [name, threads, weak] of CASES) {
  describe(name, () => {
    test("plain accesses allow it", () => {
      expect(has(results({ threads: threads(plain) }), weak)).toBe(true);
    });

    test("atomic ones forbid it, and nothing else", () => {
      const [plainly, atomically] = [results({ threads: threads(plain) }), results({ threads: threads(atomic) })];
      expect(has(atomically, weak)).toBe(false);
      expect(plainly.length - atomically.length).toBe(1);
    });
  });
}

describe("message passing", () => {
  const passed = (load: (t: Actor) => number, store: (t: Actor) => void) =>
    has(
      results({
        threads: [
          (t) => {
            t.store("x", 1);
            store(t);
          },
          (t) => ({ a: load(t), b: t.load("x") }),
        ],
      }),
      { a: 1, b: 0 },
    );

  test("takes an atomic store and an atomic load of the flag, and the message may be plain", () => {
    const atomically = [(t: Actor) => t.atomicLoad("y"), (t: Actor) => t.atomicStore("y", 1)] as const;
    expect(passed(...atomically)).toBe(false);
    expect(passed((t) => t.load("y"), atomically[1])).toBe(true);
    expect(passed(atomically[0], (t) => t.store("y", 1))).toBe(true);
  });
});

describe("read-modify-writes", () => {
  test("of one word are one after the other", () => {
    const counted = results({ threads: [(t) => ({ a: t.add("n", 1) }), (t) => ({ b: t.add("n", 1) })] });
    expect(counted.map(({ a, b }) => `${a} ${b}`).sort()).toEqual(["0 1", "1 0"]);
  });

  test("make a lock: what is done under it is not torn apart", () => {
    const both = (t: Actor, name: string): Registers => {
      t.acquire("lock");
      const was = t.load("x");
      t.store("x", was + 1);
      t.release("lock");
      return { [name]: was };
    };
    const found = results({ threads: [(t) => both(t, "a"), (t) => both(t, "b")] });
    expect(found.map(({ a, b }) => `${a} ${b}`).sort()).toEqual(["0 1", "1 0"]);
  });
});

test("a message is passed on: what a thread has seen, the next one sees", () => {
  const found = results({
    threads: [
      (t) => {
        t.store("x", 1);
        t.atomicStore("y", 1);
      },
      (t) => {
        t.assume(t.atomicLoad("y") === 1);
        t.atomicStore("z", 1);
      },
      (t) => ({ a: t.atomicLoad("z"), b: t.load("x") }),
    ],
  });
  expect(has(found, { a: 1, b: 1 })).toBe(true);
  expect(has(found, { a: 1, b: 0 })).toBe(false);
});

test("words may begin with another value than 0", () => {
  expect(results({ threads: [(t) => ({ a: t.load("x") })], initial: { x: 7 } })).toEqual([{ a: 7 }]);
});
