/*
 * What does the server know of a collection beside its index? What clients chose when they created it, its payload indexes,
 * the order of its ids, where its points are, and the line of its writes. The first two are in the collection's note, on the
 * disk.
 */
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Store } from "../../store/store.ts";
import type { Key } from "../../values/keys.ts";
import type { Metric } from "../../values/metric.ts";
import { isRecord, type Value } from "../wire/json.ts";
import type { Filter } from "./filter.ts";
import { Gate } from "./gate.ts";
import { dropEmptySpaces, Places } from "./homes.ts";
import { type Index, type IndexNote, isTenants, openedIndex } from "./indexes.ts";
import { settle } from "./moves.ts";
import { type Path, readPath } from "./paths.ts";
import { Points } from "./points.ts";
import { SortedIds } from "./sorted-ids.ts";
import { SPACE, spacesFor } from "./tenants.ts";
import { WriteLine } from "./write-line.ts";

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
  /** The tenant field by which every point is in its space; null: some may be elsewhere. Absent: all are in one space. */
  placedBy?: string | null;
}

type Work<T> = (points: Points, index: VectorIndex) => Promise<T> | T;

export class Collection {
  private readonly line = new WriteLine();
  private readonly gate = new Gate();
  readonly distance: Distance;
  readonly size: number;
  /** Writes since the server was started. */
  operations = 0;
  /** Those that were acknowledged at once and failed later. */
  failures = 0;
  indexes: ReadonlyMap<string, Index>;
  /** Where in a payload the tenant stands; null: points have none. */
  tenant: Path | null;
  private ids: SortedIds | null = null;
  private known: Places | null = null;
  /** Writes that have the line for themselves, and are not done; and of these, those that may begin or end tenants. */
  private readonly alone = { all: 0, reshaping: 0 };

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
    this.tenant = tenantOf(note);
  }

  /** The indexes that a new document must have values for. */
  get kept(): Index[] {
    return [...this.indexes.values()];
  }

  /** Paths whose texts are compared word by word. */
  get texts(): ReadonlySet<string> {
    return new Set(this.kept.filter(({ type }) => type === "text").map(({ field }) => field));
  }

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * Points that may pass the filter, each in one space until `work` is done; the index stays open until then. `work` must not
   * wait for a write, nor for another `read`.
   */
  async read<T>(filter: Filter | undefined, work: Work<T>): Promise<T> {
    if (!this.isWithoutTenants && this.places === null) await this.byItself(async () => {});
    return await this.gate.read(() =>
      this.store.use(this.name, (index) => work(new Points(index, this.spacesWith(filter), this.known), index)),
    );
  }

  private spacesWith(filter: Filter | undefined): readonly string[] {
    const { tenant, known, note } = this;
    if (known === null) return [SPACE];
    const isPlaced = tenant !== null && note.placedBy === tenant.text;
    const some = isPlaced && filter !== undefined && spacesFor(tenant, filter);
    return some ? some.filter((name) => known.isIn(name)) : known.names;
  }

  /** Every id, and perhaps some that are gone. Not within `read`. */
  async sorted(): Promise<SortedIds> {
    if (this.ids !== null) return this.ids;
    return await this.byItself(async () => {
      this.ids ??= new SortedIds(this.known?.keys() ?? (await this.use((points) => points.keys())));
      return this.ids;
    });
  }

  // ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** For a write that has the line for itself. The index stays open until `work` is done. */
  use<T>(work: Work<T>): Promise<T> {
    return this.store.use(this.name, (index) => work(new Points(index, this.spacesWith(undefined), this.known), index));
  }

  /** Whether all points are in one space, and will be. */
  get isWithoutTenants(): boolean {
    return this.tenant === null && this.note.placedBy === undefined;
  }

  /** Where points are; null: not known, or all are in one space. */
  get places(): Places | null {
    return this.known === null || this.known.stale ? null : this.known;
  }

  /** Whether a write that moves no point, and reads nothing but `places`, may go to the index behind those before it. */
  get isOpen(): boolean {
    if (this.isWithoutTenants) return this.alone.reshaping === 0;
    return this.alone.all === 0 && this.places !== null;
  }

  /** Only while `isOpen`; see `WriteLine`. */
  together(work: (index: VectorIndex) => Promise<void>): Promise<void> {
    return this.line.together(() => this.store.use(this.name, work));
  }

  /** `reshapes`: whether it may change which field is the tenant's. */
  async byItself<T>(work: () => Promise<T>, reshapes = false): Promise<T> {
    this.alone.all++;
    if (reshapes) this.alone.reshaping++;
    try {
      return await this.line.byItself(async () => {
        if (!this.isWithoutTenants && this.places === null) await this.look();
        return await work();
      });
    } finally {
      this.alone.all--;
      if (reshapes) this.alone.reshaping--;
    }
  }

  private async look(): Promise<void> {
    this.known = await this.gate.move(() =>
      this.store.use(this.name, async (index) => {
        await settle(index);
        await dropEmptySpaces(index);
        return await Places.read(index);
      }),
    );
  }

  /** `work` takes points from one space to another: readers are kept out. */
  move<T>(work: () => Promise<T>): Promise<T> {
    return this.gate.move(work);
  }

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

  /** After a move of which nothing is known: what the index holds is looked at before the next write. */
  forgetPlaces(): void {
    if (this.known !== null) this.known.stale = true;
  }

  // ── the note ──────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Changes what is shown of the options. */
  async annotate(options: { [name: string]: Value }): Promise<void> {
    await this.byItself(async () => {
      const merged = { ...this.note.options };
      for (const [name, value] of Object.entries(options)) {
        const before = merged[name];
        merged[name] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
      }
      await this.write({ ...this.note, options: merged });
    });
  }

  /** For a write that has the line for itself. */
  async write(given: Note): Promise<void> {
    const others = (this.store.info(this.name).note ?? {}) as object;
    const note = tenantOf(given)?.text === this.tenant?.text ? given : { ...given, placedBy: null };
    await this.store.annotate(this.name, { ...others, server: note });
    this.note = note;
    this.indexes = indexesOf(note);
    this.tenant = tenantOf(note);
    if (this.isWithoutTenants) this.known = null;
    else if (this.places === null) await this.look();
  }
}

function indexesOf({ indexes = [] }: Note): Map<string, Index> {
  return new Map(indexes.map((note) => [note.field, openedIndex(note)]));
}

/** Of several fields with tenants the first one says where points are. */
function tenantOf({ indexes = [] }: Note): Path | null {
  const found = indexes.find(isTenants);
  return found === undefined ? null : readPath(found.field);
}
