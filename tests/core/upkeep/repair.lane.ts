/* When the core traps at any point, does a repair leave every lock free, every op whole and every vector and row found? */
import { describe, expect, test } from "bun:test";
import * as layout from "../../../assembly/layout.ts";
import * as calls from "../../../src/core/calls.ts";
import { Seat } from "../../../src/core/seat.ts";
import { spacesOf } from "../../../src/core/spaces.ts";
import { decodeRow, encodeValues, valueInRow } from "../../../src/documents/row.ts";
import type { Condition } from "../../../src/documents/where.ts";
import { uniform, VectorSet } from "../../support/vectors.ts";
import { CoreSpace, coreModule, partition } from "../harness.ts";
import { type RowLike, RowSpace } from "../rows/row-space.ts";

const SEED = 1066;
const DIMENSIONS = 6;
const FAR = 600; // vectors from here on lie close together, far from the others
const SPREAD = uniform(FAR + 160, DIMENSIONS, SEED);
const VECTORS = VectorSet.make(SPREAD.count, DIMENSIONS, (i, j) => {
  const value = SPREAD.at(i)[j]!;
  return i < FAR ? value : 100 + 0.01 * value;
});
const POINTS = Object.entries(layout)
  .filter(([name]) => name.startsWith("FAULT_"))
  .map(([name, point]) => ({ name: name.slice(6), point: point as number }));

/* What a space should hold under a key: a vector, and a row that goes with it, or none. */
interface Held {
  vector: number;
  note: string | null;
}
const FIELDS = { note: "keyword", vector: "number", list: "keyword", sizes: "number" } as const;

/** The row of what is held; large ones need new blocks, and each note is a new keyword. */
function rowFor({ vector, note }: Held): RowLike {
  const values = { note: `${note} ${vector}`, vector, list: ["all", `${vector % 50}`], sizes: [vector, vector / 2] };
  const expiresAt = vector % 2 === 0 ? null : 1e12 + vector;
  return { text: JSON.stringify("x".repeat(20 + (vector % 7) * 300)), values, expiresAt };
}

function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}

/**
 * Drives one space and repairs after each trap, keeping the model in step with what the repair says. A `helper` in seat 1 takes
 * part in what is linked together.
 */
class Survivor {
  readonly model = new Map<number, Held>();
  traps = 0;
  constructor(
    readonly space: RowSpace,
    readonly context: string,
    readonly helper: Seat | null = null,
  ) {}

  get seat(): Seat {
    return this.space.seat;
  }

  /** Runs a call; after a trap repairs, and returns what the repair did. */
  survive(call: () => void, number = 0): number | undefined {
    try {
      call();
      return undefined;
    } catch (error) {
      if (!isTrap(error)) throw error;
      this.traps++;
      const status = this.seat.core.repairSeat(number);
      expect({ locks: this.seat.core.holdsLocks(), context: this.context }).toEqual({
        locks: 0,
        context: this.context,
      });
      this.space.expectWhole(`${this.context}, after a repair that returned ${status}`);
      return status;
    }
  }

  /** Every third key has a row, and so has each with a note. */
  add(key: number, vector: number, note = key % 3 === 0 ? "added" : null): void {
    const held = { vector, note };
    this.op(key, held, () => {
      if (note === null) this.space.add(key, VECTORS.at(vector));
      else this.space.put(key, VECTORS.at(vector), rowFor(held));
    });
  }

  /** Gives a key another row; its vector stays. A trap may have kept the key out. */
  update(key: number, note: string): void {
    const before = this.model.get(key);
    if (before === undefined) return;
    const held = { ...before, note };
    this.op(key, held, () => this.space.update(key, rowFor(held)));
  }

  /** What is added in between is offered to be linked together, `portion` at a time. */
  offered(count: number, portion: number, adds: () => void): void {
    let offer = 0;
    this.survive(() => {
      offer = this.space.offer(count, portion);
    });
    adds();
    this.survive(() => this.space.endOffer(offer));
  }

  remove(key: number): void {
    this.op(key, undefined, () => this.space.remove(key));
  }

  /** An op is in as a whole or not at all: one that leaves `held` under the key. */
  private op(key: number, held: Held | undefined, call: () => void): void {
    const before = this.model.get(key);
    const status = this.survive(call);
    const after = status === undefined || status === 1 ? held : before;
    if (after === undefined) this.model.delete(key);
    else this.model.set(key, after);
    if (status !== undefined) this.expectHeld(key, after);
  }

