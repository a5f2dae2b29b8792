/* What makes a vector of a text that came without one: hashed letters, or a module of the user's? */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HnswError, messageOf } from "../../errors.ts";
import { embedNgrams, NGRAMS } from "./ngrams.ts";

export interface Embedding {
  /** Kept in the folder: vectors of two embeddings can't be compared. */
  name: string;
  /** Null: any. */
  dimensions: number | null;
  embed(text: string, dimensions: number): Promise<ArrayLike<number>>;
}

export const ngrams: Embedding = {
  name: NGRAMS,
  dimensions: null,
  embed: async (text, dimensions) => embedNgrams(text, dimensions),
};

/** The module at a path, or of a package. Rejects with BAD_OPTION. */
export async function embeddingOf(module: string): Promise<Embedding> {
  const isPath = /^\.{0,2}[/\\]|^[A-Za-z]:[/\\]|\.[cm]?[jt]s$/.test(module);
  let found: Record<string, unknown>;
  try {
    found = await import(isPath ? pathToFileURL(resolve(module)).href : Bun.resolveSync(module, process.cwd()));
  } catch (error) {
    throw badModule(module, `can't be loaded: ${messageOf(error)}`, error);
  }
  const { dimensions, embed, name = module } = found;
  if (!Number.isSafeInteger(dimensions)) throw badModule(module, "must export `dimensions`, floats per vector");
  if (typeof embed !== "function") throw badModule(module, "must export `embed(texts)`, a function");
  if (typeof name !== "string") throw badModule(module, "may export `name`, a text");
  return {
    name,
    dimensions: dimensions as number,
    async embed(text) {
      const vectors: unknown = await embed([text]);
      if (!Array.isArray(vectors) || vectors.length !== 1) {
        throw badModule(module, "must export an `embed` that resolves to an array of one vector for each text");
      }
      return vectors[0] as ArrayLike<number>;
    },
  };
}

function badModule(module: string, problem: string, cause?: unknown): HnswError {
  return new HnswError("BAD_OPTION", `The module ${module} of --embed ${problem}.`, { cause });
}
