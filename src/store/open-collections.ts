/*
 * Which collections are open? One is opened when it is used. Those that were used longest ago are closed again when more than
 * `maxOpen` are open, and when four times as many are in use, the next one waits: so threads and memories have a bound.
 */
import type { VectorIndex } from "../api/vector-index.ts";
import { HnswError } from "../errors.ts";
import type { Definition } from "./catalog.ts";

const MOST_IN_USE = 4; // times `maxOpen`
const WAIT_MS = 30_000;

interface OpenCollection {
  index: Promise<VectorIndex>;
  uses: number;
  /** Closed by nothing but the store's end. */
  pinned: boolean;
  /** Whether its threads and memory are there, or are being made. */
  begun: boolean;
}

interface Waiting {
  collection: OpenCollection;
  begin: () => void;
  fail: (error: HnswError) => void;
}

export class OpenCollections {
  /** By number. The one used last comes last. */
  private readonly opened = new Map<number, OpenCollection>();
  /** By number: what is being closed. It is not opened again before. */
  private readonly ending = new Map<number, Promise<void>>();
  /** For room, in order. */
  private readonly line: Waiting[] = [];
  private ended = false;

  constructor(
    private readonly maxOpen: number,
    private readonly openIndex: (definition: Definition) => Promise<VectorIndex>,
  ) {}

  /** The index, if it is open or being opened. */
  get(number: number): Promise<VectorIndex> | undefined {
    return this.opened.get(number)?.index;
  }

  /** Opens the collection if it is not open, and keeps it open until the store's end. Rejects as `open`. */
  async pin(definition: Definition): Promise<VectorIndex> {
    const collection = this.lookUp(definition);
    collection.pinned = true;
    this.admit();
    return await collection.index;
  }

  /** Keeps it open until `work` is done. Rejects as `open`, with what `work` throws, or with TIMEOUT where no room came. */
  async use<T>(definition: Definition, work: (index: VectorIndex) => T | Promise<T>): Promise<T> {
    const collection = this.lookUp(definition);
    collection.uses++;
    try {
      return await work(await collection.index);
    } finally {
      collection.uses--;
      await this.closeIdle();
    }
  }

  /** Takes it out, and closes it. */
  async end(number: number): Promise<void> {
    const collection = this.opened.get(number);
    this.opened.delete(number);
    await collection?.index.then((index) => index.close()).catch(() => {});
    this.admit();
  }

  /** Resolves to what went wrong, one reason a collection. */
  async endAll(): Promise<unknown[]> {
    this.ended = true;
    for (const { fail } of this.line.splice(0)) fail(closedError());
    const begun = [...this.opened.values()].filter((one) => one.begun);
    const closed = begun.map(async ({ index }) => await (await index).close());
    await Promise.all(this.ending.values());
    const settled = await Promise.allSettled(closed);
    return settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  }

  private lookUp(definition: Definition): OpenCollection {
    const { number } = definition;
    const collection = this.opened.get(number) ?? this.begin(definition);
    this.opened.delete(number);
    this.opened.set(number, collection);
    return collection;
  }

  private begin(definition: Definition): OpenCollection {
    const { number } = definition;
    const collection = { index: new Promise<never>(() => {}), uses: 0, pinned: false, begun: false } as OpenCollection;
    const opening = async () => {
      await this.ending.get(number);
      await this.room(collection);
      return await this.openIndex(definition);
    };
    collection.index = opening();
    // A collection that could not be opened is tried again at its next use.
    collection.index.catch(() => {
      if (this.opened.get(number) === collection) this.opened.delete(number);
      this.admit();
    });
    return collection;
  }

  private room(collection: OpenCollection): Promise<void> {
    if (this.ended) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        collection,
        begin: () => {
          clearTimeout(timer);
          collection.begun = true;
          resolve();
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.line.splice(this.line.indexOf(waiting), 1);
        reject(new HnswError("TIMEOUT", `No collection of ${MOST_IN_USE * this.maxOpen} in use was released in time.`));
      }, WAIT_MS);
      this.line.push(waiting);
      this.admit();
    });
  }

  /** Those that a program holds don't count: it knows how many they are. */
  private admit(): void {
    const held = this.line.findIndex(({ collection }) => collection.pinned);
    if (held >= 0) this.line.splice(held, 1)[0]!.begin();
    while (this.line.length > 0 && !this.isFull) this.line.shift()!.begin();
  }

  /** Threads of collections that are being closed count as well. */
  private get isFull(): boolean {
    let begun = this.ending.size;
    for (const one of this.opened.values()) if (one.begun && !one.pinned) begun++;
    return begun >= MOST_IN_USE * this.maxOpen || (this.ending.size > 0 && begun > this.maxOpen);
  }

  /** Takes in one that was opened elsewhere. */
  async add(number: number, index: VectorIndex): Promise<void> {
    this.opened.set(number, { index: Promise.resolve(index), uses: 0, pinned: false, begun: true });
    await this.closeIdle();
  }

  private async closeIdle(): Promise<void> {
    for (const [number, { index, uses, pinned }] of this.opened) {
      if (this.opened.size <= this.maxOpen) return;
      if (uses > 0 || pinned) continue;
      this.opened.delete(number);
      const closed = index.then((one) => one.close()).catch(() => {}); // an index says by an incident what the disk refused
      this.ending.set(number, closed);
      await closed;
      this.ending.delete(number);
      this.admit();
    }
  }
}

const closedError = () => new HnswError("CLOSED", "The store is closed.");
