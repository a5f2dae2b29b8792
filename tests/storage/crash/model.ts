/*
 * What may a folder hold after a crash? Per space, what it held before and a prefix of the steps begun since: all that
 * were acknowledged, and as many of the others as reached the disk.
 *
 * The steps of a space are in one order. Between spaces there is none: an op that waits holds up no other space's.
 */
import type { Key, VectorIndex } from "../../../src/index.ts";
import { isSame } from "../../support/indexes.ts";
import type { Op, Step } from "./ops.ts";

export type Content = Map<string, Map<Key, Float32Array>>;

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
  /** Folders that lacked a step of one space and held a later one of another: allowed, and counted. */
  acrossSpaces = 0;
  /** Steps that may or may not be in the folder; and how many were. */
  unknown = 0;
  unknownThere = 0;

  intend(i: number, op: Op): void {
    if (!("steps" in op)) return;
    for (const step of op.steps) this.begun.push({ op: i, space: op.space, step });
  }

  /** The op is on the disk. */
  acknowledge(i: number): void {
    this.acknowledged.add(i);
  }

  /** Everything before the op is on the disk. */
  acknowledgeAllBefore(i: number): void {
    for (const { op } of this.begun) if (op < i) this.acknowledged.add(op);
  }

  /** Compares with what was found, and takes that as known from then on. Returns what can't be, a line each. */
  settle(found: Content): string[] {
    const problems: string[] = [];
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
    this.acknowledged.clear();
    return problems;
  }

  private stepsOf(name: string): Begun[] {
    return this.begun.filter(({ space }) => space === name);
  }

  /** The numbers of steps after which a space holds what was found. */
  private fitting(name: string, found: Map<Key, Float32Array> | undefined): Set<number> {
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
      else if (step.vector !== null) exists = true;
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

  private difference(name: string, found: Map<Key, Float32Array> | undefined): string {
    const steps = this.stepsOf(name);
    const least = 1 + steps.findLastIndex(({ op }) => this.acknowledged.has(op));
    const wanted = new Map(this.content.get(name));
    for (const { step } of steps.slice(0, least)) apply(wanted, step);
    const lines: string[] = [];
    for (const key of new Set([...wanted.keys(), ...(found?.keys() ?? [])])) {
      const [a, b] = [wanted.get(key), found?.get(key)];
      if (isSame(a, b)) continue;
      const last = steps.findLast(({ step }) => step !== "drop" && step.key === key);
      lines.push(`${Bun.inspect(key)} is ${b ?? "missing"}, not ${a ?? "missing"} (last changed by op ${last?.op})`);
    }
    const which = `space ${name} (${found ? `${found.size} there` : "not there"}, ${steps.length - least} steps unknown)`;
    return `${which}: ${lines.length} keys differ from what was acknowledged: ${lines.slice(0, 4).join("; ")}`;
  }
}

export function apply(state: Map<Key, Float32Array>, step: Step): void {
  if (step === "drop") state.clear();
  else if (step.vector === null) state.delete(step.key);
  else state.set(step.key, step.vector);
}

function isEqual(a: Map<Key, Float32Array>, b: Map<Key, Float32Array>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, vector] of a) if (!isSame(vector, b.get(key))) return false;
  return true;
}

/** Everything that an index holds. */
export async function contentOf(index: VectorIndex): Promise<Content> {
  const content: Content = new Map();
  for (const name of index.spaces()) {
    const space = index.space(name);
    const vectors = new Map<Key, Float32Array>();
    for (const key of await space.keys()) vectors.set(key, (await space.get(key))!);
    content.set(name, vectors);
  }
  return content;
}

/** What differs, in a line, or null; an empty space counts as no space. */
export function differenceOf(found: Content, wanted: Content): string | null {
  for (const name of new Set([...found.keys(), ...wanted.keys()])) {
    const [a, b] = [found.get(name) ?? new Map(), wanted.get(name) ?? new Map()];
    if (!isEqual(a, b)) return `space ${name} holds ${a.size} vectors, not the ${b.size} that it should`;
  }
  return null;
}
