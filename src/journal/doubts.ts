/*
 * Of which entries is it unknown, after ops were lost, whether the version that is there is the last one? An update says only
 * what is new beside a vector: done over an older version, it would put a document beside a vector it was not stored with.
 */
import type { LoadedSpace } from "../snapshot/partition-state.ts";
import type { Entry } from "./entries.ts";

type Named = Pick<Entry, "space" | "header" | "key">;

interface Doubt {
  /** Whether all keys are in doubt but for `keys`; else only those are. */
  ofAll: boolean;
  keys: Set<string>;
}

export class Doubts {
  /** By the ids of spaces. */
  private readonly spaces = new Map<number, Doubt>();

  /** Ops up to that number are lost: they may have concerned every key of a space that is not known up to there. */
  lostUpTo(sequence: number, spaces: ReadonlyMap<number, LoadedSpace>): void {
    for (const [id, space] of spaces) if (space.sequence < sequence) this.lostIn(id);
  }

  /** An op of an unknown key is lost. */
  lostIn(space: number): void {
    this.spaces.set(space, { ofAll: true, keys: new Set() });
  }

  /** An op of that key is lost. */
  lost(entry: Named): void {
    const doubt = this.spaces.get(entry.space) ?? { ofAll: false, keys: new Set() };
    this.spaces.set(entry.space, doubt);
    if (doubt.ofAll) doubt.keys.delete(nameOf(entry));
    else doubt.keys.add(nameOf(entry));
  }

  /** An op has put a whole entry under that key, or none. */
  saw(entry: Named): void {
    const doubt = this.spaces.get(entry.space);
    if (doubt?.ofAll) doubt.keys.add(nameOf(entry));
    else doubt?.keys.delete(nameOf(entry));
  }

  isInDoubt(entry: Named): boolean {
    const doubt = this.spaces.get(entry.space);
    return doubt !== undefined && doubt.ofAll !== doubt.keys.has(nameOf(entry));
  }
}

const latin = new TextDecoder("latin1"); // a character a byte, whichever it is

function nameOf({ header, key }: Named): string {
  return `${header} ${latin.decode(key)}`;
}
