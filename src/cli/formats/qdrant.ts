/* What does a collection of a Qdrant server hold? Points page by page over HTTP, ids of 64 bits to the last digit. */
import { messageOf } from "../../errors.ts";
import type { Key } from "../../values/keys.ts";
import type { Metric } from "../../values/metric.ts";
import { FileError } from "../terminal/failures.ts";

export interface Point {
  id: Key;
  /** Null: it has none of that name. */
  vector: number[] | null;
  payload: Record<string, unknown> | null;
}

export interface Page {
  points: Point[];
  /** Where the next page starts; null: there is none. */
  next: Key | null;
}

const PAGE = 500; // points; of 1,536 dimensions about 10 MB of JSON
const TRIES = 4;
const FIRST_PAUSE_MS = 250;
const METRICS: Record<string, Metric> = { Cosine: "cosine", Euclid: "l2", Dot: "dot" };

export class QdrantCollection {
  private constructor(
    private readonly address: string,
    private readonly name: string,
    private readonly apiKey: string | undefined,
    /** Undefined: its points have one vector, without a name. */
    private readonly vector: string | undefined,
    readonly dimensions: number,
    readonly metric: Metric,
  ) {}

  /** `vector`: which one of points that have several. Rejects with FileError. */
  static async open(
    url: string,
    name: string,
    vector: string | undefined,
    apiKey: string | undefined,
  ): Promise<QdrantCollection> {
    const address = addressOf(url, name);
    const { config } = (await call(address, "", undefined, apiKey)) as { config?: { params?: { vectors?: unknown } } };
    const vectors = config?.params?.vectors;
    const [used, described] = chosen(name, vectors, vector);
    const { size, distance, multivector_config: multi } = described as Record<string, unknown>;
    const metric = Object.hasOwn(METRICS, String(distance)) ? METRICS[String(distance)] : undefined;
    if (metric === undefined) throw new FileError(`${name}: there is no metric here for its distance ${distance}`);
    if (multi) throw new FileError(`${name}: its points have several vectors of one name, which no entry has here`);
    if (!Number.isSafeInteger(size)) throw new FileError(`${address} does not answer as a Qdrant server does`);
    return new QdrantCollection(address, name, apiKey, used, size as number, metric);
  }

  async count(): Promise<number> {
    const { count } = (await this.call("/points/count", { exact: true })) as { count: number };
    return count;
  }

  /** In the order of their ids, from `from` on. */
  async *pages(from: Key | null): AsyncGenerator<Page> {
    for (let offset = from; ; ) {
      const withVector = this.vector === undefined ? true : [this.vector];
      const asked = { limit: PAGE, with_payload: true, with_vector: withVector };
      const body =
        offset === null ? JSON.stringify(asked) : JSON.stringify(asked).replace("{", `{"offset":${written(offset)},`);
      const { points, next_page_offset: next } = (await this.call("/points/scroll", body)) as Record<string, unknown>;
      if (!Array.isArray(points)) throw new FileError(`${this.address} does not answer as a Qdrant server does`);
      offset = next === null || next === undefined ? null : (next as Key);
      yield { points: points.map((point) => this.pointOf(point)), next: offset };
      if (offset === null) return;
    }
  }

  /** The scores of the points nearest to a vector, the best first, by an exact search. */
  async scores(vector: ArrayLike<number>, limit: number): Promise<number[]> {
    const query = Array.from(vector);
    const params = { exact: true };
    const using = this.vector === undefined ? {} : { using: this.vector };
    try {
      const { points } = (await this.call("/points/query", { query, ...using, limit, params })) as { points: Scored[] };
      return points.map(({ score }) => score);
    } catch (error) {
      if (!(error instanceof FileError) || !error.message.includes("404")) throw error;
    }
    // Before 1.10 there is no `query`.
    const named = this.vector === undefined ? query : { name: this.vector, vector: query };
    return ((await this.call("/points/search", { vector: named, limit, params })) as Scored[]).map(
      ({ score }) => score,
    );
  }

