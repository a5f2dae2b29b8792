/* Which vectors stand for texts in these tests? Counts of letters: texts of similar words lie near each other. */
import { Embeddings } from "@langchain/core/embeddings";

export const LETTERS = 26;

export class LetterCounts extends Embeddings {
  constructor() {
    super({});
  }

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map(countsOf);
  }

  override async embedQuery(text: string): Promise<number[]> {
    return countsOf(text);
  }
}

function countsOf(text: string): number[] {
  const counts = new Array<number>(LETTERS).fill(0);
  for (const letter of text.toLowerCase().match(/[a-z]/g) ?? []) counts[letter.charCodeAt(0) - 97]!++;
  return counts;
}
