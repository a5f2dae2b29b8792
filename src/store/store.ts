/// <reference lib="esnext.disposable" preserve="true" />
/* What is a folder of many indexes to its user? Collections, each an index of its own, by name. */
import { warnOf } from "../api/incidents.ts";
import { open } from "../api/open.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import { HnswError } from "../errors.ts";
import { badOption, integer, isObject, refuseUnknown } from "../options/checks.ts";
import type { Incident } from "../options/open.ts";
import { canKeepFolders } from "../runtime/platform.ts";
import type { StoreFolder } from "../storage/store-folder.ts";
import type { Metric } from "../values/metric.ts";
import { type AliasChange, Catalog, checkNote, type Definition } from "./catalog.ts";
import { OpenCollections } from "./open-collections.ts";

export interface StoreOptions {
  /** Threads of each open collection. Default 1. */
  workers?: number | undefined;
  /**
   * Collections that may be open while they are not used, 1 to 100,000. Default 8; in memory all stay open. When four times as many are
   * in use, the use of another one waits.
   */
  maxOpen?: number | undefined;
}

export interface CollectionOptions {
  dimensions: number;
  /** Default "cosine". */
  metric?: Metric | undefined;
  /** What the program wants to find again: a plain object. */
  note?: object | undefined;
}

export interface CollectionInfo {
  name: string;
  dimensions: number;
  metric: Metric;
  note: unknown;
  aliases: string[];
}

/**
 * Opens the store that is kept in the folder `path`, which is created if it is missing; null: one in memory. Rejects with
 * BAD_OPTION, UNSUPPORTED, PATH_IN_USE, PATH_FOREIGN, PATH_DAMAGED or PATH_FAILED.
 */
