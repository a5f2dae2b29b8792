// Which documents do the measurements keep? About 200 bytes of JSON with three fields that can be filtered by.

import { Random } from "../../datasets/random.ts";
import { SEEDS } from "../../datasets/seeds.ts";

export const FIELDS = { tag: "keyword", user: "keyword", createdAt: "number" } as const;

const BYTES = 200;
const TAGS = 100;
const USERS = 1000;
const FIRST_MS = 1_700_000_000_000;

export interface Note {
  tag: string;
  user: string;
  createdAt: number;
  text: string;
}

/** Each of its own, so that none is cheaper than another to write as JSON. */
export function notes(count: number): Note[] {
  const random = new Random(SEEDS.documents);
  return Array.from({ length: count }, (_, i) => {
    const note = {
      tag: `tag ${random.below(TAGS)}`,
      user: `user ${random.below(USERS)}`,
      createdAt: FIRST_MS + i,
      text: "",
    };
    const room = BYTES - JSON.stringify(note).length;
    return { ...note, text: `${i} some text to be kept `.repeat(BYTES).slice(0, room) };
  });
}
