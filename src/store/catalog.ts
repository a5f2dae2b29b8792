/*
 * What is in a store: which collections, under which names, in which index? Kept as one text, so that a change of it is one step.
 *
 * A group is an index that collections of one shape share. In it a collection has its number in front of its spaces' names,
 * and its fields have numbers: which of the group's columns hold their values. Other collections use the same columns. A
 * collection without a group, as all are in stores of format 1, is an index of its own.
 */
import { FieldTable, type FieldType, MOST_FIELDS } from "../documents/fields.ts";
import { isPlain } from "../documents/json.ts";
import { HnswError } from "../errors.ts";
import { badOption, show } from "../options/checks.ts";
import { checkField } from "../options/documents.ts";
import type { Metric } from "../values/metric.ts";
import { FORMAT, FORMER } from "../values/store-layout.ts";

/** @internal A field of a collection, and which columns of its group hold it. */
export type NumberedField = readonly [name: string, type: FieldType, number: number];

/** @internal */
export interface Definition {
  /** Not used twice; that of its folder, where it has one. */
  number: number;
  /** Number of the index that it shares, or null. */
  group: number | null;
  dimensions: number;
  metric: Metric;
  /** In its group, in the order in which it got them. */
  fields: readonly NumberedField[];
  /** What its creator wants to find again, as JSON. */
  note: unknown;
}

/** @internal An index that collections share. */
export interface GroupDefinition {
  dimensions: number;
  metric: Metric;
  /** Types of its numbered fields. */
  fields: readonly FieldType[];
}

/** A change of an alias: `to` null removes it. */
export interface AliasChange {
  alias: string;
  to: string | null;
}

type Groups = ReadonlyMap<number, GroupDefinition>;

/** @internal */
export class Catalog {
  private byNumber: ReadonlyMap<number, string> | null = null;