  private pointOf({ id, vector, payload }: Record<string, unknown>): Point {
    const found = this.vector === undefined ? vector : (vector as Record<string, unknown> | null)?.[this.vector];
    const isList = Array.isArray(found) && found.every((value) => typeof value === "number");
    if (found !== undefined && found !== null && !isList) {
      throw new FileError(`${this.name}, point ${id}: its vector is no list of numbers`);
    }
    const isEmpty = typeof payload !== "object" || payload === null || Object.keys(payload).length === 0;
    return { id: id as Key, vector: isList ? found : null, payload: isEmpty ? null : (payload as Point["payload"]) };
  }

  private call(path: string, body: object | string): Promise<unknown> {
    return call(this.address, path, typeof body === "string" ? body : JSON.stringify(body), this.apiKey);
  }
}

interface Scored {
  score: number;
}

function addressOf(url: string, name: string): string {
  let base: URL;
  try {
    base = new URL(url);
  } catch {
    throw new FileError(`${url} is not an address such as http://localhost:6333`);
  }
  if (!/^https?:$/.test(base.protocol)) throw new FileError(`${url} is not an address such as http://localhost:6333`);
  return `${base.origin}${base.pathname.replace(/\/+$/, "")}/collections/${encodeURIComponent(name)}`;
}

/** The vector that is to be read, by name and description. */
function chosen(name: string, vectors: unknown, wanted: string | undefined): [string | undefined, object] {
  if (typeof vectors !== "object" || vectors === null) throw new FileError(`${name}: its points have no dense vectors`);
  if ("size" in vectors) {
    if (wanted === undefined) return [undefined, vectors];
    throw new FileError(`${name}: its points have one vector without a name: leave out --vector`);
  }
  const names = Object.keys(vectors);
  const used = wanted ?? (names.length === 1 ? names[0]! : undefined);
  if (used !== undefined && Object.hasOwn(vectors, used)) return [used, (vectors as Record<string, object>)[used]!];
  const list = names.length === 0 ? "they have none" : `there are ${names.join(", ")}`;
  throw new FileError(`${name}: name one of its vectors by --vector: ${list}`);
}

/** Once more where the network or the server fails; what the server refuses is refused. */
async function call(address: string, path: string, body: string | undefined, apiKey: string | undefined) {
  for (let tried = 1; ; tried++) {
    try {
      return await request(address + path, body, apiKey);
    } catch (error) {
      if (error instanceof FileError || tried === TRIES) throw asFileError(address, error);
      await Bun.sleep(FIRST_PAUSE_MS * 2 ** (tried - 1));
    }
  }
}

async function request(address: string, body: string | undefined, apiKey: string | undefined): Promise<unknown> {
  const headers = { "content-type": "application/json", ...(apiKey === undefined ? {} : { "api-key": apiKey }) };
  const response = await fetch(address, { method: body === undefined ? "GET" : "POST", headers, body });
  const text = await response.text();
  if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
  if (!response.ok) throw new FileError(`${address}: status ${response.status}: ${text.slice(0, 200)}`);
  try {
    return (JSON.parse(text, exactly) as { result: unknown }).result;
  } catch {
    throw new Error("an answer that is cut off, or not JSON");
  }
}

/** Integers that a number can't hold become bigints where ids are; in payloads they are rounded, as JSON's are. */
function exactly(name: string, value: unknown, { source }: { source?: string } = {}): unknown {
  if ((name !== "id" && name !== "next_page_offset") || typeof value !== "number") return value;
  return Number.isSafeInteger(value) || !/^\d+$/.test(source!) ? value : BigInt(source!);
}

const written = (id: Key) => (typeof id === "string" ? JSON.stringify(id) : String(id));

function asFileError(address: string, error: unknown): FileError {
  return error instanceof FileError ? error : new FileError(`${address}: ${messageOf(error)}`);
}
