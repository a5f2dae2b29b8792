/* What is in a store: which collections, under which names? Kept as one text, so that a change of it is one step. */
import { isPlain } from "../documents/json.ts";
import { HnswError } from "../errors.ts";
import { badOption, show } from "../options/checks.ts";
import type { Metric } from "../values/metric.ts";

/** @internal */
export interface Definition {
  /** Of its folder. */
  number: number;
  dimensions: number;
  metric: Metric;
  /** What its creator wants to find again, as JSON. */
  note: unknown;
}

interface Written {
  format: 1;
  next: number;
  collections: Record<string, Definition>;
  aliases: Record<string, string>;
}

/** A change of an alias: `to` null removes it. */
export interface AliasChange {
  alias: string;
  to: string | null;
}

/** @internal */
export class Catalog {
  constructor(
    readonly next = 1,
    readonly collections: ReadonlyMap<string, Definition> = new Map(),
    readonly aliases: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Throws PATH_DAMAGED or PATH_FOREIGN. */
  static parse(text: string): Catalog {
    let written: Written;
    try {
      written = JSON.parse(text) as Written;
      if (written.format === 1) return Catalog.of(written);
    } catch (error) {
      throw new HnswError("PATH_DAMAGED", "The store's catalog is not what was written.", { cause: error });
    }
    throw new HnswError("PATH_FOREIGN", "The store's catalog has another format than this version knows.");
  }

  private static of({ next, collections, aliases }: Written): Catalog {
    const numbers = new Set<number>();
    for (const { number, dimensions } of Object.values(collections)) {
      if (!Number.isSafeInteger(number) || number < 1 || number >= next || numbers.has(number))
        throw new Error("number");
      if (!Number.isSafeInteger(dimensions)) throw new Error("dimensions");
      numbers.add(number);
    }
    return new Catalog(next, new Map(Object.entries(collections)), new Map(Object.entries(aliases)));
  }

  toString(): string {
    const written: Written = {
      format: 1,
      next: this.next,
      collections: Object.fromEntries(this.collections),
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

  /** Throws COLLECTION_EXISTS or BAD_OPTION. */
  withCollection(name: string, definition: Definition): Catalog {
    checkName(name);
    if (this.collections.has(name) || this.aliases.has(name)) {
      throw new HnswError("COLLECTION_EXISTS", `There is a collection or an alias "${name}" already.`);
    }
    return new Catalog(definition.number + 1, new Map([...this.collections, [name, definition]]), this.aliases);
  }

  /** Without the collection and what leads to it. */
  without(name: string): Catalog {
    const aliases = [...this.aliases].filter(([, to]) => to !== name);
    return new Catalog(this.next, new Map([...this.collections].filter(([one]) => one !== name)), new Map(aliases));
  }

  withNote(name: string, note: unknown): Catalog {
    const { definition } = this.resolve(name);
    return new Catalog(this.next, new Map([...this.collections, [name, { ...definition, note }]]), this.aliases);
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
    return new Catalog(this.next, this.collections, aliases);
  }
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
