/* Which words does a text consist of, for a text index? Letters and digits between anything else, in lower case. */

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const LONGEST = 256;

export function wordsOf(text: string): Set<string> {
  return new Set(Array.from(text.toLowerCase().matchAll(WORD), ([word]) => word.slice(0, LONGEST)));
}
