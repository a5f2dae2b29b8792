/// <reference lib="esnext.disposable" preserve="true" />
/* What is a folder of many collections to its user? Each is like an index of its own; those of one shape share one. */
import { warnOf } from "../api/incidents.ts";
import { open } from "../api/open.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import { MOST_FIELDS } from "../documents/fields.ts";
import { HnswError } from "../errors.ts";
import { badOption, integer, isObject, refuseUnknown, show } from "../options/checks.ts";
import type { Incident, OpenOptions } from "../options/open.ts";
import { canKeepFolders } from "../runtime/platform.ts";
import type { StoreFolder } from "../storage/store-folder.ts";
import type { Metric } from "../values/metric.ts";
import { GROUPS, type Place, placeOf } from "../values/store-layout.ts";
import { type AliasChange, Catalog, checkNote, type Definition, type GroupDefinition } from "./catalog.ts";
import { type DefineField, Group, Single } from "./group.ts";
import { type OpenIndex, OpenIndexes } from "./open-indexes.ts";

export interface StoreOptions {
  /** Threads that link for the collections of one shape, while one of them is open. Default 1. */
  workers?: number | undefined;
  /**
   * Shapes whose collections may be open while they are not used, 1 to 100,000. Default 8; in memory all stay open. When four times as
   * many are in use, the use of another one waits.
   */
  maxOpen?: number | undefined;
}

export interface CollectionOptions {
  dimensions: number;
  /** Default "cosine". */
  metric?: Metric | undefined;
  /**
   * False: an index with memory, workers and journal of its own, instead of one that it shares with other collections of its
   * dimensions and metric. Default true.
   */
  shared?: boolean | undefined;
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
    folder.sweep(placesIn(catalog));
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
  /** Or, where several share the index, their shape. */
  collection: string;
  /** All whose index it is. */
  concerns: readonly string[];
}

const KEPT_INCIDENTS = 100;
/** Of one partition of 4 GiB: from there on, new collections go into another group. */
const FULL_BYTES = 2 ** 30;

