// Which of BERT's word pieces is a text made of?
//
// The steps of the uncased tokenizer: accents off, lower case, split at white space, each punctuation mark a word of
// its own; then each word is cut greedily into the longest pieces of the vocabulary.

import { INSIDE_WORD, PieceTrie, WORD_START } from "./trie.ts";

/** A longer word is one unknown token, as in BERT's own tokenizer. */
const WORD_LENGTH_MAX = 100;
const UNKNOWN = "[UNK]";

const SPACE = 0;
const LETTER = 1;
const MARK = 2;
/** What an ASCII character is to the splitting; everything beyond ASCII counts as a letter. */
const KIND_OF = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z0-9]/.test(character)) return LETTER;
  return /[!-~]/.test(character) ? MARK : SPACE;
});

export class Tokenizer {
  readonly #pieces: PieceTrie;
  readonly #unknown: number;

  /** `vocabulary` maps a piece to its id and must hold `[UNK]`. */
  constructor(vocabulary: ReadonlyMap<string, number>) {
    const unknown = vocabulary.get(UNKNOWN);
    if (unknown === undefined) throw new Error(`the vocabulary has no ${UNKNOWN}`);
    this.#pieces = new PieceTrie(vocabulary);
    this.#unknown = unknown;
  }

  /** Ids of the pieces, in order; no [CLS] and no [SEP]. */
  encode(text: string): number[] {
    const plain = normalise(text);
    const ids: number[] = [];
    for (let at = 0; at < plain.length; ) {
      const kind = kindAt(plain, at);
      let end = at + 1;
      if (kind === LETTER) while (end < plain.length && kindAt(plain, end) === LETTER) end++;
      if (kind !== SPACE) this.#cut(plain, at, end, ids);
      at = end;
    }
    return ids;
  }

  /** Appends the pieces of the word `text[start, end)`; if any part has none, the whole word is unknown. */
  #cut(text: string, start: number, end: number, ids: number[]): void {
    const idsBefore = ids.length;
    for (let at = start; at < end; at = this.#pieces.matchEnd) {
      const id = this.#pieces.longest(at === start ? WORD_START : INSIDE_WORD, text, at, end);
      if (id < 0 || end - start > WORD_LENGTH_MAX) {
        ids.length = idsBefore;
        ids.push(this.#unknown);
        return;
      }
      ids.push(id);
    }
  }
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (KIND_OF[code] as number) : LETTER;
}

/** Leaves only what `kindAt` can tell apart: beyond ASCII, this puts spaces around marks and CJK characters. */
function normalise(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replace(/[^\P{P}!-~]|\p{Script=Han}/gu, " $& ")
    .replace(/\s/g, " ")
    .toLowerCase();
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
