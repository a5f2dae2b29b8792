/* How are points read that are in several spaces? As if they were in one. */
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Entry, Include, Where } from "../../documents/types.ts";
import { Slice } from "../../runtime/event-loop.ts";
import type { Key } from "../../values/keys.ts";
import type { Explanation } from "../../values/reports.ts";
import type { Places } from "./homes.ts";

type Including<I extends Include> = Entry<Key, unknown, undefined, I>;
/** What a search is asked. */
export interface Wanted {
  k: number;
  ef?: number;
  where?: Where | undefined;
  keys?: readonly Key[];
  filter?: (key: Key) => boolean;
}
type Vector = readonly number[] | Float32Array;

/** The most values of a field that the index counts. */
const MOST_FACETS = 10_000;

/** The points of a collection, or of those of its spaces that may hold what is asked for. */
export class Points {
  private opened: readonly Space[] | null = null;

  /** `places`: where each point is; null: in the one space that is named. */
  constructor(
    private readonly index: VectorIndex,
    readonly names: readonly string[],
    private readonly places: Places | null,
  ) {}

  /** There may be many, and what is read by ids needs few of them. */
  private get spaces(): readonly Space[] {
    this.opened ??= this.names.map((name) => this.index.space(name));
    return this.opened;
  }

  get size(): number {
    return this.spaces.reduce((sum, { size }) => sum + size, 0);
  }

  async keys(): Promise<Key[]> {
    const lists: Key[][] = [];
    const slice = new Slice();
    for (const space of this.spaces) {
      lists.push(await space.keys());
      if (slice.isOver) await slice.next();
    }
    return lists.length === 1 ? lists[0]! : lists.flat();
  }

  async get<I extends Include>(key: Key, include: readonly I[]): Promise<Including<I> | undefined> {
    return (await this.getMany([key], include))[0];
  }

  /** In the order of the keys, each from the space that it is in. */
  async getMany<I extends Include>(keys: readonly Key[], include: readonly I[]) {
    if (this.places === null) return await this.spaces[0]!.getMany(keys, { include });
    const found = new Map<Key, Including<I>>();
    for (const [name, some] of this.places.grouped(keys)) {
      for (const entry of await this.index.space(name).getMany(some, { include })) {
        if (entry !== undefined) found.set(entry.key, entry);
      }
    }
    return keys.map((key) => found.get(key));
  }

  async *entries<I extends Include>(where: Where | undefined, include: readonly I[]) {
    for (const space of this.spaces) yield* space.entries({ where, include });
  }

  async count(where: Where | undefined): Promise<number> {
    const slice = new Slice();
    let count = 0;
    for (const space of this.spaces) {
      count += where === undefined ? space.size : await space.count({ where });
      if (slice.isOver) await slice.next();
    }
    return count;
  }

  /** Null: there are more values than the index counts. */
  async facets(field: string, where: Where | undefined) {
    const counts = new Map<string | number | boolean, number>();
    for (const space of this.spaces) {
      const found = await space.facets(field, { where, limit: MOST_FACETS });
      if (found.length === MOST_FACETS) return null;
      for (const { value, count } of found) counts.set(value, (counts.get(value) ?? 0) + count);
    }
    return counts;
  }

  /** The nearest first. */
  async search<I extends Include>(
    query: Vector,
    { keys, ...wanted }: Wanted,
    include: readonly I[],
  ): Promise<Including<I>[]> {
    type Hits = (Including<I> & { distance: number })[];
    // A `filter` by function and `include` go together; the compiler can't see which of the options is there.
    const options = { ...wanted, include } as { include: typeof include };
    const isOne = this.spaces.length === 1;
    if (isOne) return (await this.spaces[0]!.search(query, { ...options, ...(keys && { keys }) })) as Hits;
    if (keys === undefined) return await this.index.search(query, { ...options, spaces: this.names });
    let nearest: Hits = [];
    const parts = this.places!.grouped(keys);
    for (const [name, keys] of parts) {
      const hits = (await this.index.space(name).search(query, { ...options, keys })) as Hits;
      nearest = [...nearest, ...hits].sort((a, b) => a.distance - b.distance).slice(0, wanted.k);
    }
    return nearest;
  }

  /** Which way a search takes, over all spaces: by a graph where it takes one in any. */
  async explain(query: Vector, { keys, ...wanted }: Omit<Wanted, "filter">): Promise<Explanation> {
    const sum: Explanation = { way: "exact", matches: 0, visited: 0 };
    const parts = keys && this.places?.grouped(keys);
    for (const space of this.spaces) {
      const some = parts === undefined ? keys : (parts.get(space.name) ?? []);
      const options = { ...wanted, ...(some && { keys: some }), explain: true } as const;
      const { explain } = await space.search(query, options);
      sum.matches += explain.matches;
      sum.visited += explain.visited;
      if (explain.way === "graph") sum.way = "graph";
    }
    return sum;
  }
}
