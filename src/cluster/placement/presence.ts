/*
 * Who is there? A member that was heard of within `awayMs`, by the clock of the one that listens: clocks need not agree. A
 * member that could not listen does not take silence for absence until it has listened for as long.
 */
import type { Candidate } from "./policy.ts";

/** A member counts as settled after this many times `awayMs`. */
const SETTLED_AFTER = 3;

interface Heard {
  capacity: number;
  since: number;
  last: number;
}

export class Presence {
  private readonly heard = new Map<string, Heard>();
  private listened: number | null = null;

  /** Times are milliseconds on a clock that never goes back. */
  constructor(private readonly awayMs: number) {}

  /** A member has said that it is there. */
  hears(name: string, capacity: number, now: number): void {
    const known = this.heard.get(name);
    this.heard.set(name, { capacity, since: known?.since ?? now, last: now });
  }

  /** It has said that it leaves. */
  leaves(name: string): void {
    this.heard.delete(name);
  }

  /** At this time it would have heard what was said: to be called several times within `awayMs`. */
  listens(now: number): void {
    const pause = this.listened === null ? 0 : now - this.listened;
    this.listened = now;
    if (pause <= this.awayMs / 2) return;
    for (const member of this.heard.values()) member.last = now;
  }

  /** Whether it has listened just now. Otherwise it does not know who is there. */
  isListening(now: number): boolean {
    return this.listened !== null && now - this.listened <= this.awayMs / 2;
  }

  /** Those that are there, the longest first. */
  members(now: number): Candidate[] {
    for (const [name, { last }] of this.heard) if (now - last > this.awayMs) this.heard.delete(name);
    const all = [...this.heard].sort(([a, one], [b, other]) => one.since - other.since || (a < b ? -1 : 1));
    return all.map(([name, { capacity, since }]) => {
      return { name, capacity, isSettled: now - since >= SETTLED_AFTER * this.awayMs };
    });
  }
}
