/* In which order are points scrolled? By id, in lists that are cut into pieces, so that adding one moves few. */
import type { Key } from "../../values/keys.ts";
import { uuidOf } from "./ids.ts";

const PIECE = 512;

class SortedList {
  private readonly pieces: Key[][];

  constructor(keys: Key[]) {
    keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.pieces = Array.from({ length: Math.ceil(keys.length / PIECE) }, (_, i) =>
      keys.slice(i * PIECE, (i + 1) * PIECE),
    );
  }

  add(key: Key): void {
    const at = this.pieceOf(key);
    const piece = this.pieces[at];
    if (piece === undefined) {
      this.pieces.push([key]);
      return;
    }
    const place = placeIn(piece, key);
    if (piece[place] === key) return;
    piece.splice(place, 0, key);
    if (piece.length > 2 * PIECE) this.pieces.splice(at, 1, piece.slice(0, PIECE), piece.slice(PIECE));
  }

  delete(key: Key): void {
    const at = this.pieceOf(key);
    const piece = this.pieces[at];
    const place = piece === undefined ? 0 : placeIn(piece, key);
    if (piece === undefined || piece[place] !== key) return;
    piece.splice(place, 1);
    if (piece.length === 0) this.pieces.splice(at, 1);
  }

  /** From a key on, which may be gone; null: from the first. */
  *from(key: Key | null): Generator<Key> {
    const first = key === null ? 0 : this.pieceOf(key);
    for (let at = first; at < this.pieces.length; at++) {
      const piece = this.pieces[at]!;
      for (let i = at === first && key !== null ? placeIn(piece, key) : 0; i < piece.length; i++) yield piece[i]!;
    }
  }

  /** The last piece that begins at or before the key. */
  private pieceOf(key: Key): number {
    let [low, high] = [0, this.pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]![0]! <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function placeIn(piece: readonly Key[], key: Key): number {
  let [low, high] = [0, piece.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (piece[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In the order of `SortedIds`. */
export function comesBefore(a: Key, b: Key): boolean {
  const [kindA, kindB] = [kindOf(a), kindOf(b)];
  return kindA === kindB ? a < b : kindA < kindB;
}

/** Integers, then UUIDs, then other strings. */
export class SortedIds {
  private readonly lists: SortedList[];

  constructor(keys: Iterable<Key>) {
    const kinds: Key[][] = [[], [], []];
    for (const key of keys) kinds[kindOf(key)]!.push(key);
    this.lists = kinds.map((kind) => new SortedList(kind));
  }

  add(key: Key): void {
    this.lists[kindOf(key)]!.add(key);
  }

  delete(key: Key): void {
    this.lists[kindOf(key)]!.delete(key);
  }

  *from(key: Key | null): Generator<Key> {
    const first = key === null ? 0 : kindOf(key);
    for (let kind = first; kind < this.lists.length; kind++) yield* this.lists[kind]!.from(kind === first ? key : null);
  }
}

function kindOf(key: Key): 0 | 1 | 2 {
  if (typeof key !== "string") return 0;
  return key.length === 36 && uuidOf(key) === key ? 1 : 2;
}
