/*
 * What may a folder hold after a crash? Per space, what it held before and a prefix of the steps begun since: all that
 * were acknowledged, and as many of the others as reached the disk.
 *
 * The steps of a space are in one order. Between spaces there is none: an op that waits holds up no other space's.
 */
import type { Key, VectorIndex, Where } from "../../../src/index.ts";
import { isSame } from "../../support/indexes.ts";
import {
  type Document,
  FIRST_EXPIRY,
  type Kept,
  LATE_FIELDS,
  type LateField,
  type Op,
  type Step,
  stepsOf,
  TAGS,
} from "./ops.ts";

/** Entries by space and key; of each space in the order in which they were added. */
export type Content = Map<string, Map<Key, Kept>>;

interface Begun {
  op: number;
  space: string;
  step: Step;
}

export class Model {
  /** What is known to be in the folder. */
  private content: Content = new Map();
  private begun: Begun[] = [];
  /** Ops that were acknowledged. */
  private acknowledged = new Set<number>();
  /** Fields that the folder has got, and that it may have, by the first op that adds them since. */
  private fields = new Set<string>();
  private begunFields = new Map<string, number>();
  /** Folders that lacked a step of one space and held a later one of another: allowed, and counted. */
  acrossSpaces = 0;
  /** Steps that may or may not be in the folder; and how many were. */
  unknown = 0;
  unknownThere = 0;

  intend(i: number, op: Op): void {
    if (op.kind === "addField" && !this.begunFields.has(op.name)) this.begunFields.set(op.name, i);
    if (!("space" in op)) return;
    const state = new Map(this.content.get(op.space));
    for (const { step } of this.stepsOf(op.space)) apply(state, step);
    for (const step of stepsOf(op, state)) this.begun.push({ op: i, space: op.space, step });
  }

  /** The op is on the disk. */
  acknowledge(i: number): void {
    this.acknowledged.add(i);
  }

  /** Everything before the op is on the disk. */
  acknowledgeAllBefore(i: number): void {
    for (const op of [...this.begun.map(({ op }) => op), ...this.begunFields.values()]) {
      if (op < i) this.acknowledged.add(op);
    }
  }

  /** Compares with what was found, and takes that as known from then on. Returns what can't be, a line each. */
  settle(found: Content, fields: ReadonlySet<string>): string[] {
    const problems = this.fieldProblems(fields);
    const possible = new Map<string, Set<number>>();
    const names = new Set([...this.content.keys(), ...found.keys(), ...this.begun.map(({ space }) => space)]);
    for (const name of names) {
      const fitting = this.fitting(name, found.get(name));
      if (fitting.size === 0) problems.push(this.difference(name, found.get(name)));
      possible.set(name, fitting);
    }
    if (problems.length === 0 && !this.haveOneOrder([...names], possible)) this.acrossSpaces++;
    this.count(possible);
    this.content = found;
    this.begun = [];
    this.fields = new Set(fields);
    this.begunFields.clear();
    this.acknowledged.clear();
    return problems;
  }

  private fieldProblems(found: ReadonlySet<string>): string[] {
    return Object.keys(LATE_FIELDS).flatMap((name) => {
      const begun = this.begunFields.get(name);
      const must = this.fields.has(name) || (begun !== undefined && this.acknowledged.has(begun));
      if (must && !found.has(name)) return [`the field ${name} is missing`];
      return found.has(name) && !must && begun === undefined ? [`there is a field ${name}`] : [];
    });
  }

  private stepsOf(name: string): Begun[] {
    return this.begun.filter(({ space }) => space === name);
  }

  /** The numbers of steps after which a space holds what was found. */
  private fitting(name: string, found: Map<Key, Kept> | undefined): Set<number> {
    const steps = this.stepsOf(name);
    const least = 1 + steps.findLastIndex(({ op }) => this.acknowledged.has(op));
    const state = new Map(this.content.get(name));
    const fitting = new Set<number>();
    let exists = this.content.has(name);
    for (let taken = 0; ; taken++) {
      // The first add of a space creates it, as a step of its own: it may exist and be empty.
      const mayExist = exists || (taken < steps.length && steps[taken]!.step !== "drop");
      if (taken >= least && isEqual(state, found ?? new Map()) && (found === undefined || mayExist)) fitting.add(taken);
      if (taken === steps.length) return fitting;
      apply(state, steps[taken]!.step);
      const { step } = steps[taken]!;
      if (step === "drop") exists = false;
      else if ("kept" in step && step.kept !== null) exists = true;
    }
  }

  /** Whether there is a moment up to which all steps of these spaces were taken, and none after it. */
  private haveOneOrder(spaces: string[], possible: Map<string, Set<number>>): boolean {
    const taken = new Map(spaces.map((name) => [name, 0]));
    const fits = () => spaces.every((name) => possible.get(name)!.has(taken.get(name)!));
    if (fits()) return true;
    for (const { space } of this.begun) {
      if (!taken.has(space)) continue;
      taken.set(space, taken.get(space)! + 1);
      if (fits()) return true;
    }
    return false;
  }

