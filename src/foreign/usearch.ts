/*
 * What is in a file of usearch, as `save` writes it since 2.10? Vectors, then a head that says what they are, then the graph,
 * of which only the keys are of use here.
 *
 *   [vectors u32][bytes of a vector u32][the vectors …]
 *   [magic, 7 bytes][version, 3 × u16][metric u8][scalar u8][key u8][slot u8][present u64][deleted u64][dimensions u64][multi u8]
 *   and zeros up to 64 bytes
 *   [nodes u64][links of a list u64][on level 0 u64][highest level u64][entry point u64][level of each node i16 …]
 *   [nodes: key u64, level i16, links on level 0: count u32, slots u32 …, links on each level above …]
 *
 * The key of a vector that was removed is the largest that there is.
 */
import type { Metric } from "../values/metric.ts";
import { damaged, FileBytes, unreadable } from "./bytes.ts";
import { type Scalar, scalarOf } from "./scalars.ts";
import type { ForeignVectors } from "./vectors.ts";

const MAGIC = new TextEncoder().encode("usearch");
const HEAD = 64;
const GRAPH_HEAD = 40;
const FREE = 2n ** 64n - 1n;
const U64 = 14;
const U32 = 15;

const METRICS: Record<string, Metric> = { i: "dot", c: "cosine", e: "l2" };
const OTHER_METRICS: Record<string, string> = {
  ...{ p: "pearson", h: "haversine", d: "divergence", b: "hamming", t: "tanimoto", s: "sorensen", j: "jaccard" },
};

export interface UsearchFile extends ForeignVectors {
  metric: Metric;
  scalar: Scalar["name"];
  /** Whether a key may have several vectors. */
  multi: boolean;
  connectivity: number;
}

/** Throws EXPORT_FOREIGN for a version, metric or kind of numbers that is not read here, EXPORT_DAMAGED otherwise. */
export function readUsearch(bytes: Uint8Array): UsearchFile {
  const file = new FileBytes(bytes, "The usearch file");
  if (isMagic(bytes, 0)) throw unreadable(file.what, "it was saved without its vectors");
  const [count, stride] = [file.word(0), file.word(4)];
  const head = 8 + count * stride;
  file.expect(head, HEAD);
  if (!isMagic(bytes, head)) throw damaged(file.what, "its head is not where its vectors end");
  const { metric, scalar, dimensions, multi, version } = readHead(file, head);
  if (stride !== dimensions * scalar.bytes) {
    throw damaged(file.what, `a vector has ${stride} bytes, ${dimensions} dimensions of ${scalar.name} need others`);
  }
  const { keys, connectivity } = readGraph(file, head + HEAD, count);
  if (!multi && new Set(keys.filter((key) => key !== FREE)).size !== keys.filter((key) => key !== FREE).length) {
    throw damaged(file.what, "a key comes twice");
  }
  return {
    ...{ source: `usearch ${version}`, dimensions, metric, scalar: scalar.name, multi, count, connectivity },
    keyAt: (i) => keys[i]!,
    isDeleted: (i) => keys[i] === FREE,
    vectorAt: (i) => scalar.read(file.view, 8 + i * stride, dimensions),
  };
}

function isMagic(bytes: Uint8Array, at: number): boolean {
  return MAGIC.every((byte, i) => bytes[at + i] === byte);
}

function readHead(file: FileBytes, at: number) {
  const { view, what } = file;
  const [major, minor, patch] = [7, 9, 11].map((offset) => view.getUint16(at + offset, true));
  const version = `${major}.${minor}.${patch}`;
  if (major !== 2 || minor! < 10) throw unreadable(what, `usearch ${version} wrote it, versions 2.10 to 2.x are known`);
  const letter = String.fromCharCode(view.getUint8(at + 13));
  const metric = METRICS[letter];
  if (metric === undefined) {
    const name = OTHER_METRICS[letter];
    if (name === undefined) throw damaged(what, `it names no metric (${letter.charCodeAt(0)})`);
    throw unreadable(what, `its metric is ${name}, and only cos, ip and l2sq are known here`);
  }
  const scalar = scalarOf(view.getUint8(at + 14), what);
  if (view.getUint8(at + 15) !== U64 || view.getUint8(at + 16) !== U32) {
    throw unreadable(what, "its keys are not of 64 bits, or its slots not of 32");
  }
  const dimensions = file.size(at + 33);
  if (dimensions < 1) throw damaged(what, "its vectors have no dimensions");
  return { metric, scalar, dimensions, multi: view.getUint8(at + 41) !== 0, version };
}

/** The keys of the nodes. Levels say how long each node is, and the last ends where the file ends. */
function readGraph(file: FileBytes, at: number, count: number) {
  const [nodes, connectivity, base] = [0, 8, 16].map((offset) => file.size(at + offset));
  if (nodes !== count) throw damaged(file.what, `it holds ${count} vectors and ${nodes} nodes`);
  file.expect(at + GRAPH_HEAD, 2 * count);
  const keys: (number | bigint)[] = [];
  let node = at + GRAPH_HEAD + 2 * count;
  for (let i = 0; i < count; i++) {
    const level = file.view.getInt16(at + GRAPH_HEAD + 2 * i, true);
    if (level < 0) throw damaged(file.what, `node ${i} is on level ${level}`);
    keys.push(file.key(node));
    node += 10 + 4 + 4 * base! + level * (4 + 4 * connectivity!);
  }
  if (node !== file.length) throw damaged(file.what, `it has ${file.length} bytes, its nodes end at ${node}`);
  return { keys, connectivity: connectivity! };
}
