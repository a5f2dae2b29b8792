/*
 * Which results can a few threads get that read and write shared words? All that the memory model of WebAssembly allows, for
 * aligned words of one size (Watt, Rossberg, Pichon-Pharabod: "Weakening WebAssembly", 2019; as ECMAScript's):
 *
 *   - atomic accesses are sequentially consistent among themselves;
 *   - an atomic load that reads from an atomic store synchronizes with it: what happened before the store happens before the load;
 *   - a plain load may read any store that does not happen after it and that no other store hides, one which happens in between.
 *
 * So plain accesses come in any order that this leaves open, also in orders that no processor and no engine is known to
 * show. Where atomic and plain stores to one word are mixed, more is allowed than the model does, never less.
 *
 * A thread is a function. It is run with every value that its loads might return; the runs of all threads are put together
 * in every way, and those that the model forbids are dropped. Meant for a dozen accesses in all.
 */

export type Registers = { readonly [name: string]: number | undefined };

/** `name`: a word of memory, 0 unless the program says otherwise. */
export interface Actor {
  load(name: string): number;
  store(name: string, value: number): void;
  atomicLoad(name: string): number;
  atomicStore(name: string, value: number): void;
  /** Returns the value before. */
  add(name: string, by: number): number;
  exchange(name: string, value: number): number;
  compareExchange(name: string, expected: number, value: number): number;
  /** As assembly/memory/order.ts: atomic in an ordered build, else plain. */
  published(name: string): number;
  publish(name: string, value: number): void;
  /** Waits until the lock is free, and takes it. */
  acquire(name: string): void;
  release(name: string): void;
  /** Drops runs in which something does not hold: for loops that end only once it does. */
  assume(holds: boolean): void;
}

export type Thread = (actor: Actor) => Registers | undefined;

export interface Program {
  threads: readonly Thread[];
  /** Words that are not 0 at the beginning. */
  initial?: Readonly<Record<string, number>>;
  /** Whether `publish` and `published` are atomic. */
  ordered?: boolean;
}

interface Access {
  thread: number;
  name: string;
  isAtomic: boolean;
  /** What it read, and what it wrote. */
  read?: number;
  written?: number;
}

interface Run {
  accesses: Access[];
  registers: Registers;
}

/** All results: the registers of all threads together. */
export function results(program: Program): Registers[] {
  const found = new Map<string, Registers>();
  for (const runs of combinations(runsOf(program))) {
    const registers: Registers = Object.assign({}, ...runs.map((run) => run.registers));
    const key = JSON.stringify(Object.entries(registers).sort());
    if (found.has(key)) continue;
    const accesses = runs.flatMap((run) => run.accesses);
    if (isAllowed(accesses, program.initial ?? {})) found.set(key, registers);
  }
  return [...found.values()];
}

// ── the runs of each thread ─────────────────────────────────────────────────────────────────────────────────────────
/** What each thread does for each series of values that its loads may return. */
function runsOf({ threads, initial = {}, ordered = true }: Program): Run[][] {
  const values = new Map<string, Set<number>>();
  const valuesOf = (name: string) => {
    if (!values.has(name)) values.set(name, new Set([initial[name] ?? 0]));
    return values.get(name)!;
  };
  // Until no run writes a value that a load could not have returned, or each store has passed a value on.
  for (let known = -1, rounds = 0; ; rounds++) {
    const runs = threads.map((thread, number) => runsOfThread(thread, number, valuesOf, ordered));
    const accesses = runs.flat().map((run) => run.accesses);
    for (const { name, written } of accesses.flat()) if (written !== undefined) valuesOf(name).add(written);
    const count = [...values.values()].reduce((sum, { size }) => sum + size, 0);
    if (count === known || rounds > MOST_ROUNDS) return runs;
    known = count;
  }
}

const MOST_ROUNDS = 4; // a counter that is raised more often needs more

class Dropped extends Error {}

function runsOfThread(
  thread: Thread,
  number: number,
  valuesOf: (name: string) => Set<number>,
  ordered: boolean,
): Run[] {
  const runs: Run[] = [];
  const visit = (chosen: readonly number[]) => {
    const accesses: Access[] = [];
    const more: number[][] = [];
    let reads = 0;
    const read = (name: string, isAtomic: boolean, change?: (value: number) => number | undefined) => {
      const choice = chosen[reads];
      const [first, ...others] = [...valuesOf(name)];
      const value = choice ?? first!;
      if (choice === undefined) {
        const before = accesses.flatMap((access) => access.read ?? []);
        for (const other of others) more.push([...before, other]);
      }
      reads++;
      const written = change?.(value);
      accesses.push({ thread: number, name, isAtomic, read: value, ...(written === undefined ? {} : { written }) });
      return value;
    };
    const write = (name: string, isAtomic: boolean, written: number) => {
      accesses.push({ thread: number, name, isAtomic, written });
    };
    const actor: Actor = {
      load: (name) => read(name, false),
      store: (name, value) => write(name, false, value),
      atomicLoad: (name) => read(name, true),
      atomicStore: (name, value) => write(name, true, value),
      add: (name, by) => read(name, true, (value) => value + by),
      exchange: (name, value) => read(name, true, () => value),
      compareExchange: (name, expected, value) => read(name, true, (was) => (was === expected ? value : undefined)),
      published: (name) => read(name, ordered),
      publish: (name, value) => write(name, ordered, value),
      acquire: (name) => actor.assume(actor.compareExchange(name, 0, 1) === 0),
      release: (name) => write(name, true, 0),
      assume: (holds) => {
        if (!holds) throw new Dropped();
      },
    };
    try {
      const registers = thread(actor) ?? {};
      runs.push({ accesses, registers });
    } catch (error) {
      if (!(error instanceof Dropped)) throw error;
    }
    for (const next of more) visit(next);
  };
  visit([]);
  return runs;
}

