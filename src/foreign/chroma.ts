/*
 * What do the files of a vector segment of Chroma hold (0.4 to 1.x, "hnsw-local-persisted")? A graph of hnswlib in several
 * files, and a pickle that says which id has which label.
 *
 *   header.bin            version i32 (1), then the head of a graph of hnswlib
 *   data_level0.bin       its elements: links, floats and label of each; room for more may follow
 *   length.bin            the norm of each element, f32: under cosine elements are stored at length 1
 *   index_metadata.pickle id_to_label and others, as a dict or as an object of `PersistentData`
 */
import { damaged, FileBytes, unreadable } from "./bytes.ts";
import { GRAPH_HEAD_BYTES, type GraphHead, readGraphHead } from "./hnswlib.ts";
import { readPickle } from "./pickle.ts";

export const CHROMA_HEADER_BYTES = 4 + GRAPH_HEAD_BYTES;
const VERSION = 1;
const STATE = "chromadb.segment.impl.vector.local_persistent_hnsw PersistentData";

/** Of header.bin. Throws EXPORT_FOREIGN for another version, EXPORT_DAMAGED. */
export function readChromaHeader(bytes: Uint8Array): GraphHead {
  const file = new FileBytes(bytes, "The Chroma segment");
  const version = file.word(0);
  if (version !== VERSION) throw unreadable(file.what, `its header is of version ${version}, known is ${VERSION}`);
  const head = readGraphHead(file, 4);
  if (file.length !== CHROMA_HEADER_BYTES) throw damaged(file.what, `its header has ${file.length} bytes`);
  return head;
}

export interface ChromaLabels {
  /** The ids that are in the segment, by label. */
  ids: Map<number, string>;
  /** The last entry of the queue that is in the segment, where the pickle says so. */
  sequence: number | null;
}

/** Of index_metadata.pickle. Throws EXPORT_FOREIGN or EXPORT_DAMAGED. */
export function readChromaLabels(bytes: Uint8Array): ChromaLabels {
  const what = "The Chroma segment";
  const state = readPickle(bytes, what, [STATE]);
  const labels = state instanceof Map ? state.get("id_to_label") : undefined;
  if (!(state instanceof Map && labels instanceof Map)) throw damaged(what, "its pickle has no id_to_label");
  const ids = new Map<number, string>();
  for (const [id, label] of labels) {
    if (typeof id !== "string" || typeof label !== "number") throw damaged(what, "its pickle has no id_to_label");
    ids.set(label, id);
  }
  if (ids.size !== labels.size) throw damaged(what, "two ids have one label");
  const sequence = state.get("max_seq_id");
  return { ids, sequence: typeof sequence === "number" ? sequence : null };
}
