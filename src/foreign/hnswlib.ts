/*
 * What is in a file of hnswlib, as `saveIndex` of HierarchicalNSW or BruteforceSearch writes it? Nothing in it says which of
 * the two it is, nor the metric.
 *
 *   graph        offset of level 0 u64 (0), most elements u64, elements u64, bytes of an element u64, offset of its label u64,
 *                offset of its vector u64, highest level i32, entry point u32, maxM u64, maxM0 u64, M u64, mult f64,
 *                efConstruction u64; then the elements: [links u16, mark u16, maxM0 × u32][floats][label u64];
 *                then for each its bytes of links above level 0 u32, and those links
 *   brute force  most elements u64, bytes of an element u64, elements u64; then room for the most: [floats][label u64]
 */
import { damaged, FileBytes } from "./bytes.ts";
import type { ForeignVectors } from "./vectors.ts";

export const GRAPH_HEAD_BYTES = 96;
const BRUTE_HEADER = 24;
const DELETED = 1;

export interface HnswlibGraph extends ForeignVectors {
  maxElements: number;
  M: number;
  efConstruction: number;
}

export interface HnswlibList extends ForeignVectors {
  maxElements: number;
}

export interface GraphHead {
  count: number;
  maxElements: number;
  dimensions: number;
  /** Bytes of an element on level 0, and where its floats and its label begin. */
  stride: number;
  dataAt: number;
  labelAt: number;
  M: number;
  efConstruction: number;
}

/** The head of a graph, from byte `at` on. Throws EXPORT_DAMAGED. */
export function readGraphHead(file: FileBytes, at: number): GraphHead {
  file.expect(at, GRAPH_HEAD_BYTES);
  const size = (offset: number) => file.size(at + offset);
  const [levelZero, maxElements, count] = [size(0), size(8), size(16)];
  const [stride, labelAt, dataAt] = [size(24), size(32), size(40)];
  const [maxM, maxM0, M] = [size(56), size(64), size(72)];
  const dimensions = (labelAt - dataAt) / 4;
  const fits = levelZero === 0 && maxM === M && maxM0 === 2 * M && dataAt === 4 + 4 * maxM0 && stride === labelAt + 8;
  if (!fits || !Number.isInteger(dimensions) || dimensions < 1 || count > maxElements) {
    throw damaged(file.what, "the sizes in its header do not go together");
  }
  return { count, maxElements, dimensions, stride, dataAt, labelAt, M, efConstruction: size(88) };
}

/** Throws EXPORT_DAMAGED, also for what is no such file. */
export function readHnswlibGraph(bytes: Uint8Array): HnswlibGraph {
  const file = new FileBytes(bytes, "The hnswlib file");
  const { count, maxElements, dimensions, stride, dataAt, labelAt, M, efConstruction } = readGraphHead(file, 0);
  const elementAt = (i: number) => GRAPH_HEAD_BYTES + i * stride;
  file.expect(GRAPH_HEAD_BYTES, count * stride);
  checkUpperLinks(file, elementAt(count), count, 4 + 4 * M);
  const keyAt = (i: number) => file.key(elementAt(i) + labelAt);
  checkLabels(file, count, keyAt);
  return {
    ...{ source: "hnswlib", dimensions, metric: null, count, maxElements, M, keyAt, efConstruction },
    vectorAt: (i) => file.floats(elementAt(i) + dataAt, dimensions),
    isDeleted: (i) => (file.word(elementAt(i)) & (DELETED << 16)) !== 0,
  };
}

/** The links end where the file ends. */
function checkUpperLinks(file: FileBytes, from: number, count: number, level: number): void {
  let at = from;
  for (let i = 0; i < count; i++) {
    const bytes = file.word(at);
    if (bytes % level !== 0) throw damaged(file.what, `element ${i} has ${bytes} bytes of links`);
    at += 4 + bytes;
  }
  if (at !== file.length) throw damaged(file.what, `it has ${file.length} bytes, its elements take ${at}`);
}

/** `dimensions`: what its vectors have, since only their bytes are known. Throws EXPORT_DAMAGED. */
export function readHnswlibList(bytes: Uint8Array, dimensions: number): HnswlibList {
  const file = new FileBytes(bytes, "The hnswlib file");
  file.expect(0, BRUTE_HEADER);
  const [maxElements, stride, count] = [0, 8, 16].map((at) => file.size(at));
  if (stride !== 4 * dimensions + 8) {
    throw damaged(file.what, `its elements have ${stride} bytes, ${dimensions} dimensions need ${4 * dimensions + 8}`);
  }
  if (count! > maxElements! || file.length !== BRUTE_HEADER + maxElements! * stride) {
    throw damaged(file.what, `it has ${file.length} bytes, for ${count} of at most ${maxElements} elements`);
  }
  const keyAt = (i: number) => file.key(BRUTE_HEADER + i * stride + 4 * dimensions);
  checkLabels(file, count!, keyAt);
  return {
    ...{ source: "hnswlib", dimensions, metric: null, count: count!, maxElements: maxElements!, keyAt },
    vectorAt: (i) => file.floats(BRUTE_HEADER + i * stride, dimensions),
    isDeleted: () => false,
  };
}

function checkLabels(file: FileBytes, count: number, keyAt: (i: number) => number | bigint): void {
  const seen = new Set<number | bigint>();
  for (let i = 0; i < count; i++) seen.add(keyAt(i));
  if (seen.size !== count) throw damaged(file.what, "a label comes twice");
}