  private count(possible: Map<string, Set<number>>): void {
    for (const [name, fitting] of possible) {
      const steps = this.stepsOf(name);
      const least = 1 + steps.findLastIndex(({ op }) => this.acknowledged.has(op));
      this.unknown += steps.length - least;
      this.unknownThere += Math.max(least, ...fitting) - least;
    }
  }

  private difference(name: string, found: Map<Key, Kept> | undefined): string {
    const steps = this.stepsOf(name);
    const least = 1 + steps.findLastIndex(({ op }) => this.acknowledged.has(op));
    const wanted = new Map(this.content.get(name));
    for (const { step } of steps.slice(0, least)) apply(wanted, step);
    const lines: string[] = [];
    for (const key of new Set([...wanted.keys(), ...(found?.keys() ?? [])])) {
      const [a, b] = [wanted.get(key), found?.get(key)];
      if (isEntry(a, b)) continue;
      const last = steps.findLast(({ step }) => step !== "drop" && step.key === key);
      lines.push(`${Bun.inspect(key)} is ${show(b)}, not ${show(a)} (last changed by op ${last?.op})`);
    }
    const which = `space ${name} (${found ? `${found.size} there` : "not there"}, ${steps.length - least} steps unknown)`;
    return `${which}: ${lines.length} keys differ from what was acknowledged: ${lines.slice(0, 4).join("; ")}`;
  }
}

export function apply(state: Map<Key, Kept>, step: Step): void {
  if (step === "drop") {
    state.clear();
    return;
  }
  const before = state.get(step.key);
  if ("kept" in step) {
    state.delete(step.key); // what is added is the youngest, what is updated keeps its age
    if (step.kept !== null) state.set(step.key, step.kept);
  } else if (before !== undefined) {
    state.set(step.key, { ...before, metadata: { ...before.metadata, ...step.patch } as Document });
  }
}

function isEqual(a: Map<Key, Kept>, b: Map<Key, Kept>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, kept] of a) if (!isEntry(kept, b.get(key))) return false;
  return true;
}

/** The same vector bit for bit, with the same document and expiry. */
export function isEntry(a: Kept | undefined, b: Kept | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const isSameVector = isSame(a.vector ?? undefined, b.vector ?? undefined);
  return isSameVector && a.expiresAt === b.expiresAt && Bun.deepEquals(a.metadata, b.metadata);
}

function show(kept: Kept | undefined): string {
  if (kept === undefined) return "missing";
  return `${kept.vector} with ${JSON.stringify(kept.metadata)} until ${kept.expiresAt}`;
}

/** Everything that an index holds. */
export async function contentOf(index: VectorIndex): Promise<Content> {
  const content: Content = new Map();
  for (const name of index.spaces()) {
    const space = index.space(name);
    const kept = new Map<Key, Kept>();
    for await (const { key, vector, metadata, expiresAt } of space.entries({ include: ALL })) {
      kept.set(key, { vector: vector ?? null, metadata: metadata as Document | undefined, expiresAt });
    }
    content.set(name, kept);
  }
  return content;
}

const ALL = ["metadata", "vector", "expiresAt"] as const;

/** The fields that an index has got since it was made. */
export function lateFieldsOf(index: VectorIndex): Set<string> {
  return new Set(Object.keys(LATE_FIELDS).filter((name) => name in index.fields));
}

/** Whether columns and expiries fit the documents that were found: what filters count that an index finds, a line each. */
export async function columnsOf(index: VectorIndex, content: Content): Promise<string[]> {
  const problems: string[] = [];
  const late = [...lateFieldsOf(index)] as LateField[];
  for (const [name, entries] of content) {
    const all = [...entries.values()];
    for (const now of [FIRST_EXPIRY - 1, FIRST_EXPIRY + 500]) {
      const alive = all.filter(({ expiresAt }) => (expiresAt ?? Number.POSITIVE_INFINITY) > now);
      const compare = async (where: object, isMatch: (document: Document) => boolean) => {
        const found = await index.space(name).count({ where: where as Where, now });
        const wanted = alive.filter(({ metadata }) => metadata !== undefined && isMatch(metadata)).length;
        if (found !== wanted)
          problems.push(`space ${name}, ${JSON.stringify(where)}, at ${now}: ${found}, not ${wanted}`);
      };
      for (const tag of TAGS) {
        await compare({ tag, size: { $lt: 5 } }, (document) => document.tag === tag && document.size < 5);
      }
      for (const field of late) {
        await compare({ [field]: { $exists: true } }, (document) => document[field] !== undefined);
        await compare({ [field]: { $gte: 100 }, size: { $gte: 2 } }, (document) => {
          return (document[field] ?? 0) >= 100 && document.size >= 2;
        });
      }
    }
  }
  return problems;
}

/** What differs, in a line, or null; an empty space counts as no space. */
export function differenceOf(found: Content, wanted: Content): string | null {
  for (const name of new Set([...found.keys(), ...wanted.keys()])) {
    const [a, b] = [found.get(name) ?? new Map(), wanted.get(name) ?? new Map()];
    if (!isEqual(a, b)) return `space ${name} holds ${a.size} entries, not the ${b.size} that it should, or others`;
  }
  return null;
}
