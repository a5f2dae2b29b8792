/*
 * What does Chroma's SQLite file say of a collection: its segments, its records' metadata, and the queue of writes, of which a
 * segment has those up to a sequence number?
 */
import type { Database, Statement } from "bun:sqlite";
import type { Metric } from "../../values/metric.ts";
import { FileError } from "../terminal/failures.ts";

/** The last migration of each part that was read and compared with Chroma itself (1.5.9). */
const KNOWN: Record<string, number> = { embeddings_queue: 2, metadb: 6, sysdb: 10 };
const METRICS: Record<string, Metric> = { l2: "l2", ip: "dot", cosine: "cosine" };
const TEXT = "chroma:document";
const [ADD, UPDATE, UPSERT, DELETE] = [0, 1, 2, 3];

type Row = Record<string, unknown>;
type Values = Record<string, unknown>;

export class ChromaCollection {
  readonly name: string;
  readonly metric: Metric;
  readonly dimensions: number | null;
  /** Records. */
  readonly size: number;
  /** Its folder's name, and what it is. */
  readonly vectorSegment: string;
  readonly kind: string;
  private readonly id: string;
  /** Rows of the metadata segment, by id. */
  private readonly records: ReadonlyMap<string, number>;
  private readonly metadata: Statement;
  /** Null: of a version that has no lists. */
  private readonly lists: Statement | null;

  private constructor(
    private readonly db: Database,
    collection: Row,
    /** The property of a document that gets the record's text. */
    private readonly text: string,
  ) {
    this.id = String(collection.id);
    this.name = String(collection.name);
    this.dimensions = typeof collection.dimension === "number" ? collection.dimension : null;
    this.metric = this.readMetric(collection);
    const vectors = this.segment("VECTOR");
    [this.vectorSegment, this.kind] = [String(vectors.id), String(vectors.type)];
    if (!/^[0-9a-f-]{36}$/i.test(this.vectorSegment)) throw new FileError(`"${this.vectorSegment}" names no segment`);
    this.records = this.readRecords(String(this.segment("METADATA").id));
    this.size = this.records.size;
    const columns = "string_value, int_value, float_value, bool_value";
    this.metadata = db.query(`SELECT key, 0 AS isList, ${columns} FROM embedding_metadata WHERE id = ?`);
    const table = db.query("SELECT 1 FROM sqlite_master WHERE name = 'embedding_metadata_array'").get();
    const lists = `SELECT key, 1 AS isList, ${columns} FROM embedding_metadata_array WHERE id = ? ORDER BY rowid`;
    this.lists = table === null ? null : db.query(lists);
  }

  /** `wanted`: needed where there are several. Throws FileError, also for what a later Chroma has written. */
  static find(db: Database, wanted: string | undefined, text: string): ChromaCollection {
    expectKnown(db);
    const all = db.query("SELECT * FROM collections ORDER BY name").all() as Row[];
    const found = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
    if (found.length === 1) return new ChromaCollection(db, found[0]!, text);
    const list = all.length === 0 ? "there are none" : `there are ${all.map(({ name }) => name).join(", ")}`;
    if (found.length === 0)
      throw new FileError(wanted === undefined ? list : `no collection is named "${wanted}": ${list}`);
    if (wanted === undefined) throw new FileError(`give --collection: ${list}`);
    throw new FileError(`several databases have a collection "${wanted}"`);
  }

  /**
   * What the queue says after what the vector segment has, by id: where its vector is, or null for what was deleted.
   * `sequence`: the last entry that the segment has, where its own files say so.
   */
  later(sequence: number | null, isInSegment: (id: string) => boolean): Map<string, number | null> {
    const after = this.sequenceOf(this.vectorSegment) ?? sequence ?? -1;
    const later = new Map<string, number | null>();
    for (const { seq_id, operation, id, hasVector } of this.queue(after, "vector IS NOT NULL AS hasVector")) {
      const [key, place] = [String(id), Number(seq_id)];
      const isThere = later.has(key) ? later.get(key) !== null : isInSegment(key);
      if (operation === DELETE) later.set(key, null);
      else if (hasVector && takes(operation, isThere)) later.set(key, place);
    }
    return later;
  }

  queuedVector(sequence: number): Float32Array {
    const row = this.db.query("SELECT vector, encoding FROM embeddings_queue WHERE seq_id = ?").get(sequence) as Row;
    const bytes = row.vector as Uint8Array;
    if (!(bytes instanceof Uint8Array) || bytes.length % 4 !== 0)
      throw new FileError(`entry ${sequence} of the queue has no vector`);
    const { buffer } = bytes.slice();
    if (row.encoding === "FLOAT32") return new Float32Array(buffer);
    if (row.encoding === "INT32") return Float32Array.from(new Int32Array(buffer));
    throw new FileError(`entry ${sequence} of the queue has a vector of the encoding ${row.encoding}`);
  }

