/*
 * How are the records of a collection in a folder of Chroma entries (0.4 to 1.x, `PersistentClient`)? SQLite has the ids and
 * metadata, a segment's files the vectors, as far as they were written, and a queue what came after.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HnswError, messageOf } from "../../errors.ts";
import { CHROMA_HEADER_BYTES, readChromaHeader, readChromaLabels } from "../../foreign/chroma.ts";
import type { GraphHead } from "../../foreign/hnswlib.ts";
import { SqliteFile } from "../../storage/disk/sqlite.ts";
import type { Metric } from "../../values/metric.ts";
import { FileError } from "../terminal/failures.ts";
import { ChromaCollection } from "./chroma-collection.ts";
import { bytesOf, existing } from "./matrix.ts";
import { type Batch, mostRowsOf, type Source } from "./sources.ts";

const DATABASE = "chroma.sqlite3";
const PERSISTED = "urn:chroma:segment/vector/hnsw-local-persisted";

export const isChroma = (path: string) => existsSync(join(path, DATABASE));

export interface ChromaSource extends Source {
  /** Of the collection. */
  name: string;
}

/** `collection`: needed where there are several. `text`: the property that gets the documents' texts. Rejects with FileError. */
export async function openChroma(path: string, wanted: string | undefined, text: string): Promise<ChromaSource> {
  const database = join(path, DATABASE);
  const find = (file: SqliteFile) => ChromaCollection.find(file.db, wanted, text);
  const collection = await reading(path, () => SqliteFile.using(database, "read", find));
  const { name, dimensions, metric, size, kind } = collection;
  if (kind !== PERSISTED) throw new FileError(`${path}: the vectors of "${name}" are of the kind ${kind}`);
  return {
    ...{ name, dimensions: dimensions ?? undefined, metric, total: size, rows: size },
    async *batches(onRead) {
      // A generator can't pause inside of `using`.
      const file = await reading(path, () => SqliteFile.open(database, "read"));
      try {
        yield* batchesOf(path, find(file), onRead);
        if (!file.counts) throw new FileError("it was written while it was read: stop the program that has it open");
      } catch (error) {
        throw named(path, error);
      } finally {
        file.close();
      }
    },
  };
}

async function* batchesOf(path: string, collection: ChromaCollection, onRead: (rows: number) => void) {
  const segment = await Segment.open(join(path, collection.vectorSegment), collection.metric);
  const later = collection.later(segment?.sequence ?? null, (id) => segment?.has(id) ?? false);
  let found = 0;
  const batch = (entries: [id: string, vector: Float32Array][]): Batch => {
    const documents = collection.documentsOf(entries.map(([id]) => id));
    const known = entries.filter(([id]) => documents.has(id));
    const metadata = known.map(([id]) => documents.get(id));
    found += known.length;
    return {
      ...{ space: undefined, expiresAt: undefined, keys: known.map(([id]) => id) },
      vectors: known.map(([, vector]) => vector),
      metadata: metadata.some((one) => one !== undefined) ? metadata : null,
      placeOf: (i) => `${path}, id "${known[i]![0]}"`,
    };
  };
  for await (const entries of segment?.entries((id) => later.has(id)) ?? []) {
    const next = batch(entries);
    if (next.keys.length > 0) yield next;
    onRead(next.keys.length);
  }
  const rest = Array.from(later).filter(([, sequence]) => sequence !== null);
  const most = mostRowsOf(collection.dimensions ?? 1);
  for (let first = 0; first < rest.length; first += most) {
    const some = rest.slice(first, first + most);
    const next = batch(some.map(([id, sequence]) => [id, collection.queuedVector(sequence!)]));
    if (next.keys.length > 0) yield next;
    onRead(next.keys.length);
  }
  if (found !== collection.size) {
    throw new FileError(`${found} of the ${collection.size} records of "${collection.name}" have a vector`);
  }
}

/** The files of a vector segment. */
class Segment {
  private constructor(
    private readonly folder: string,
    private readonly head: GraphHead,
    private readonly ids: ReadonlyMap<number, string>,
    /** See `ChromaLabels`. */
    readonly sequence: number | null,
    private readonly isNormalised: boolean,
  ) {
    this.known = new Set(ids.values());
  }

  private readonly known: ReadonlySet<string>;

  /** Null: nothing of it was written yet. */
  static async open(folder: string, metric: Metric): Promise<Segment | null> {
    if (!existsSync(join(folder, "index_metadata.pickle"))) return null;
    const file = async (name: string, bytes?: number) => {
      const found = await existing(join(folder, name));
      return bytesOf(found, 0, bytes ?? found.size);
    };
    const head = readChromaHeader(await file("header.bin", CHROMA_HEADER_BYTES + 1));
    const { ids, sequence } = readChromaLabels(await file("index_metadata.pickle"));
    return new Segment(folder, head, ids, sequence, metric === "cosine");
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** Those that are in the segment, but for some; a label that comes twice is refused, and so is one that is missing. */
  async *entries(without: (id: string) => boolean): AsyncGenerator<[id: string, vector: Float32Array][]> {
    const { count, stride, dimensions, dataAt, labelAt } = this.head;
    const [data, norms] = await Promise.all(
      ["data_level0.bin", "length.bin"].map((name) => existing(join(this.folder, name))),
    );
    const seen = new Set<string>();
    const most = mostRowsOf(dimensions);
    for (let first = 0; first < count; first += most) {
      const rows = Math.min(most, count - first);
      const bytes = await wholeSlice(data!, first * stride, rows * stride);
      const view = new DataView(bytes.buffer);
      const lengths = this.isNormalised
        ? new Float32Array((await wholeSlice(norms!, 4 * first, 4 * rows)).buffer)
        : null;
      const entries: [string, Float32Array][] = [];
      for (let row = 0; row < rows; row++) {
        const start = row * stride;
        const id = this.ids.get(Number(view.getBigUint64(start + labelAt, true)));
        if (id === undefined) continue; // deleted
        if (seen.has(id)) throw new FileError(`the id "${id}" comes twice in ${this.folder}`);
        seen.add(id);
        if (without(id)) continue;
        const vector = new Float32Array(bytes.slice(start + dataAt, start + dataAt + 4 * dimensions).buffer);
        entries.push([id, lengths === null ? vector : vector.map((value) => value * lengths[row]!)]);
      }
      yield entries;
    }
    if (seen.size !== this.ids.size) {
      throw new FileError(`${this.folder} names ${this.ids.size} ids, and has vectors of ${seen.size}`);
    }
  }
}

async function wholeSlice(file: Bun.BunFile, first: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await bytesOf(file, first, count);
  if (bytes.length === count) return bytes;
  throw new FileError(`${file.name} ends at byte ${first + bytes.length}, where ${first + count} are needed`);
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(path, error);
  }
}

function named(path: string, error: unknown): Error {
  const message = messageOf(error).replace(/\.$/, "");
  const isFile = error instanceof FileError || error instanceof HnswError;
  return new FileError(message.startsWith(path) ? message : `${path}: ${isFile ? "" : "can't be read: "}${message}`);
}
