/* What may be found under a key, after ops of which some were acknowledged, some refused, and some may be in the log or not? */

/** The number of the op that gave the entry its vector, and of the one that gave it its document; null: no entry. */
export type Found = { x: number; n: number } | null;

export type Kind = "add" | "update" | "delete";

export class KeyModel {
  private states: Found[] = [null];

  /** What is there for certain; undefined where it may be one or the other. */
  get certain(): Found | undefined {
    return this.states.length === 1 ? this.states[0] : undefined;
  }

  get isUntouched(): boolean {
    return this.certain === null;
  }

  /** An op with that number was done. `count`: of entries that it changed. False: its result can't be true. */
  done(kind: Kind, n: number, count: number): boolean {
    const before = kind === "add" ? this.states : this.states.filter((state) => (state !== null) === (count === 1));
    this.states = distinct((before.length > 0 ? before : this.states).map((state) => after(kind, n, state)));
    return before.length > 0;
  }

  /** It was done, or was not, or will be: before any other of the same member. */
  perhaps(kind: Kind, n: number): void {
    this.states = distinct([...this.states, ...this.states.map((state) => after(kind, n, state))]);
  }

  allows(found: Found): boolean {
    return this.states.some((state) => isSame(state, found));
  }

  toString(): string {
    return this.states.map((state) => JSON.stringify(state)).join(" or ");
  }
}

export function after(kind: Kind, n: number, state: Found): Found {
  if (kind === "add") return { x: n, n };
  if (kind === "delete") return null;
  return state && { x: state.x, n };
}

export function isSame(a: Found, b: Found): boolean {
  return a === null || b === null ? a === b : a.x === b.x && a.n === b.n;
}

function distinct(states: readonly Found[]): Found[] {
  return states.filter((state, i) => states.findIndex((other) => isSame(other, state)) === i);
}
