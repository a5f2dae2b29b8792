/*
 * What does a collection hold of an index that it shares with others? Its own spaces, whose names have its number in front of
 * them in the core, and fields of its own, each by the number of columns that the collections share. Threads, seats and journal
 * are those of the index.
 */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { Slice } from "../runtime/event-loop.ts";
import type { OwnFields } from "./field-board.ts";
import { Handle, type SeatedSpace } from "./handle.ts";
import type { ListedSpace } from "./host.ts";
import type { FoundFigures } from "./list-spaces.ts";

/** As the core knows a space of a collection. */
export function storedName(collection: number, name: string): string {
  return `${collection.toString(36)}/${name}`;
}

/** What a stored name stands for; null where no collection has given it. */
export function readStoredName(stored: string): { collection: number; name: string } | null {
  const end = stored.indexOf("/");
  const collection = Number.parseInt(stored.slice(0, end), 36);
  if (end < 1 || end === stored.length - 1 || collection.toString(36) !== stored.slice(0, end)) return null;
  return { collection, name: stored.slice(end + 1) };
}

export class CollectionHandle extends Handle {
  /** `spaces`: the names of its spaces, kept here. */
  constructor(
    private readonly index: Handle,
    readonly collection: number,
    private readonly spaces: Set<string>,
    fields: OwnFields,
  ) {
    super(index.seats, index.settings, index.control, null, index.durability, fields, index.uses);
    this.measurer = index.measurer;
  }

  override get isClosed(): boolean {
    return super.isClosed || this.index.isClosed;
  }

  override get whole(): Handle {
    return this.index;
  }

  override storedName(name: string): string {
    return storedName(this.collection, name);
  }

  override make(name: string): calls.SpaceRef | typeof calls.AGAIN {
    const made = super.make(name);
    if (made !== calls.AGAIN) this.spaces.add(name);
    return made;
  }

  override dropped(name: string): void {
    super.dropped(name);
    this.spaces.delete(name);
  }

  override wake(home: number): void {
    this.index.wake(home);
  }

  override help(): boolean {
    return this.index.help();
  }

  override guarded<T>(call: () => T, seats = this.seats): T {
    return this.index.guarded(call, seats);
  }

  override namesNow(): string[] {
    return [...this.spaces];
  }

  override names(): Promise<string[]> {
    return Promise.resolve(this.namesNow());
  }

  override async spacesIn(seat: Seat): Promise<ListedSpace[]> {
    const found: ListedSpace[] = [];
    await this.eachSpace((space) => {
      if (space.seat === seat) found.push({ ...space, goesByCodes: space.beam === "codes" });
    });
    return found;
  }

  override figures(): FoundFigures[] {
    return this.namesNow().flatMap((name) => calls.insist(() => this.guarded(() => this.look(name))) ?? []);
  }

  override async figuresInSlices(): Promise<FoundFigures[]> {
    const found: FoundFigures[] = [];
    await this.eachSpace((space) => found.push(space));
    return found;
  }

  private async eachSpace(take: (space: FoundFigures) => void): Promise<void> {
    const slice = new Slice();
    for (const name of this.namesNow()) {
      const space = await this.whenFree(() => this.look(name));
      if (space !== null) take(space);
      if (slice.isOver) await slice.next();
    }
  }

  override unlinked(): SeatedSpace[] {
    return this.namesNow().flatMap((name) => calls.insist(() => this.find(name)) ?? []);
  }

  /** What the core knows of a space; null where it is gone. */
  private look(name: string): FoundFigures | null | typeof calls.AGAIN {
    const ref = this.find(name);
    if (ref === null || ref === calls.AGAIN) return ref;
    const found = calls.figuresAt(ref.seat, ref, ref.partition);
    if (typeof found !== "number") return { ...found, name, seat: ref.seat };
    if (found === calls.AGAIN) return found;
    this.forget(name);
    return null;
  }
}
