/*
 * What does the server know of a collection beside its index? What clients chose when they created it, its payload indexes,
 * the order of its ids, and the line of its writes. The first two are in the collection's note, on the disk.
 */
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { nextTurn, Slice } from "../../runtime/event-loop.ts";
import type { Store } from "../../store/store.ts";
import type { Key } from "../../values/keys.ts";
import type { Metric } from "../../values/metric.ts";
import { isRecord, type Value } from "../wire/json.ts";
import { noCollection, wrongInput } from "../wire/refusals.ts";
import { documentOf, isZeroIn, patchBetween, payloadOf } from "./documents.ts";
import { fieldOf, freeName, type Index, type IndexNote, type IndexType, openedIndex } from "./indexes.ts";
import { Pending } from "./pending.ts";
import { SortedIds } from "./sorted-ids.ts";
import { WriteLine } from "./write-line.ts";

/** The space of a collection's index that its points are in. */
export const SPACE = "points";

export type Distance = "Cosine" | "Dot" | "Euclid";
export const METRICS: Record<Distance, Metric> = { Cosine: "cosine", Dot: "dot", Euclid: "l2" };
const DISTANCES: Record<Metric, Distance> = { cosine: "Cosine", dot: "Dot", l2: "Euclid" };

/** What is in a collection's note. */
export interface Note {
  /** Tells this collection from an earlier one of its name. */
  made?: string;
  /** What was given beside size and distance, to be shown again. */
  options?: { [name: string]: Value };
  indexes?: IndexNote[];
  /** Names of fields that were used for an index which was dropped, while documents may still have them. */
  stale?: string[];
}

export class Collection {
  readonly line = new WriteLine();
  readonly distance: Distance;
  readonly size: number;
  /** Writes since the server was started. */
  operations = 0;
  /** Those that were acknowledged at once and failed later. */
  failures = 0;
  indexes: ReadonlyMap<string, Index>;
  private ids: SortedIds | null = null;
  private filling: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly store: Store,
    dimensions: number,
    metric: Metric,
    public note: Note,
  ) {
    this.size = dimensions;
    this.distance = DISTANCES[metric];
    this.indexes = indexesOf(note);
  }

  /** The index stays open until `work` is done. */
  use<T>(work: (space: Space, index: VectorIndex) => Promise<T> | T): Promise<T> {
    return this.store.use(this.name, (index) => work(index.space(SPACE), index));
  }

  /** The indexes that a new document must have values for. */
  get kept(): Index[] {
    return [...this.indexes.values()];
  }

  /** Paths whose texts are compared word by word. */
  get texts(): ReadonlySet<string> {
    return new Set(this.kept.filter(({ type }) => type === "text").map(({ field }) => field));
  }

  // ── the order of ids ──────────────────────────────────────────────────────────────────────────────────────────────
  /** Called in the order of the writes, before they are done. A failed one may leave an id that is not there. */
  came(keys: Iterable<Key>): void {
    if (this.ids !== null) for (const key of keys) this.ids.add(key);
  }

  /** Called in the order of the writes. */
  went(keys: Iterable<Key>): void {
    if (this.ids !== null) for (const key of keys) this.ids.delete(key);
  }

  /** After a delete that failed. */
  forgetOrder(): void {
    this.ids = null;
  }

  /** Every id, and perhaps some that are gone. */
  async sorted(): Promise<SortedIds> {
    if (this.ids !== null) return this.ids;
    return await this.line.byItself(async () => {
      this.ids ??= new SortedIds(await this.use((space) => space.keys()));
      return this.ids;
    });
  }

  /** Changes what is shown of the options. */
  async annotate(options: { [name: string]: Value }): Promise<void> {
    await this.line.byItself(async () => {
      const merged = { ...this.note.options };
      for (const [name, value] of Object.entries(options)) {
        const before = merged[name];
        merged[name] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
      }
      await this.write({ ...this.note, options: merged });
    });
  }

  // ── indexes of payload fields ─────────────────────────────────────────────────────────────────────────────────────
  private async write(note: Note): Promise<void> {
    const others = (this.store.info(this.name).note ?? {}) as object;
    await this.store.annotate(this.name, { ...others, server: note });
    this.note = note;
    this.indexes = indexesOf(note);
  }

  /** Adds an index; resolves once the documents that are there have their values. */
  async addIndex(field: string, type: IndexType, schema: Value): Promise<void> {
    await this.line.byItself(async () => {
      const { indexes = [], stale = [] } = this.note;
      const known = indexes.find((index) => index.field === field);
      if (known !== undefined && known.type === type) return;
      const rest = indexes.filter((index) => index !== known);
      if (rest.length >= 64) throw wrongInput("a collection may have 64 payload indexes");
      const [name, fieldType] = freeName(type, [...indexes.map(({ name }) => name), ...stale]);
      const isNew = await this.use(async (space, index) => {
        if (!Object.hasOwn(index.fields, fieldOf(name))) await index.addField(fieldOf(name), fieldType);
        return space.size === 0;
      });
      const note = { field, type, schema, name, ready: isNew };
      const left = known === undefined || isNew ? stale : [...stale, known.name];
      await this.write({ ...this.note, indexes: [...rest, note], stale: left });
    });
    await this.fill();
  }

  /** Whether there was one. */
  async dropIndex(field: string): Promise<boolean> {
    const wasThere = await this.line.byItself(async () => {
      const { indexes = [], stale = [] } = this.note;
      const dropped = indexes.find((index) => index.field === field);
      if (dropped === undefined) return false;
      const rest = indexes.filter((index) => index !== dropped);
      await this.write({ ...this.note, indexes: rest, stale: [...stale, dropped.name] });
      return true;
    });
    await this.fill();
    return wasThere;
  }

  /**
   * Gives every document the values of every index, and takes those of dropped ones away; one after the other, and with other
   * writes in between. What a crash cuts off goes on when the collection is used again.
   */
  fill(): Promise<void> {
    this.filling = this.filling.catch(() => {}).then(() => this.fillOnce());
    return this.filling;
  }

  private async fillOnce(): Promise<void> {
    const { indexes = [], stale = [] } = this.note;
    const building = indexes.filter(({ ready }) => !ready).map(({ name }) => name);
    if (building.length === 0 && stale.length === 0) return;
    // Whatever comes later has the values of these already.
    const keys = await this.use((space) => space.keys());
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      await this.line.byItself(() => this.refill(keys.slice(from, from + AT_ONCE)));
    }
    await this.line.byItself(async () => {
      const now = this.note;
      const filled = now.indexes?.map((index) => (building.includes(index.name) ? { ...index, ready: true } : index));
      await this.write({
        ...now,
        indexes: filled ?? [],
        stale: now.stale?.filter((name) => !stale.includes(name)) ?? [],
      });
    });
  }

  private refill(keys: readonly Key[]): Promise<void> {
    return this.use(async (space) => {
      const found = await space.getMany(keys, { include: ["metadata"] });
      const slice = new Slice();
      const pending = new Pending();
      for (const entry of found) {
        if (entry === undefined) continue;
        const next = documentOf(payloadOf(entry.metadata), this.kept, isZeroIn(entry.metadata));
        const patch = patchBetween(entry.metadata, next);
        if (Object.keys(patch).length > 0) await pending.add(space.update(entry.key, patch));
        if (slice.isOver) await slice.next();
      }
      await pending.done();
    });
  }
}

