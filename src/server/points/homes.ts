/*
 * In which space is a point at the moment? Where points have tenants, ids are unique in the collection and not in a space
 * alone, so each id is looked up here before it is written. Filled from the index when it is first needed.
 */
import type { VectorIndex } from "../../api/vector-index.ts";
import { Slice } from "../../runtime/event-loop.ts";
import type { Key } from "../../values/keys.ts";
import { holdsPoints, SPACE } from "./tenants.ts";

export class Places {
  private readonly spaces = new Map<Key, string>();
  private readonly counts = new Map<string, number>();
  private listed: readonly string[] | null = null;
  /** Ids whose delete is on its way, with the number of the last such delete. */
  private readonly leaving = new Map<Key, number>();
  private deletes = 0;
  /** A write failed: what is here may be wrong. */
  stale = false;

  /** No write may be on its way. */
  static async read(index: VectorIndex): Promise<Places> {
    const places = new Places();
    const slice = new Slice();
    for (const name of index.spaces().filter(holdsPoints)) {
      const keys = await index.space(name).keys();
      for (const key of keys) places.set(key, name);
      if (slice.isOver) await slice.next();
    }
    return places;
  }

  /** Undefined: there is no such point. */
  of(key: Key): string | undefined {
    return this.spaces.get(key);
  }

  keys(): Iterable<Key> {
    return this.spaces.keys();
  }

  /** Those that hold points. */
  get names(): readonly string[] {
    this.listed ??= [...this.counts.keys()];
    return this.listed;
  }

  /** Whether there are points in it. */
  isIn(space: string): boolean {
    return this.counts.has(space);
  }

  set(key: Key, space: string): void {
    this.leaving.delete(key);
    const before = this.spaces.get(key);
    if (before === space) return;
    if (before !== undefined) this.count(before, -1);
    this.spaces.set(key, space);
    this.count(space, 1);
  }

  /** For a delete that is on its way: a point counts as there until `left`, unless it is written again. */
  leave(keys: readonly Key[]): { left(): void } {
    const number = ++this.deletes;
    for (const key of keys) if (this.spaces.has(key)) this.leaving.set(key, number);
    const left = () => {
      for (const key of keys) if (this.leaving.get(key) === number) this.delete(key);
    };
    return { left };
  }

  private delete(key: Key): void {
    this.leaving.delete(key);
    const space = this.spaces.get(key);
    if (space !== undefined) this.count(space, -1);
    this.spaces.delete(key);
  }

  private count(space: string, change: number): void {
    const count = (this.counts.get(space) ?? 0) + change;
    if (count === 0 || count === change) this.listed = null;
    if (count === 0) this.counts.delete(space);
    else this.counts.set(space, count);
  }

  /** Keys by the space that each is in. One that is not known counts as being in the first space. */
  grouped(keys: Iterable<Key>): Map<string, Key[]> {
    return groupedBy(keys, (key) => this.spaces.get(key) ?? SPACE);
  }
}

/** Those of tenants that have no points any more. No write may be on its way. */
export async function dropEmptySpaces(index: VectorIndex): Promise<void> {
  const slice = new Slice();
  for (const name of index.spaces().filter(holdsPoints)) {
    if (name !== SPACE && index.space(name).size === 0) await index.dropSpace(name);
    if (slice.isOver) await slice.next();
  }
}

export function groupedBy<T>(all: Iterable<T>, nameOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const name = nameOf(one);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  return groups;
}
