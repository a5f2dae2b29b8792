/*
 * Which indexes of a store are open? One is opened when it is used. Those that were used longest ago are closed again when more than
 * `maxOpen` are open, and when four times as many are in use, the next one waits: so threads and memories have a bound.
 */
import type { VectorIndex } from "../api/vector-index.ts";
import { HnswError } from "../errors.ts";
import type { Place } from "../values/store-layout.ts";
import type { Definition } from "./catalog.ts";

/** An index that is open, with the collections in it. */
export interface OpenIndex {
  /** The face of a collection. */
  collection(definition: Definition): Promise<VectorIndex>;
  /** Those that were used last, by the collections' numbers. */
  collections(): Promise<ReadonlyMap<number, VectorIndex>>;
  /** Deletes what a collection has in it. */
  drop(number: number): Promise<void>;
  close(): Promise<void>;
}

const MOST_IN_USE = 4; // times `maxOpen`
const WAIT_MS = 30_000;

interface Entry {
  index: Promise<OpenIndex>;
  now: OpenIndex | null;
  uses: number;
  /** Closed by nothing but the store's end. */
  pinned: boolean;
  /** Whether its threads and memory are there, or are being made. */
  begun: boolean;
}

interface Waiting {
  entry: Entry;
  begin: () => void;
  fail: (error: HnswError) => void;
}

export class OpenIndexes {
  /** The one used last comes last. */
  private readonly opened = new Map<Place, Entry>();
  /** What is being closed. It is not opened again before. */
  private readonly ending = new Map<Place, Promise<void>>();
  /** For room, in order. */
  private readonly line: Waiting[] = [];
  private ended = false;

  constructor(
    private readonly maxOpen: number,
    private readonly openIndex: (place: Place) => Promise<OpenIndex>,
  ) {}

  /** The index, if it is open. */
  now(place: Place): OpenIndex | null {
    return this.opened.get(place)?.now ?? null;
  }

  /** The index, if it is open or being opened. */
  get(place: Place): Promise<OpenIndex> | undefined {
    return this.opened.get(place)?.index;
  }

  /** Opens the index if it is not open, and keeps it open until the store's end. Rejects as `open`. */
  async pin(place: Place): Promise<OpenIndex> {
    const entry = this.lookUp(place);
    entry.pinned = true;
    this.admit();
    return await entry.index;
  }

  /** Keeps it open until `work` is done. Rejects as `open`, with what `work` throws, or with TIMEOUT where no room came. */
  async use<T>(place: Place, work: (index: OpenIndex) => T | Promise<T>): Promise<T> {
    const entry = this.lookUp(place);
    entry.uses++;
    try {
      return await work(await entry.index);
    } finally {
      entry.uses--;
      await this.closeIdle();
    }
  }

  /** Takes it out, and closes it. */
  async end(place: Place): Promise<void> {
    const entry = this.opened.get(place);
    this.opened.delete(place);
    await entry?.index.then((index) => index.close()).catch(() => {});
    this.admit();
  }

  /** Resolves to what went wrong, one reason an index. */
  async endAll(): Promise<unknown[]> {
    this.ended = true;
    for (const { fail } of this.line.splice(0)) fail(closedError());
    const begun = [...this.opened.values()].filter((one) => one.begun);
    const closed = begun.map(async ({ index }) => await (await index).close());
    await Promise.all(this.ending.values());
    const settled = await Promise.allSettled(closed);
    return settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  }

  private lookUp(place: Place): Entry {
    const entry = this.opened.get(place) ?? this.begin(place);
    this.opened.delete(place);
    this.opened.set(place, entry);
    return entry;
  }

  private begin(place: Place): Entry {
    const entry = { index: new Promise<never>(() => {}), now: null, uses: 0, pinned: false, begun: false } as Entry;
    const opening = async () => {
      await this.ending.get(place);
      await this.room(entry);
      entry.now = await this.openIndex(place);
      return entry.now;
    };
    entry.index = opening();
    // An index that could not be opened is tried again at its next use.
    entry.index.catch(() => {
      if (this.opened.get(place) === entry) this.opened.delete(place);
      this.admit();
    });
    return entry;
  }

  private room(entry: Entry): Promise<void> {
    if (this.ended) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        entry,
        begin: () => {
          clearTimeout(timer);
          entry.begun = true;
          resolve();
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.line.splice(this.line.indexOf(waiting), 1);
        reject(new HnswError("TIMEOUT", `None of ${MOST_IN_USE * this.maxOpen} open indexes was released in time.`));
      }, WAIT_MS);
      this.line.push(waiting);
      this.admit();
    });
  }

  /** Those that a program holds don't count: it knows how many they are. */
  private admit(): void {
    const held = this.line.findIndex(({ entry }) => entry.pinned);
    if (held >= 0) this.line.splice(held, 1)[0]!.begin();
    while (this.line.length > 0 && !this.isFull) this.line.shift()!.begin();
  }

  /** Threads of indexes that are being closed count as well. */
  private get isFull(): boolean {
    let begun = this.ending.size;
    for (const one of this.opened.values()) if (one.begun && !one.pinned) begun++;
    return begun >= MOST_IN_USE * this.maxOpen || (this.ending.size > 0 && begun > this.maxOpen);
  }

  /** Takes in one that was opened elsewhere. */
  async add(place: Place, index: OpenIndex): Promise<void> {
    this.opened.set(place, { index: Promise.resolve(index), now: index, uses: 0, pinned: false, begun: true });
    await this.closeIdle();
  }

  private async closeIdle(): Promise<void> {
    for (const [place, { index, uses, pinned }] of this.opened) {
      if (this.opened.size <= this.maxOpen) return;
      if (uses > 0 || pinned) continue;
      this.opened.delete(place);
      const closed = index.then((one) => one.close()).catch(() => {}); // an index says by an incident what the disk refused
      this.ending.set(place, closed);
      await closed;
      this.ending.delete(place);
      this.admit();
    }
  }
}

const closedError = () => new HnswError("CLOSED", "The store is closed.");