const AT_ONCE = 256; // points between which other writes have their turn

function indexesOf({ indexes = [] }: Note): Map<string, Index> {
  return new Map(indexes.map((note) => [note.field, openedIndex(note)]));
}

/** The collections of a store, with what the server knows of each. */
export class Collections {
  private readonly known = new Map<string, Collection>();

  constructor(readonly store: Store) {}

  /** By name or alias. Throws Refusal. */
  get(name: string): Collection {
    const info = this.infoOf(name);
    const note = noteOf(info.note);
    const found = this.known.get(info.name);
    if (found !== undefined && found.note.made === note.made) return found;
    const collection = new Collection(info.name, this.store, info.dimensions, info.metric, note);
    this.known.set(info.name, collection);
    void nextTurn().then(() => collection.fill().catch(() => {}));
    return collection;
  }

  /** The own name of a collection that goes by that name or alias; null if there is none. */
  nameOf(name: string): string | null {
    try {
      return this.store.info(name).name;
    } catch {
      return null;
    }
  }

  private infoOf(name: string) {
    try {
      return this.store.info(name);
    } catch (error) {
      if ((error as { code?: string }).code === "NO_COLLECTION") throw noCollection(name);
      throw error;
    }
  }

  /** Writes that were acknowledged at once and failed later. */
  get failures(): number {
    return Array.from(this.known.values(), ({ failures }) => failures).reduce((sum, one) => sum + one, 0);
  }

  /** Resolves once all writes that have come are done. */
  async idle(): Promise<void> {
    await Promise.all(Array.from(this.known.values(), ({ line }) => line.byItself(async () => {})));
  }

  /** Whether there was one. */
  async drop(name: string): Promise<boolean> {
    const collection = this.store.list().some((info) => info.name === name) ? this.get(name) : null;
    if (collection === null) return false;
    const dropped = await collection.line.byItself(() => this.store.drop(name));
    this.known.delete(name);
    return dropped;
  }
}

/** Another program's note says nothing here. */
function noteOf(note: unknown): Note {
  return ((note as { server?: Note } | null)?.server ?? {}) as Note;
}