  private expectHeld(key: number, held: Held | undefined): void {
    const found = this.space.read(key);
    const shown = found && `${found.vector!.join()} ${found.row && contentsOf(found.row, this.space)}`;
    const row = held?.note != null && contentsOf(this.space.encode(rowFor(held), true), this.space);
    const wanted = held && `${VECTORS.at(held.vector).join()} ${row || null}`;
    expect(`${shown}; ${this.context}`).toBe(`${wanted}; ${this.context}`);
  }

  /** Adds a field that all rows get, and asks for it. */
  fillField(): void {
    this.space.addField(`field ${this.space.fields.size}`, "keyword");
    const field = this.space.fields.list.at(-1)!;
    const refs: number[] = [];
    const behind = () => this.filtered({ is: "behind", fields: this.space.fields.size }, (ref) => refs.push(ref));
    for (behind(); refs.length > 0; refs.length = 0, behind()) {
      this.survive(() => {
        this.space.filter({ is: "behind", fields: this.space.fields.size });
        for (const ref of refs) {
          const values = encodeValues(this.space.fields.list, [...Array(field.number), `f${ref % 9}`]);
          const status = calls.fillMatch(this.seat, ref, { values, known: field.number + 1 });
          if (status < 0) throw new Error("fillMatch refused");
        }
        this.space.end();
      });
    }
    this.filtered({ is: "exists", field }, (ref) => refs.push(ref));
    const rows = [...this.model.values()].filter(({ note }) => note !== null);
    expect(`${refs.length}; ${this.context}`).toBe(`${rows.length}; ${this.context}`);
  }

  /** Lists the matches of a filter; a trap begins it again. */
  private filtered(condition: Condition, take: (ref: number) => void): void {
    const found: number[] = [];
    const status = this.survive(() => {
      found.length = 0;
      this.space.filter(condition);
      while (calls.listMatches(this.seat, calls.NO_FIELD, ({ ref }) => found.push(ref)) > 0);
      this.space.end();
    });
    if (status === undefined) found.forEach(take);
    else this.filtered(condition, take);
  }

  link(): void {
    for (let left = 100_000; left > 0; left--) {
      let done = false;
      this.survive(() => {
        const claimed = this.seat.core.hasClaims() || this.seat.core.claim(0, 60, 1);
        if (!claimed) done = true;
        else this.seat.core.link(25);
      });
      const { helper } = this;
      if (helper !== null) {
        this.survive(() => {
          if (helper.core.hasClaims() === 0 && helper.core.joinBulk() === 0) return;
          helper.core.link(1);
          done = false;
        }, 1);
      }
      if (done) return;
    }
    throw new Error(`linking does not end; ${this.context}`);
  }

  mend(): void {
    const { core } = this.seat;
    const status = this.survive(() => {
      if (core.startCensus(this.space.at, this.space.incarnation, 1) !== 1) return;
      while (core.continueCensus(50, 1) === 1);
    });
    if (status !== undefined) this.mend();
  }

  searchWide(): void {
    this.survive(() => this.space.search(VECTORS.at(0), 500, 400));
    this.survive(() => this.seat.core.tidy());
  }

  expectAll(): void {
    this.space.expectWhole(this.context);
    expect(this.space.figures().live, this.context).toBe(this.model.size);
    for (const [key, held] of this.model) {
      this.expectHeld(key, held);
      const query = VECTORS.at(held.vector);
      const found = (hits: { key: unknown; distance: number }[]) =>
        hits.some((hit) => hit.key === key && hit.distance === 0);
      const exactly = found(this.space.searchExactly(query, this.model.size));
      const byGraph = found(this.space.search(query, 60, 100));
      if (!exactly || !byGraph)
        throw new Error(`key ${key} is lost (exact ${exactly}, graph ${byGraph}); ${this.context}`);
    }
  }
}

/** What a row holds besides its fields' number, which grows. */
function contentsOf(row: Uint8Array, space: RowSpace): string {
  const values = space.fields.list.slice(0, Object.keys(FIELDS).length).map((field) => valueInRow(row, field));
  return JSON.stringify([decodeRow(row), values]);
}