  constructor(
    readonly next = 1,
    readonly collections: ReadonlyMap<string, Definition> = new Map(),
    readonly groups: Groups = new Map(),
    readonly aliases: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Throws PATH_DAMAGED or PATH_FOREIGN. */
  static parse(text: string): Catalog {
    let format: unknown;
    try {
      const written = JSON.parse(text) as Written;
      format = written.format;
      if (format === FORMAT || format === FORMER) return read(written);
    } catch (error) {
      throw new HnswError("PATH_DAMAGED", "The store's catalog is not what was written.", { cause: error });
    }
    throw new HnswError(
      "PATH_FOREIGN",
      `The store's catalog has format ${show(format)}, this version reads ${FORMER} and ${FORMAT}.`,
    );
  }

  toString(): string {
    const written: Written = {
      format: FORMAT,
      next: this.next,
      collections: Object.fromEntries(this.collections),
      groups: Object.fromEntries(this.groups),
      aliases: Object.fromEntries(this.aliases),
    };
    return JSON.stringify(written);
  }

  /** The collection that a name or an alias stands for. Throws NO_COLLECTION. */
  resolve(name: string): { name: string; definition: Definition } {
    const real = this.aliases.get(name) ?? name;
    const definition = this.collections.get(real);
    if (definition === undefined) throw new HnswError("NO_COLLECTION", `There is no collection "${name}".`);
    return { name: real, definition };
  }

  /** The collection of that number, or undefined. */
  numbered(number: number): { name: string; definition: Definition } | undefined {
    this.byNumber ??= new Map(Array.from(this.collections, ([name, { number }]) => [number, name]));
    const name = this.byNumber.get(number);
    return name === undefined ? undefined : { name, definition: this.collections.get(name)! };
  }

  /** How many collections share a group. */
  membersOf(group: number): number {
    let count = 0;
    for (const definition of this.collections.values()) if (definition.group === group) count++;
    return count;
  }

  /** The fields of every collection of a group, by its number. */
  tablesOf(group: number): Map<number, FieldTable> {
    const own = [...this.collections.values()].filter((definition) => definition.group === group);
    return new Map(own.map(({ number, fields }) => [number, new FieldTable(fields)]));
  }

  /** Throws COLLECTION_EXISTS or BAD_OPTION. */
  expectFree(name: string): void {
    checkName(name);
    if (this.collections.has(name) || this.aliases.has(name)) {
      throw new HnswError("COLLECTION_EXISTS", `There is a collection or an alias "${name}" already.`);
    }
  }

  /** With a group under the next number. */
  withGroup(group: GroupDefinition): Catalog {
    return this.with({ next: this.next + 1, groups: new Map([...this.groups, [this.next, group]]) });
  }

  /** With a collection that has the next number. Throws COLLECTION_EXISTS or BAD_OPTION. */
  withCollection(name: string, definition: Definition): Catalog {
    this.expectFree(name);
    return this.with({
      next: definition.number + 1,
      collections: new Map([...this.collections, [name, definition]]),
    });
  }

  /** Without the collection and what leads to it, and without its group if it was the last one there. */
  without(name: string): Catalog {
    const { group } = this.resolve(name).definition;
    const isLast = group !== null && this.membersOf(group) === 1;
    return this.with({
      collections: new Map([...this.collections].filter(([one]) => one !== name)),
      groups: isLast ? new Map([...this.groups].filter(([number]) => number !== group)) : this.groups,
      aliases: new Map([...this.aliases].filter(([, to]) => to !== name)),
    });
  }

  withNote(name: string, note: unknown): Catalog {
    return this.changed(name, { note });
  }

  /** With one more field of a collection, whose columns the group may have had before. */
  withField(name: string, field: NumberedField, types: readonly FieldType[]): Catalog {
    const { group, fields } = this.resolve(name).definition;
    const groups = new Map([...this.groups, [group!, { ...this.groups.get(group!)!, fields: types }]]);
    return this.changed(name, { fields: [...fields, field] }).with({ groups });
  }

  /** All of the changes, in order, or none. Throws NO_COLLECTION, COLLECTION_EXISTS or BAD_OPTION. */
  withAliases(changes: readonly AliasChange[]): Catalog {
    const aliases = new Map(this.aliases);
    for (const { alias, to } of changes) {
      checkName(alias);
      if (to === null) {
        if (!aliases.delete(alias)) throw new HnswError("NO_COLLECTION", `There is no alias "${alias}".`);
        continue;
      }
      if (this.collections.has(alias)) {
        throw new HnswError("COLLECTION_EXISTS", `There is a collection "${alias}" already.`);
      }
      if (!this.collections.has(to)) throw new HnswError("NO_COLLECTION", `There is no collection "${to}".`);
      aliases.set(alias, to);
    }
    return this.with({ aliases });
  }

  private changed(name: string, change: Partial<Definition>): Catalog {
    const { name: real, definition } = this.resolve(name);
    return this.with({ collections: new Map([...this.collections, [real, { ...definition, ...change }]]) });
  }

  private with(change: Partial<Pick<Catalog, "next" | "collections" | "groups" | "aliases">>): Catalog {
    const { next, collections, groups, aliases } = { ...this, ...change };
    return new Catalog(next, collections, groups, aliases);
  }
}

interface Written {
  format: number;
  next: number;
  collections: Record<string, Definition>;
  groups: Record<string, GroupDefinition>;
  aliases: Record<string, string>;
}

/** Throws where it is none that was written. */
function read({ format, next, collections, groups, aliases }: Written): Catalog {
  const numbers = new Set<number>();
  const expectNumber = (number: number) => {
    if (!Number.isSafeInteger(number) || number < 1 || number >= next || numbers.has(number)) throw new Error("number");
    numbers.add(number);
  };
  const shared = new Map(Object.entries(format === FORMER ? {} : groups).map(([key, group]) => [Number(key), group]));
  for (const [number, { dimensions, fields }] of shared) {
    expectNumber(number);
    if (!Number.isSafeInteger(dimensions) || fields.length > MOST_FIELDS) throw new Error("group");
  }
  const all = Object.entries(collections).map(([name, given]): [string, Definition] => {
    const definition = format === FORMER ? { ...given, group: null, fields: [] } : given;
    expectNumber(definition.number);
    expectFields(definition, shared);
    return [name, definition];
  });
  return new Catalog(next, new Map(all), shared, new Map(Object.entries(aliases)));
}

/** A collection has the shape of its group, and fields of the types of their columns, each in columns of its own. */
function expectFields({ group, dimensions, metric, fields }: Definition, groups: Groups): void {
  if (!Number.isSafeInteger(dimensions)) throw new Error("dimensions");
  if (group === null) return;
  const shared = groups.get(group);
  if (shared?.dimensions !== dimensions || shared.metric !== metric) throw new Error("group");
  for (const [name, type, number] of fields) {
    checkField(name, type);
    if (shared.fields[number] !== type) throw new Error("field");
  }
  const differ = (values: unknown[]) => new Set(values).size === fields.length;
  if (!differ(fields.map(([name]) => name)) || !differ(fields.map(([, , number]) => number))) throw new Error("fields");
}

/** Throws BAD_OPTION. */
function checkName(name: unknown): void {
  if (typeof name === "string" && /^[^\p{Cc}/\\]{1,255}$/u.test(name) && name !== "__proto__") return;
  throw badOption(`A collection's name must be 1 to 255 characters without slashes, not ${show(name)}.`);
}

/** @internal Throws BAD_OPTION for a note that JSON would alter. */
export function checkNote(note: unknown): unknown {
  if (note === undefined) return null;
  const text =
    typeof note === "object" && note !== null && !Array.isArray(note) && isPlain(note) ? JSON.stringify(note) : null;
  if (text === null || text.length > 65_536)
    throw badOption("`note` must be a plain object of at most 65536 bytes as JSON.");
  return JSON.parse(text);
}