function* combinations(runs: readonly Run[][], from = 0): Generator<Run[]> {
  if (from === runs.length) return yield [];
  for (const run of runs[from]!) for (const rest of combinations(runs, from + 1)) yield [run, ...rest];
}

// ── what the model allows ───────────────────────────────────────────────────────────────────────────────────────────
const START = -1; // stands for the stores that initialized memory, which happen before everything

/** Whether some choice of the store that each load reads from, and some order of the atomic accesses, is allowed. */
function isAllowed(accesses: readonly Access[], initial: Readonly<Record<string, number>>): boolean {
  const loads = accesses.flatMap((access, i) => (access.read === undefined ? [] : [i]));
  const sources = loads.map((load) => {
    const { name, read } = accesses[load]!;
    const stores = accesses.flatMap(({ name: other, written }, i) =>
      i !== load && other === name && written === read ? [i] : [],
    );
    return (initial[name] ?? 0) === read ? [START, ...stores] : stores;
  });
  const chosen = new Map<number, number>();
  const choose = (next: number): boolean => {
    if (next === loads.length) return isConsistent(accesses, chosen);
    return sources[next]!.some((source) => {
      chosen.set(loads[next]!, source);
      return choose(next + 1);
    });
  };
  return choose(0);
}

function isConsistent(accesses: readonly Access[], sources: ReadonlyMap<number, number>): boolean {
  const before = happensBefore(accesses, sources);
  if (before === null) return false;
  const isBefore = (a: number, b: number) => (before[b]! & (1n << BigInt(a))) !== 0n;
  for (const [load, source] of sources) {
    if (source !== START && isBefore(load, source)) return false;
    const { name } = accesses[load]!;
    for (const [i, other] of accesses.entries()) {
      if (i === load || i === source || other.name !== name || other.written === undefined) continue;
      if (isBefore(i, load) && (source === START || isBefore(source, i))) return false; // it hides the source
    }
  }
  return hasOrder(accesses, sources, isBefore);
}

/** For each access the set of those that happen before it, as bits; null where one would happen before itself. */
function happensBefore(accesses: readonly Access[], sources: ReadonlyMap<number, number>): bigint[] | null {
  const before = accesses.map(({ thread }, i) => {
    let bits = 0n;
    for (let j = 0; j < i; j++) if (accesses[j]!.thread === thread) bits |= 1n << BigInt(j);
    const source = sources.get(i) ?? START;
    if (source !== START && accesses[i]!.isAtomic && accesses[source]!.isAtomic) bits |= 1n << BigInt(source);
    return bits;
  });
  for (let changed = true; changed; ) {
    changed = false;
    for (const [i, bits] of before.entries()) {
      let all = bits;
      for (const [j, others] of before.entries()) if (bits & (1n << BigInt(j))) all |= others;
      if (all !== bits) changed = true;
      before[i] = all;
    }
  }
  return before.some((bits, i) => (bits & (1n << BigInt(i))) !== 0n) ? null : before;
}

/** Whether the atomic accesses have an order in which each atomic load reads from the last atomic store before it. */
function hasOrder(
  accesses: readonly Access[],
  sources: ReadonlyMap<number, number>,
  isBefore: (a: number, b: number) => boolean,
): boolean {
  const atomics = accesses.flatMap(({ isAtomic }, i) => (isAtomic ? [i] : []));
  const place = (left: readonly number[], last: Readonly<Record<string, number>>): boolean => {
    if (left.length === 0) return true;
    return left.some((next) => {
      if (left.some((other) => other !== next && isBefore(other, next))) return false;
      const { name, read, written } = accesses[next]!;
      const source = sources.get(next) ?? START;
      const isFromPlain = source !== START && !accesses[source]!.isAtomic;
      if (read !== undefined && !isFromPlain && (last[name] ?? START) !== source) return false;
      const then = written === undefined ? last : { ...last, [name]: next };
      return place(
        left.filter((other) => other !== next),
        then,
      );
    });
  };
  return place(atomics, {});
}