/** Adds, upserts, updates, deletes, twins, promotion, links one by one and in bulk, codes that go blind, compaction,
 * a census, a wide search, a new field. */
function workload(survivor: Survivor): void {
  for (let i = 0; i < 140; i++) survivor.add(i, i);
  survivor.link();
  survivor.offered(150, 70, () => {
    for (let i = 140; i < 270; i++) survivor.add(i, i);
    for (let i = 270; i < 290; i++) survivor.add(i, i < 280 ? 7 : 200); // twins
  });
  survivor.link();
  for (let i = 290; i < 330; i++) survivor.add(i, i);
  for (let i = 330; i < 350; i++) survivor.add(i, 7); // twins
  survivor.link();
  for (let i = FAR; i < VECTORS.count; i++) survivor.add(i, i);
  survivor.link();
  for (let i = 0; i < 60; i++) survivor.add(i, 400 + i);
  for (let i = 60; i < 140; i++) survivor.remove(i);
  survivor.link();
  for (let i = 150; i < 210; i++) survivor.update(i, "updated");
  survivor.searchWide();
  survivor.mend();
  survivor.fillField();
  for (let i = 200; i < 300; i++) survivor.update(i, "late");
  survivor.link();
  survivor.searchWide(); // what the compactions emptied is freed
  for (let i = 0; i < 40; i++) survivor.add(1000 + i, 500 + i);
}

const reached = new Map<string, number>();
/** At which visits of a point: all of these by command. */
const VISITS = process.env.VISITS === "all" ? [1, 2, 3, 50] : [1, 3];

describe("a trap", async () => {
  await coreModule("debug");
  for (const { name, point } of POINTS) {
    for (const countdown of VISITS) {
      test(`at ${name}, visit ${countdown}, leaves nothing half done`, async () => {
        const seat = await partition({ dimensions: DIMENSIONS, M: 4, flatBelow: 100 }, "debug");
        const context = `${name} at visit ${countdown}, seed ${SEED}`;
        const helper = Seat.join(await coreModule("debug"), seat.memory, 1, true);
        const survivor = new Survivor(new RowSpace(seat, "space", FIELDS), context, helper);
        for (const { core } of [seat, helper]) core.armFault(point, countdown);
        workload(survivor);
        for (const { core } of [seat, helper]) core.armFault(0, 0);
        reached.set(name, (reached.get(name) ?? 0) + survivor.traps);
        survivor.expectAll();
        survivor.link();
        survivor.mend();
        expect(survivor.space.census(false), context).toBe(0);
        survivor.expectAll();
      });
    }
  }
});

test("the workload reached every fault point", () => {
  const never = POINTS.filter(({ name }) => !reached.get(name)).map(({ name }) => name);
  expect(never).toEqual([]);
});

describe("a slot that traps its linker twice", async () => {
  await coreModule("debug");
  const LINKING = POINTS.filter(({ name }) => name.startsWith("LINK_") || name === "TWIN");
  test.each(LINKING)("at $name is quarantined or in, and found", async ({ name, point }) => {
    const seat = await partition({ dimensions: DIMENSIONS, M: 4, flatBelow: 100 }, "debug");
    const context = `${name} twice, seed ${SEED}`;
    const survivor = new Survivor(new RowSpace(seat, "space", FIELDS), context);
    for (let i = 0; i < 150; i++) survivor.add(i, i);
    survivor.link();
    for (let i = 150; i < 160; i++) survivor.add(i, 7); // twins of slot 7, some linked before and some after
    seat.core.claim(0, 5, 0);
    while (seat.core.link(10) !== 0);
    for (let i = 160; i < 200; i++) survivor.add(i, i);
    seat.core.claim(0, 100, 0);
    let twice = 0;
    for (let tries = 0; seat.core.hasClaims() && tries < 1000; tries++) {
      seat.core.armFault(twice < 2 ? point : 0, 1);
      try {
        seat.core.link(1);
      } catch (error) {
        if (!isTrap(error)) throw error;
        twice++;
        seat.core.repairSeat(0);
        survivor.space.expectWhole(`${context}, trap ${twice}`);
      }
    }
    seat.core.armFault(0, 0);
    for (let i = 200; i < 260; i++) survivor.add(i, i < 210 ? 7 : i);
    survivor.link();
    survivor.mend();
    survivor.expectAll();
    expect(survivor.space.census(false), context).toBe(0);
    if (twice === 2) expect(survivor.space.figures().quarantined, context).toBeLessThanOrEqual(1);
  });
});

