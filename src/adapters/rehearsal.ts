/* Would an index take these entries? Asked before the first of several spaces is changed. */
import { type FieldType, type Key, open, type VectorIndex } from "../index.ts";

/** What one `addMany` takes. `vectors` null: entries without any. */
export interface Addition {
  space: string;
  keys: Key[];
  vectors: number[][] | null;
  documents: unknown[];
}

/**
 * Adds them to an empty index of the same options, in memory. Rejects with what is wrong with names, keys, vectors or
 * documents; what a disk or a full memory refuses is not known here.
 */
export async function rehearse(index: VectorIndex, additions: readonly Addition[]): Promise<void> {
  const { dimensions, metric, zeroVectors, maxDocumentBytes, metadata, timeoutMs } = index.options;
  const types = Object.entries(index.fields).map(([name, { type }]): [string, FieldType] => [name, type]);
  const shape = { dimensions, metric, zeroVectors, maxDocumentBytes, metadata, timeoutMs } as const;
  const copy = await open({ ...shape, fields: Object.fromEntries(types), workers: 0, partitions: 1 });
  try {
    for (const addition of additions) await add(copy, addition);
  } finally {
    await copy.close(); // not `await using`, which Node 20 does not know
  }
}

export async function add(index: VectorIndex, { space, keys, vectors, documents }: Addition): Promise<void> {
  await index.space(space).addMany(keys, vectors, documents);
}