  /** Those of the ids that are records; undefined: one without metadata. */
  documentsOf(ids: readonly string[]): Map<string, Values | undefined> {
    const documents = new Map<string, Values | undefined>();
    for (const id of ids) {
      const row = this.records.get(id);
      if (row !== undefined) documents.set(id, this.documentOf(id, row));
    }
    return documents;
  }

  private documentOf(id: string, row: number): Values | undefined {
    const rows = [...this.metadata.all(row), ...(this.lists?.all(row) ?? [])] as Row[];
    if (rows.length === 0) return undefined;
    const document: Values = {};
    for (const { key, isList, ...columns } of rows) {
      const name = key === TEXT ? this.text : String(key);
      const value = valueIn(columns);
      if (isList) document[name] = [...((document[name] as unknown[] | undefined) ?? []), value];
      else if (Object.hasOwn(document, name)) {
        throw new FileError(
          `the metadata of "${id}" has a property ${name}, as its text would be: give --text another name`,
        );
      } else document[name] = value;
    }
    return document;
  }

  /** What the metadata segment lacks of the queue is refused: the next start of Chroma writes it. */
  private readRecords(segment: string): Map<string, number> {
    const behind = this.queue(this.sequenceOf(segment) ?? -1, "0 AS hasVector").length;
    if (behind > 0) {
      throw new FileError(`"${this.name}" has ${behind} writes in its queue alone: open and close it in Chroma first`);
    }
    const rows = this.db.query("SELECT id, embedding_id FROM embeddings WHERE segment_id = ?").all(segment) as Row[];
    return new Map(rows.map(({ id, embedding_id }) => [String(embedding_id), Number(id)]));
  }

  private queue(after: number, column: string): Row[] {
    const topic = `%/${this.id}`;
    const query = `SELECT seq_id, operation, id, ${column} FROM embeddings_queue WHERE topic LIKE ? AND seq_id > ? ORDER BY seq_id`;
    return this.db.query(query).all(topic, after) as Row[];
  }

  private segment(scope: string): Row {
    const rows = this.db.query("SELECT id, type FROM segments WHERE collection = ? AND scope = ?").all(this.id, scope);
    if (rows.length === 1) return rows[0] as Row;
    throw new FileError(`"${this.name}" has ${rows.length} segments of the scope ${scope}`);
  }

  /** An integer, in older versions 8 bytes. Null: nothing of the queue is in the segment. */
  private sequenceOf(segment: string): number | null {
    const row = this.db.query("SELECT seq_id FROM max_seq_id WHERE segment_id = ?").get(segment) as Row | null;
    const value = row?.seq_id;
    if (value === undefined || value === null) return null;
    if (typeof value === "number") return value;
    if (value instanceof Uint8Array && value.length === 8)
      return Number(new DataView(value.slice().buffer).getBigUint64(0));
    throw new FileError(`"${this.name}" has a sequence number of another form`);
  }

  private readMetric(collection: Row): Metric {
    const rows = this.db.query(
      "SELECT str_value FROM collection_metadata WHERE collection_id = ? AND key = 'hnsw:space'",
    );
    const named = (rows.get(this.id) as Row | null)?.str_value ?? spaceIn(collection) ?? "l2";
    const metric = Object.hasOwn(METRICS, String(named)) ? METRICS[String(named)] : undefined;
    if (metric !== undefined) return metric;
    throw new FileError(`there is no metric here for the space ${named} of "${this.name}"`);
  }
}

/** What Chroma does with a write of an id that is there, or is not. */
function takes(operation: unknown, isThere: boolean): boolean {
  if (operation === UPSERT) return true;
  if (operation === ADD) return !isThere;
  if (operation === UPDATE) return isThere;
  throw new FileError(`the queue has an operation ${operation}`);
}

function expectKnown(db: Database): void {
  const rows = db.query("SELECT dir, max(version) AS version FROM migrations GROUP BY dir").all() as Row[];
  for (const { dir, version } of rows) {
    const known = Object.hasOwn(KNOWN, String(dir)) ? KNOWN[String(dir)]! : 0;
    if (Number(version) > known) {
      throw new FileError(`a later Chroma wrote it: its ${dir} is of version ${version}, known is ${known}`);
    }
  }
}

/** In newer versions the space is in one of two columns of JSON. */
function spaceIn({ schema_str, config_json_str }: Row): unknown {
  const at = (text: unknown, ...path: string[]) => {
    let value: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
    for (const name of path) value = typeof value === "object" ? (value as Row | null)?.[name] : undefined;
    return value;
  };
  return (
    at(schema_str, "keys", "#embedding", "float_list", "vector_index", "config", "space") ??
    at(config_json_str, "hnsw", "space") ??
    at(config_json_str, "hnsw_configuration", "space")
  );
}

function valueIn({ string_value, int_value, float_value, bool_value }: Row): unknown {
  if (bool_value !== null) return bool_value !== 0;
  return string_value ?? int_value ?? float_value;
}
