/* How does a batch get into a space, and which row is at fault when it does not? */
import type { Space } from "../../api/space.ts";
import { HnswError } from "../../errors.ts";
import type { Batch } from "../formats/sources.ts";

/** Refusals that concern a single vector or key. */
const OF_A_ROW = [
  "BAD_KEY",
  "BAD_DIMENSIONS",
  "BAD_VECTOR",
  "NOT_FINITE",
  "NORM_OVERFLOW",
  "NORM_UNDERFLOW",
  "ZERO_VECTOR",
  "BAD_METADATA",
  "BAD_FIELD",
  "DOCUMENT_TOO_LARGE",
];

/** Calls `added` for each entry. Rejects with HnswError, which names the row. */
export async function addBatch(space: Space, batch: Batch, added: () => void): Promise<void> {
  try {
    const { keys, vectors, metadata, expiresAt } = batch;
    await space.addMany(keys, vectors, metadata ?? undefined, { expiresAt });
    for (const _ of batch.keys) added();
  } catch (error) {
    if (!(error instanceof HnswError) || !OF_A_ROW.includes(error.code)) throw error;
    await addEach(space, batch, added); // none was added: add them one by one, up to the bad row, and name it
  }
}

async function addEach(space: Space, batch: Batch, added: () => void): Promise<void> {
  const { keys, vectors, metadata, expiresAt, placeOf } = batch;
  for (const [i, key] of keys.entries()) {
    try {
      await space.add(key, vectors === null ? null : vectors[i]!, metadata?.[i], { expiresAt });
      added();
    } catch (error) {
      if (!(error instanceof HnswError)) throw error;
      throw new HnswError(error.code, `${placeOf(i)}: ${error.message}`, { cause: error });
    }
  }
}
