/* Which collections does a store have, with what the server knows of each? */
import { nextTurn } from "../../runtime/event-loop.ts";
import type { Store } from "../../store/store.ts";
import { noCollection } from "../wire/refusals.ts";
import { fill } from "./building.ts";
import { Collection, type Note } from "./collection.ts";

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
    void nextTurn().then(() => fill(collection).catch(() => {}));
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
    await Promise.all(Array.from(this.known.values(), (one) => one.byItself(async () => {})));
  }

  /** Whether there was one. */
  async drop(name: string): Promise<boolean> {
    const collection = this.store.list().some((info) => info.name === name) ? this.get(name) : null;
    if (collection === null) return false;
    const dropped = await collection.byItself(() => this.store.drop(name));
    this.known.delete(name);
    return dropped;
  }
}

/** Another program's note says nothing here. */
function noteOf(note: unknown): Note {
  return ((note as { server?: Note } | null)?.server ?? {}) as Note;
}
