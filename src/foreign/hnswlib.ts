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

const HEADER = 96;
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

/** Throws EXPORT_DAMAGED, also for what is no such file. */
export function readHnswlibGraph(bytes: Uint8Array): HnswlibGraph {
  const file = new FileBytes(bytes, "The hnswlib file");
  file.expect(0, HEADER);
  const [levelZero, maxElements, count, stride, labelAt, dataAt] = [0, 8, 16, 24, 32, 40].map((at) => file.size(at));
  const [maxM, maxM0, M] = [56, 64, 72].map((at) => file.size(at));
  const dimensions = (labelAt! - dataAt!) / 4;
  const fits = levelZero === 0 && maxM === M && maxM0 === 2 * M! && dataAt === 4 + 4 * maxM0 && stride === labelAt! + 8;
  if (!fits || !Number.isInteger(dimensions) || dimensions < 1 || count! > maxElements!) {
    throw damaged(file.what, "the sizes in its header do not go together");
  }
  file.expect(HEADER, count! * stride!);
  checkUpperLinks(file, HEADER + count! * stride!, count!, 4 + 4 * maxM!);
  const keyAt = (i: number) => file.key(HEADER + i * stride! + labelAt!);
  checkLabels(file, count!, keyAt);
  return {
    ...{ source: "hnswlib", dimensions, metric: null, count: count!, maxElements: maxElements!, M: M!, keyAt },
    efConstruction: file.size(88),
    vectorAt: (i) => file.floats(HEADER + i * stride! + dataAt!, dimensions),
    isDeleted: (i) => (file.word(HEADER + i * stride!) & (DELETED << 16)) !== 0,
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
