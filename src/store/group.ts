/*
 * How do collections of one shape share an index? Each has spaces and fields of its own; partitions, workers, journal and the
 * columns of fields are common. A collection that needs a field takes columns of its type that it does not use yet, which
 * others may have made: so columns are as many as the one with the most fields of each type needs.
 */
import { CollectionIndex } from "../api/collection-index.ts";
import { openWith } from "../api/open.ts";
import type { Opened } from "../api/start.ts";
import type { VectorIndex } from "../api/vector-index.ts";
import { type FieldTable, type FieldType, MOST_FIELDS } from "../documents/fields.ts";
import { buildMissing, type Define, defineEverywhere } from "../engine/add-field.ts";
import { CollectionHandle, readStoredName, storedName } from "../engine/collection-handle.ts";
import { OwnFields, typeNumbers } from "../engine/field-board.ts";
import { dropSpace } from "../engine/ops.ts";
import { HnswError } from "../errors.ts";
import type { OpenOptions } from "../options/open.ts";
import type { Definition } from "./catalog.ts";
import type { OpenIndex } from "./open-indexes.ts";

const DROPPED_AT_ONCE = 256;
const SHOWN = 32; // collections that figures are shown of

/** Makes a field of a collection durable; resolves to the number of its columns. */
export type DefineField = (collection: number, list: Parameters<Define>[0], group: Group) => Promise<number>;

export class Group implements OpenIndex {
  /** The names of each collection's spaces, by its number. */
  private readonly spaces = new Map<number, Set<string>>();
  /** The one used last comes last. */
  private readonly faces = new Map<number, Promise<CollectionIndex>>();

  private constructor(
    private readonly opened: Opened,
    private readonly defineField: DefineField,
  ) {}

  /** `tables`: the fields of its collections, by their numbers. Rejects like `open`. */
  static async open(
    options: OpenOptions,
    types: readonly FieldType[],
    tables: ReadonlyMap<number, FieldTable>,
    defineField: DefineField,
  ): Promise<Group> {
    const fields = Object.fromEntries(types.map((type, number) => [columnName(number), type]));
    const tableOf = (stored: string) => tables.get(readStoredName(stored)?.collection ?? 0) ?? null;
    const group = new Group(await openWith({ ...options, fields }, { tableOf }), defineField);
    try {
      await group.findSpaces(tables);
    } catch (error) {
      await group.close();
      throw error;
    }
    return group;
  }

  /** What a crash left of dropped collections is dropped, beside everything else. */
  private async findSpaces(tables: ReadonlyMap<number, FieldTable>): Promise<void> {
    const strangers: string[] = [];
    for (const stored of await this.opened.handle.names()) {
      const found = readStoredName(stored);
      if (found !== null && tables.has(found.collection)) this.spacesOf(found.collection).add(found.name);
      else strangers.push(stored);
    }
    void this.dropSpaces(strangers).catch(() => {}); // what is left is dropped after the next opening
  }

  get types(): readonly FieldType[] {
    return this.opened.handle.fields.table.list.map(({ type }) => type);
  }

  /** Of memory. */
  get usedBytes(): number {
    return this.opened.index.stats().bytes.used;
  }

  /** What opening its folder found wrong, and could do without. */
  get problems(): readonly string[] {
    return this.opened.keeper?.recovery.problems ?? [];
  }

  collection(definition: Definition): Promise<VectorIndex> {
    const { number } = definition;
    const face = this.faces.get(number) ?? this.begin(definition);
    this.faces.delete(number);
    this.faces.set(number, face);
    face.catch(() => this.faces.delete(number));
    return face;
  }

  private async begin({ number, fields }: Definition): Promise<CollectionIndex> {
    const own = fields.map(([name, type, column]) => {
      return { name, type, number: column, building: false, mismatches: 0 };
    });
    const handle = new CollectionHandle(this.opened.handle, number, this.spacesOf(number), new OwnFields(own));
    await buildMissing(handle);
    const define: Define = (list) => this.defineField(number, list, this);
    return new CollectionIndex(handle, this.opened, define, () => this.faces.delete(number));
  }

  async collections(): Promise<ReadonlyMap<number, VectorIndex>> {
    const faces = new Map<number, VectorIndex>();
    for (const [number, face] of [...this.faces].slice(-SHOWN)) {
      const index = await face.catch(() => null);
      if (index !== null) faces.set(number, index);
    }
    return faces;
  }

  /**
   * The number of columns of a type that are not among those taken; they are made if there are none. Rejects with BAD_OPTION, or as
   * `addField`.
   */
  async columnsFor(type: FieldType, taken: ReadonlySet<number>): Promise<number> {
    const { handle, keeper } = this.opened;
    const { list } = handle.fields.table;
    const free = list.find((column) => column.type === type && !taken.has(column.number));
    if (free !== undefined) return free.number;
    if (list.length === MOST_FIELDS) throw noColumns(type, handle.settings, list);
    const all = [...handle.fields.all, { name: columnName(list.length), type, building: false, mismatches: 0 }];
    await defineEverywhere(handle, typeNumbers(all));
    handle.fields.write(all);
    await keeper?.saveFields(handle.fields.table);
    return list.length;
  }

  async drop(number: number): Promise<void> {
    const face = await this.faces.get(number)?.catch(() => null);
    this.faces.delete(number);
    await face?.close().catch(() => {}); // its callers hear of what is not on the disk
    const names = [...this.spacesOf(number)];
    this.spaces.delete(number);
    await this.dropSpaces(names.map((name) => storedName(number, name)));
  }

  private async dropSpaces(stored: readonly string[]): Promise<void> {
    for (let first = 0; first < stored.length; first += DROPPED_AT_ONCE) {
      const some = stored.slice(first, first + DROPPED_AT_ONCE);
      await Promise.all(some.map((name) => dropSpace(this.opened.handle, name)));
    }
  }

  async close(): Promise<void> {
    // What their callers wait for is refused by each; what is not on the disk, by the index.
    await Promise.allSettled(Array.from(this.faces.values(), async (face) => await (await face).close()));
    await this.opened.index.close();
  }

  private spacesOf(number: number): Set<string> {
    const known = this.spaces.get(number) ?? new Set();
    this.spaces.set(number, known);
    return known;
  }
}

/** An index that one collection has for itself. */
export class Single implements OpenIndex {
  constructor(
    private readonly number: number,
    private readonly index: VectorIndex,
  ) {}

  collection(): Promise<VectorIndex> {
    return Promise.resolve(this.index);
  }

  collections(): Promise<ReadonlyMap<number, VectorIndex>> {
    return Promise.resolve(new Map([[this.number, this.index]]));
  }

  drop(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.index.close();
  }
}

/** By which the folder of a group knows numbered columns. */
const columnName = (number: number) => `column ${number}`;

function noColumns(
  type: FieldType,
  { dimensions, metric }: Definition | Opened["handle"]["settings"],
  list: readonly { type: FieldType }[],
): HnswError {
  const counts = Map.groupBy(list, (column) => column.type);
  const shown = Array.from(counts, ([one, columns]) => `${columns.length} "${one}"`).join(", ");
  const what = `Collections of ${dimensions} dimensions and metric "${metric}" share ${MOST_FIELDS} columns, ${shown}`;
  const cure =
    "Add fewer fields of that type, or create another collection: it gets columns that are not shared with this one";
  return new HnswError("BAD_OPTION", `${what}, and this one uses all of type "${type}". ${cure}.`);
}
