// Which is the longest piece of the vocabulary that starts at this character?
//
// BERT's vocabulary marks the pieces that continue a word with "##". They have a root of their own here, so that text is
// matched in place, without making substrings.

const COLUMNS = 36;
/** `a`-`z` and `0`-`9` to their column in the dense table, everything else to -1. */
const COLUMN_OF = Int8Array.from({ length: 128 }, (_, code) => {
  return "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(String.fromCharCode(code));
});
/** As many as there are UTF-16 code units: node and unit make one key. */
const UNITS = 65_536;

export const WORD_START = 0;
export const INSIDE_WORD = 1;
const NO_PIECE = -1;

export class PieceTrie {
  /** Child by node and column; 0 is none, for no edge leads back to a root. */
  #dense: Int32Array;
  /** Child by `node * UNITS + code unit`, for the units without a column. */
  readonly #sparse = new Map<number, number>();
  #pieceAt: Int32Array;
  #nodes = 2;
  /** Where the last piece found ends. */
  matchEnd = 0;

  constructor(vocabulary: Iterable<readonly [piece: string, id: number]>) {
    const pieces = [...vocabulary];
    const nodesMax = pieces.reduce((sum, [piece]) => sum + piece.length, this.#nodes);
    this.#dense = new Int32Array(nodesMax * COLUMNS);
    this.#pieceAt = new Int32Array(nodesMax).fill(NO_PIECE);
    for (const [piece, id] of pieces) {
      const inside = piece.length > 2 && piece.startsWith("##");
      this.#add(inside ? INSIDE_WORD : WORD_START, inside ? piece.slice(2) : piece, id);
    }
    this.#dense = this.#dense.slice(0, this.#nodes * COLUMNS);
    this.#pieceAt = this.#pieceAt.slice(0, this.#nodes);
  }

  /** The id of the longest piece within `text[from, end)`, which ends at `matchEnd`; -1 if there is none. */
  longest(root: typeof WORD_START | typeof INSIDE_WORD, text: string, from: number, end: number): number {
    let node: number = root;
    let found = NO_PIECE;
    for (let at = from; at < end; ) {
      node = this.#child(node, text.charCodeAt(at));
      if (node === 0) break;
      at++;
      const piece = this.#pieceAt[node] as number;
      if (piece !== NO_PIECE) {
        found = piece;
        this.matchEnd = at;
      }
    }
    return found;
  }

  #child(node: number, unit: number): number {
    const column = unit < 128 ? (COLUMN_OF[unit] as number) : -1;
    if (column >= 0) return this.#dense[node * COLUMNS + column] as number;
    return this.#sparse.get(node * UNITS + unit) ?? 0;
  }

  #add(root: number, piece: string, id: number): void {
    let node = root;
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at);
      const column = unit < 128 ? (COLUMN_OF[unit] as number) : -1;
      let child = this.#child(node, unit);
      if (child === 0) {
        child = this.#nodes++;
        if (column >= 0) this.#dense[node * COLUMNS + column] = child;
        else this.#sparse.set(node * UNITS + unit, child);
      }
      node = child;
    }
    this.#pieceAt[node] = id;
  }
}
