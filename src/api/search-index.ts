/* How is an export searched by a program that does nothing else? In one partition, without scheduler and journal. */
import { MAX_EF } from "../../assembly/layout.ts";
import { bestVariant, compileCore } from "../core/build.ts";
import { Seat } from "../core/seat.ts";
import type { SpaceRef } from "../core/spaces.ts";
import type { FieldType } from "../documents/fields.ts";
import type { Include } from "../documents/types.ts";
import { beginFields, buildMissing } from "../engine/add-field.ts";
import { FieldBoard } from "../engine/field-board.ts";
import { Host } from "../engine/host.ts";
import { type SpacesOptions, searchSpaces } from "../engine/search-spaces.ts";
import { type Turns, Uses } from "../engine/uses.ts";
import { HnswError } from "../errors.ts";
import { badOption, checkCore, integer, isObject, readRecall, refuseUnknown, tooMany } from "../options/checks.ts";
import type { SearchOptions } from "../options/search.ts";
import { DEFAULT_RECALL } from "../options/shape.ts";
import { ensureStack } from "../runtime/stack.ts";
import type { Module } from "../runtime/types.ts";
import { ExportReader, loadExport } from "../snapshot/import.ts";
import type { Key } from "../values/keys.ts";
import { type Metric, metricOf } from "../values/metric.ts";
import type { ExportSource } from "../values/reports.ts";
import type { Vector } from "../values/vectors.ts";
import type { SpaceHit } from "./results.ts";
import { SearchSpace } from "./search-space.ts";

export interface OpenSearchOptions {
  /** What `index.export()` gave. Flush before it: what is not linked is scanned by every search. */
  from: ExportSource;
  /** The compiled core, where it can't be loaded: import `hnsw-workers/core.wasm`. */
  core?: Module | undefined;
  /** As of `open`: share of the 10 nearest that a search is to find. Default .95. */
  recall?: number | undefined;
  /** Default of `search`'s `ef`. Unless it is given, it follows from `recall` and is 64 or more. */
  ef?: number | undefined;
}

/** Nothing is added or linked here: what was flat stays flat, and has no room for a graph. */
const FIXED = { efConstruction: 32, flatBelow: 2 ** 32 - 1, maxPending: 1_000_000, quantization: "auto" } as const;
const PARTITION_LIMIT = 2 ** 32 - 2 * 65536;

/** Opens an export to search. Rejects with BAD_OPTION, UNSUPPORTED, EXPORT_FOREIGN, EXPORT_DAMAGED or OUT_OF_MEMORY. */
export async function openSearch<M = unknown, Absent extends undefined = undefined>(
  options: OpenSearchOptions,
): Promise<SearchIndex<M, Absent>> {
  return (await openSearchWith(options)).index as SearchIndex<M, Absent>;
}

/** @internal `openSearch`, with the insides in what it resolves to. */
export async function openSearchWith(options: OpenSearchOptions): Promise<{ index: SearchIndex; seat: Seat }> {
  ensureStack();
  if (!isObject(options)) throw badOption("openSearch needs an object with at least `from`.");
  refuseUnknown(options, ["from", "core", "ef", "recall"], "openSearch");
  const { from, core } = options;
  checkCore(core);
  const ef = integer("ef", options.ef, null, 1, MAX_EF);
  const recall = readRecall("recall", options.recall, DEFAULT_RECALL);
  const reader = await ExportReader.open(from);
  try {
    const module = core ?? (await compileCore("release", bestVariant(), false));
    const { dimensions = 1, metric: word = 0, M = 16, seed = 1 } = reader.first ?? {};
    const metric = metricOf(word) ?? "cosine";
    const settings = { ...FIXED, dimensions, metric, M, seed, partitionLimit: PARTITION_LIMIT };
    const seat = Seat.create(module, settings, 0, false, false);
    const host = new SearchHost(seat, ef, recall);
    host.begin(reader.fields);
    await loadExport(reader, host);
    await buildMissing(host);
    for (const space of await host.spacesIn(seat))
      host.spaces.set(space.name, { ...space, seat, partition: 0, home: 0 });
    return { index: new SearchIndex(host, dimensions, metric), seat };
  } finally {
    await reader.close();
  }
}

/** The one seat, for the thread that loads and searches. No other thread takes its locks: nothing is ever busy. */
class SearchHost extends Host {
  readonly seats: Seat[];
  readonly settings: Host["settings"];
  readonly spaces = new Map<string, SpaceRef>();
  readonly fields = new FieldBoard({ shared: false });
  private readonly uses = new Uses();

  constructor(seat: Seat, ef: number | null, recall: number) {
    super();
    this.seats = [seat];
    this.settings = { dimensions: seat.dimensions, ef, recall, partitions: 1, workers: 0, timeoutMs: 30_000 };
  }

  /** Takes over the fields of an export, before it is loaded. */
  begin(fields: Readonly<Record<string, FieldType>>): void {
    beginFields(this, fields);
  }

  assertOpen(): void {
    ensureStack();
    if (this.seats.length === 0) throw new HnswError("CLOSED", "The index is closed.");
  }

  close(): void {
    this.seats.length = 0;
    this.spaces.clear();
  }

  find(name: string): SpaceRef | null {
    return this.spaces.get(name) ?? null;
  }

  forget(name: string): void {
    this.spaces.delete(name);
  }

  inTurn<T>(kind: Turns, work: () => Promise<T>): Promise<T> {
    return this.uses.inTurn(kind, work);
  }

  wake(): void {}
}

/** An export, open to be searched. `M`: what documents look like; `Absent`: never where every entry has one. */
export class SearchIndex<M = unknown, Absent extends undefined = undefined> {
  /** @internal Use `openSearch`. */
  constructor(
    private readonly host: SearchHost,
    readonly dimensions: number,
    readonly metric: Metric,
  ) {}

  /** Names of all spaces. */
  spaces(): string[] {
    return [...this.host.spaces.keys()];
  }

  /** The fields that a `where` knows, each with its type. */
  get fields(): Readonly<Record<string, FieldType>> {
    return this.host.fields.table.types;
  }

  /** The space of that name; one that was not exported holds nothing. Throws CLOSED. */
  space<K extends Key = Key>(name: string): SearchSpace<K, M, Absent>;
  space<K extends Key = Key>(name: string, extra?: unknown): SearchSpace<K, M, Absent> {
    this.host.assertOpen();
    if (extra !== undefined) throw tooMany("space(name)", extra);
    return new SearchSpace(name, this.host);
  }

  /** The k nearest in several spaces, as `index.search` of a whole index. */
  search<I extends Include = never>(
    query: Vector,
    options: SearchOptions<Key, M, I, false> & { spaces: readonly string[] | "all" },
  ): Promise<SpaceHit<Key, M, Absent, I>[]>;
  search(query: Vector, options: unknown, extra?: unknown): Promise<never> {
    if (extra !== undefined) return Promise.reject(tooMany("search(query, options)", extra));
    return searchSpaces(this.host, query, options as SpacesOptions) as Promise<never>;
  }

  /** Lets go of the memory; everything throws CLOSED from here on. */
  close(): void {
    this.host.close();
  }
}