test("a slot that traps its linker twice, and has got a twin in between, is linked", async () => {
  const seat = await partition({ dimensions: DIMENSIONS, M: 4, flatBelow: 100 }, "debug");
  const other = Seat.join(await coreModule("debug"), seat.memory, 1, true);
  const space = new CoreSpace(seat, "space");
  for (let i = 0; i < 200; i++) space.add(i, VECTORS.at(i));
  space.linkAll();
  const trapsAt = (point: number) => {
    seat.core.armFault(point, 1);
    expect(() => seat.core.link(1)).toThrow(WebAssembly.RuntimeError);
    seat.core.repairSeat(0);
  };
  space.add(200, VECTORS.at(200));
  seat.core.claim(0, 1, 0);
  trapsAt(layout.FAULT_LINK_DONE); // others know it by now
  space.add(201, VECTORS.at(200));
  other.core.claim(0, 1, 0);
  while (other.core.link(1) !== 0);
  trapsAt(layout.FAULT_LINK_START);
  space.linkAll();
  space.expectWhole("linked");
  expect(space.figures()).toMatchObject({ quarantined: 0, pending: 0 });
  expect(space.search(VECTORS.at(200), 2).map(({ key }) => key)).toEqual([200, 201]);
});

test("a slot that is linked again never becomes its own neighbour, however much the visited table forgets", async () => {
  await coreModule("debug");
  const set = uniform(6000, 16, SEED); // a build meets more slots than the table has cells
  const seat = await partition({ dimensions: 16, flatBelow: 100, efConstruction: 96 }, "debug");
  const space = new CoreSpace(seat, "space");
  for (let i = 0; i < 5900; i++) space.add(i, set.at(i));
  space.linkAll();
  for (let i = 5900; i < 6000; i++) {
    space.add(i, set.at(i));
    seat.core.claim(0, 1, 0);
    seat.core.armFault(layout.FAULT_LINK_DONE, 1); // others know it by now
    expect(() => seat.core.link(1)).toThrow(WebAssembly.RuntimeError);
    seat.core.repairSeat(0);
    while (seat.core.link(1) !== 0);
  }
  space.expectWhole(`seed ${SEED}`);
}, 60_000);

describe("a trap while spaces come and go", async () => {
  await coreModule("debug");
  const POINTS_OF_SPACES = POINTS.filter(({ name }) => /^(ARENA|KEYS)_/.test(name));
  for (const { name, point } of POINTS_OF_SPACES) {
    for (const countdown of [1, 2, 3, 10, 30]) {
      test(`at ${name}, visit ${countdown}: each is there as a whole or gone`, async () => {
        const seat = await partition({ dimensions: DIMENSIONS, M: 4, flatBelow: 100 }, "debug");
        const context = `${name} at visit ${countdown}`;
        const wanted = new Set<string>();
        let traps = 0;
        const survive = (call: () => void) => {
          try {
            call();
          } catch (error) {
            if (!isTrap(error)) throw error;
            traps++;
            seat.core.repairSeat(0);
            expect(seat.core.holdsLocks(), context).toBe(0);
          }
        };
        seat.core.armFault(point, countdown);
        for (let i = 0; i < 60; i++) {
          const spaceName = `space ${i}`;
          survive(() => new CoreSpace(seat, spaceName).add("key", VECTORS.at(i)));
          // What the trap cut off is done again, as a caller would.
          new CoreSpace(seat, spaceName).add("key", VECTORS.at(i));
          wanted.add(spaceName);
          if (i % 3 !== 0) continue;
          survive(() => new CoreSpace(seat, spaceName).drop());
          if (seat.core.openSpace(seat.putKey(spaceName), 0, 0) === layout.OK) new CoreSpace(seat, spaceName).drop();
          wanted.delete(spaceName);
        }
        seat.core.armFault(0, 0);
        const found = spacesOf(seat).map(({ name }) => name);
        expect(found.toSorted(), context).toEqual([...wanted].toSorted());
        seat.core.partitionInfo();
        expect({ spaces: seat.infoAt(3), traps, context }).toEqual({ spaces: wanted.size, traps, context });
        for (const spaceName of wanted) new CoreSpace(seat, spaceName).expectWhole(context);
      });
    }
  }
});
