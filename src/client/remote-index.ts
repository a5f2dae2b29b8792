/* One collection on a server: which spaces, fields and exports does it have? */
import type { SpaceHit } from "../api/results.ts";
import type { IndexLike, PlainSearchOptions } from "../api/space-like.ts";
import type { FieldPath, Fields, Include } from "../documents/types.ts";
import { HnswError } from "../errors.ts";
import type { Key } from "../values/keys.ts";
import type { Metric } from "../values/metric.ts";
import type { ExportSource, ExportStream, FieldStatus } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { Connection } from "./connection.ts";
import { receivedEntry, type SentEntry, sentVector } from "./encoding.ts";
import { RemoteSpace, sentOptions } from "./remote-space.ts";

/** What an import has added. */
export interface ImportReport {
  spaces: number;
  entries: number;
}

/** A collection of a server, with the face of `VectorIndex`. Make it with `store.open(name)`. */
export class RemoteIndex<M = unknown, Absent extends undefined = undefined> implements IndexLike<M, Absent> {
  private readonly path: string;

  /** @internal */
  constructor(
    readonly name: string,
    readonly dimensions: number,
    readonly metric: Metric,
    private readonly connection: Connection,
  ) {
    this.path = `/v1/collections/${encodeURIComponent(name)}`;
  }

  space<K extends Key = Key>(name: string): RemoteSpace<K, M, Absent> {
    return new RemoteSpace(name, this.connection, this.path);
  }

  async search<I extends Include = never>(
    query: Vector,
    options: PlainSearchOptions<Key, M, I, false> & { spaces: readonly string[] | "all" },
  ): Promise<SpaceHit<Key, M, Absent, I>[]> {
    const body = { query: sentVector(query), ...sentOptions(options) };
    const { hits } = (await this.connection.call("POST", `${this.path}/search`, body)) as { hits: SentEntry[] };
    return hits.map(receivedEntry) as SpaceHit<Key, M, Absent, I>[];
  }

  /** The fields that a `where` knows. */
  async fields(): Promise<Readonly<Record<string, FieldStatus>>> {
    const { fields } = (await this.connection.call("GET", this.path)) as { fields: Record<string, FieldStatus> };
    return fields;
  }

  async addField<P extends FieldPath<M>>(name: P, type: NonNullable<Fields<M>[P & keyof Fields<M>]>): Promise<void> {
    await this.connection.call("PUT", `${this.path}/fields`, { fields: { [name]: type } });
  }

  /** Names of the spaces that the key may read, or of those of them that begin so, in their order. Asks page by page. */
  async spaces(prefix?: string): Promise<string[]> {
    const names: string[] = [];
    for (let after: string | undefined; ; after = names.at(-1)) {
      const found = await this.connection.call("GET", `${this.path}/spaces`, undefined, {
        prefix,
        after,
        limit: "1000",
      });
      const { spaces, next } = found as { spaces: { name: string }[]; next: string | null };
      names.push(...spaces.map(({ name }) => name));
      if (next === null) return names;
    }
  }

  async dropSpace(name: string): Promise<boolean> {
    const found = await this.connection.call("DELETE", `${this.path}/space`, undefined, { space: name });
    return (found as { dropped: boolean }).dropped;
  }

  async flush(): Promise<void> {
    await this.connection.call("POST", `${this.path}/flush`, {});
  }

  /** A space as an export: `open({ from })` and `openSearch({ from })` take it, and `import`. */
  async export(space: string): Promise<ExportStream> {
    const { body } = await this.connection.send("GET", `${this.path}/export`, { space });
    if (body === null) throw new HnswError("REMOTE_FAILED", "The server's response is empty.");
    return body as ExportStream;
  }

  async exportBytes(space: string): Promise<ReturnType<typeof Uint8Array.of>> {
    return new Uint8Array(await new Response((await this.export(space)) as ReadableStream).arrayBuffer());
  }

  /**
   * Adds what an export holds, or replaces what is under the same keys. `space`: the name for the one space that it holds;
   * otherwise each keeps its own. A stream is read as a whole before it is sent.
   */
  async import(source: ExportSource, space?: string): Promise<ImportReport> {
    const isWhole = source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob;
    const body = isWhole
      ? source
      : source instanceof Response
        ? await source.blob()
        : await new Response(source as ReadableStream).blob();
    const type = "application/octet-stream";
    const response = await this.connection.send("POST", `${this.path}/import`, { space }, body as Blob, type);
    return ((await response.json()) as { result: ImportReport }).result;
  }
}