export async function openStore(path: string | null, options: StoreOptions = {}): Promise<Store> {
  if (path !== null && (typeof path !== "string" || path === ""))
    throw badOption("`path` must be a folder's, or null.");
  if (!isObject(options)) throw badOption("The options of `openStore` must be an object.");
  refuseUnknown(options, ["workers", "maxOpen"], "openStore");
  const workers = integer("workers", options.workers, 1, 0, 64);
  const maxOpen = integer("maxOpen", options.maxOpen, 8, 1, 100_000);
  if (path === null) return new Store(null, new Catalog(), workers, Number.POSITIVE_INFINITY);
  if (!canKeepFolders) throw new HnswError("UNSUPPORTED", "A store's folder needs Bun; elsewhere, `openStore(null)`.");
  const { StoreFolder } = await import("../storage/store-folder.ts");
  const folder = await StoreFolder.open(path);
  try {
    const text = folder.read();
    const catalog = text === null ? new Catalog() : Catalog.parse(text);
    folder.sweep(new Set(Array.from(catalog.collections.values(), ({ number }) => number)));
    return new Store(folder, catalog, workers, maxOpen);
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** @internal What happened to a worker or a file of a collection. */
export interface StoreIncident extends Incident {
  /** Milliseconds since 1970. */
  at: number;
  collection: string;
}

const KEPT_INCIDENTS = 100;

/** Many collections in one folder. Make it with `openStore`. */
export class Store implements AsyncDisposable {
  private readonly opened: OpenCollections;
  /** Changes of the catalog come one after the other. */
  private line: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | null = null;
  /** @internal The last ones, oldest first. */
  incidents: readonly StoreIncident[] = [];

  /** @internal Use `openStore`. */
  constructor(
    private readonly folder: StoreFolder | null,
    private catalog: Catalog,
    private readonly workers: number,
    maxOpen: number,
  ) {
    this.opened = new OpenCollections(maxOpen, (definition) => this.openIndex(definition));
  }

  /** All collections, by name. Throws CLOSED. */
  list(): CollectionInfo[] {
    this.assertOpen();
    return [...this.catalog.collections.keys()].sort().map((name) => this.info(name));
  }

  /** What is known of a collection without opening it. Throws NO_COLLECTION or CLOSED. */
  info(nameOrAlias: string): CollectionInfo {
    this.assertOpen();
    const { name, definition } = this.catalog.resolve(nameOrAlias);
    const { dimensions, metric, note } = definition;
    const aliases = [...this.catalog.aliases].filter(([, to]) => to === name).map(([alias]) => alias);
    return { name, dimensions, metric, note, aliases };
  }

  /**
   * Creates a collection; when it resolves, it is there after a crash as well. Rejects with COLLECTION_EXISTS, BAD_OPTION,
   * CLOSED, and as `open` does.
   */
  create(name: string, options: CollectionOptions): Promise<void> {
    return this.inLine(async () => {
      if (!isObject(options)) throw badOption("`create` needs options: `{ dimensions }`.");
      refuseUnknown(options, ["dimensions", "metric", "note"], "create");
      const { dimensions, metric = "cosine" } = options;
      const definition = { number: this.catalog.next, dimensions, metric, note: checkNote(options.note) };
      const next = this.catalog.withCollection(name, definition);
      const { number } = definition;
      this.folder?.remove(number);
      const index = await this.openIndex(definition);
      try {
        this.commit(next);
      } catch (error) {
        await index.close();
        this.folder?.remove(number);
        throw error;
      }
      await this.opened.add(number, index);
    });
  }

  /** The index of a collection or an alias, open until the store is closed. Rejects with NO_COLLECTION, CLOSED, and as `open`. */
  async open(name: string): Promise<VectorIndex> {
    return await this.opened.pin(this.definitionOf(name));
  }

  /**
   * Opens the collection if it is not open, and keeps it open until `work` is done; `work` should not wait for the use of another
   * collection. Rejects as `open` does, with what `work` throws, or with TIMEOUT when no other collection was released in 30 s.
   */
  async use<T>(name: string, work: (index: VectorIndex) => T | Promise<T>): Promise<T> {
    return await this.opened.use(this.definitionOf(name), work);
  }

  /** @internal The collections that are open at the moment. */
  async openNow(): Promise<{ name: string; index: VectorIndex }[]> {
    this.assertOpen();
    const found = [...this.catalog.collections].map(async ([name, { number }]) => {
      const index = await this.opened.get(number)?.catch(() => undefined);
      return index === undefined ? [] : [{ name, index }];
    });
    return (await Promise.all(found)).flat();
  }

  /** Deletes a collection and its aliases, durably. Resolves to whether there was one. Rejects with PATH_FAILED or CLOSED. */
  drop(name: string): Promise<boolean> {
    return this.inLine(async () => {
      const definition = this.catalog.collections.get(name);
      if (definition === undefined) return false;
      this.commit(this.catalog.without(name));
      await this.opened.end(definition.number);
      this.folder?.remove(definition.number);
      return true;
    });
  }

  /** Changes aliases, all at once and durably. Rejects with NO_COLLECTION, COLLECTION_EXISTS, BAD_OPTION, PATH_FAILED or CLOSED. */
  alias(changes: readonly AliasChange[]): Promise<void> {
    return this.inLine(async () => this.commit(this.catalog.withAliases(changes)));
  }

  /** Replaces a collection's `note`, durably. Rejects as `alias` does. */
  annotate(name: string, note: object): Promise<void> {
    return this.inLine(async () =>
      this.commit(this.catalog.withNote(this.catalog.resolve(name).name, checkNote(note))),
    );
  }

  /** Closes every collection. Rejects as an index's `close`; the store is closed all the same. */
  async close(): Promise<void> {
    this.closing ??= this.end();
    await this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async end(): Promise<void> {
    await this.line;
    const failures = await this.opened.endAll();
    this.folder?.close();
    if (failures.length > 0) throw failures[0];
  }

  private assertOpen(): void {
    if (this.closing !== null) throw new HnswError("CLOSED", "The store is closed.");
  }

  private inLine<T>(work: () => Promise<T>): Promise<T> {
    const done = this.line.then(() => {
      this.assertOpen();
      return work();
    });
    this.line = done.catch(() => {});
    return done;
  }

  private commit(catalog: Catalog): void {
    this.folder?.write(`${catalog}`);
    this.catalog = catalog;
  }

  /** Throws NO_COLLECTION or CLOSED. */
  private definitionOf(name: string): Definition {
    this.assertOpen();
    return this.catalog.resolve(name).definition;
  }

  private async openIndex({ number, dimensions, metric }: Definition): Promise<VectorIndex> {
    const { workers } = this;
    const path = this.folder?.pathOf(number);
    const shape = { dimensions, metric, workers, partitions: 1, maxDocumentBytes: 1_048_576 } as const;
    const onIncident = (incident: Incident) => this.report(number, incident);
    return await open({ ...shape, zeroVectors: "keep", onIncident, ...(path === undefined ? {} : { path }) });
  }

  private report(number: number, incident: Incident): void {
    warnOf(incident);
    const collection = [...this.catalog.collections].find(([, definition]) => definition.number === number)?.[0];
    if (collection === undefined) return; // it was dropped
    this.incidents = [...this.incidents, { ...incident, at: Date.now(), collection }].slice(-KEPT_INCIDENTS);
  }
}