/** Many collections in one folder. Make it with `openStore`. */
export class Store implements AsyncDisposable {
  private readonly opened: OpenIndexes;
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
    this.opened = new OpenIndexes(maxOpen, (place) => this.openIndex(place));
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
      refuseUnknown(options, ["dimensions", "metric", "shared", "note"], "create");
      const { dimensions, metric = "cosine", shared = true } = options;
      if (typeof shared !== "boolean") throw badOption(`\`shared\` must be true or false, not ${show(shared)}.`);
      const shape = { dimensions, metric, note: checkNote(options.note), fields: [] };
      const { next: number } = this.catalog;
      const group = shared ? this.groupFor(shape) : null;
      if (group !== null) return this.commit(this.catalog.withCollection(name, { ...shape, number, group }));
      if (!shared) return await this.createIn(this.catalog.withCollection(name, { ...shape, number, group }), name);
      const withGroup = this.catalog.withGroup({ dimensions, metric, fields: [] });
      await this.createIn(withGroup.withCollection(name, { ...shape, number: withGroup.next, group: number }), name);
    });
  }

  /** Makes the index of a new collection, and commits the catalog that names it. */
  private async createIn(next: Catalog, name: string): Promise<void> {
    const place = placeOf(next.resolve(name).definition);
    this.folder?.remove(place);
    const index = await this.openIndex(place, next);
    try {
      this.commit(next);
    } catch (error) {
      await index.close();
      this.folder?.remove(place);
      throw error;
    }
    await this.opened.add(place, index);
  }

  /** The number of a group of that shape with room for another collection; null where there is none. */
  private groupFor({ dimensions, metric }: Pick<CollectionOptions, "dimensions" | "metric">): number | null {
    for (const [number, group] of this.catalog.groups) {
      if (group.dimensions !== dimensions || group.metric !== metric || group.fields.length === MOST_FIELDS) continue;
      const place = placeOf({ group: number, number });
      const index = this.opened.now(place);
      // One that is not open takes collections without being opened.
      const bytes = index instanceof Group ? index.usedBytes : (this.folder?.bytesIn(place) ?? 0);
      if (bytes < FULL_BYTES) return number;
    }
    return null;
  }

  /** The index of a collection or an alias, open until the store is closed. Rejects with NO_COLLECTION, CLOSED, and as `open`. */
  async open(name: string): Promise<VectorIndex> {
    const { number, group } = this.definitionOf(name);
    return await this.collectionIn(await this.opened.pin(placeOf({ number, group })), number, name);
  }

  /**
   * Opens the collection if it is not open, and keeps it open until `work` is done; `work` should not wait for the use of another
   * collection. Rejects as `open` does, with what `work` throws, or with TIMEOUT when no other collection was released in 30 s.
   */
  async use<T>(name: string, work: (index: VectorIndex) => T | Promise<T>): Promise<T> {
    const { number, group } = this.definitionOf(name);
    return await this.opened.use(placeOf({ number, group }), async (index) =>
      work(await this.collectionIn(index, number, name)),
    );
  }

  /** As it is in the catalog by now: it may have been dropped while its index was opened. */
  private async collectionIn(index: OpenIndex, number: number, name: string): Promise<VectorIndex> {
    const definition = this.catalog.numbered(number)?.definition;
    if (definition === undefined) throw new HnswError("NO_COLLECTION", `There is no collection "${name}" any more.`);
    return await index.collection(definition);
  }

  /** @internal The collections that are open at the moment. */
  async openNow(): Promise<{ name: string; index: VectorIndex }[]> {
    this.assertOpen();
    const open = new Map<number, VectorIndex>();
    for (const place of placesIn(this.catalog)) {
      const index = await this.opened.get(place)?.catch(() => undefined);
      for (const [number, face] of (await index?.collections()) ?? []) open.set(number, face);
    }
    return [...this.catalog.collections].flatMap(([name, { number }]) => {
      const index = open.get(number);
      return index === undefined ? [] : [{ name, index }];
    });
  }

  /** Deletes a collection and its aliases, durably. Resolves to whether there was one. Rejects with PATH_FAILED or CLOSED. */
  drop(name: string): Promise<boolean> {
    return this.inLine(async () => {
      const definition = this.catalog.collections.get(name);
      if (definition === undefined) return false;
      const place = placeOf(definition);
      this.commit(this.catalog.without(name));
      if (placesIn(this.catalog).has(place)) {
        // What an index that is not open has of it is removed when it is opened.
        await this.opened
          .get(place)
          ?.then((index) => index.drop(definition.number))
          .catch(() => {});
      } else {
        await this.opened.end(place);
        this.folder?.remove(place);
      }
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

  private async openIndex(place: Place, catalog = this.catalog): Promise<OpenIndex> {
    const [kind, number] = [place.split("/")[0], Number(place.split("/")[1])];
    if (kind === GROUPS) return await this.openGroup(place, catalog, number);
    const found = catalog.numbered(number);
    if (found === undefined) throw new HnswError("NO_COLLECTION", "The collection was dropped.");
    return new Single(number, await open(this.optionsOf(place, found.definition)));
  }

  private async openGroup(place: Place, catalog: Catalog, number: number): Promise<Group> {
    const definition = catalog.groups.get(number);
    if (definition === undefined) throw new HnswError("NO_COLLECTION", "The collection was dropped.");
    const define: DefineField = (collection, list, group) => this.defineField(collection, list, group);
    const options = this.optionsOf(place, definition);
    const group = await Group.open(options, definition.fields, catalog.tablesOf(number), define);
    for (const message of group.problems) this.report(place, { worker: -1, kind: "snapshot", message });
    return group;
  }

  private optionsOf(place: Place, { dimensions, metric }: GroupDefinition | Definition): OpenOptions {
    const { workers } = this;
    const path = this.folder?.pathOf(place);
    const shape = { dimensions, metric, workers, partitions: 1, maxDocumentBytes: 1_048_576 } as const;
    const onIncident = (incident: Incident) => this.report(place, incident);
    return { ...shape, zeroVectors: "keep", onIncident, ...(path === undefined ? {} : { path }) };
  }

  /** Gives a collection columns for the last field of a list, and writes down which. */
  private defineField(number: number, list: Parameters<DefineField>[1], group: Group): Promise<number> {
    return this.inLine(async () => {
      const found = this.catalog.numbered(number);
      if (found === undefined) throw new HnswError("CLOSED", "The collection was dropped.");
      const { name, type } = list.at(-1)!;
      const taken = new Set(found.definition.fields.map(([, , column]) => column));
      const column = await group.columnsFor(type, taken);
      this.commit(this.catalog.withField(found.name, [name, type, column], group.types));
      return column;
    });
  }

  private report(place: Place, incident: Incident): void {
    warnOf(incident);
    const own = [...this.catalog.collections].filter(([, definition]) => placeOf(definition) === place);
    if (own.length === 0) return; // they were dropped
    const [name, { dimensions, metric, group }] = own[0]!;
    const collection = group === null ? name : `${dimensions} dimensions, ${metric}`;
    const concerns = own.map(([one]) => one);
    this.incidents = [...this.incidents, { ...incident, at: Date.now(), collection, concerns }].slice(-KEPT_INCIDENTS);
  }
}

function placesIn(catalog: Catalog): Set<Place> {
  return new Set(Array.from(catalog.collections.values(), placeOf));
}
