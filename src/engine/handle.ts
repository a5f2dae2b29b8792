/* What does one thread hold of an open index? Its seats, control block and waiting lines; no threads and no journal. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import type { FieldTable } from "../documents/fields.ts";
import { HnswError } from "../errors.ts";
import type { Incident, Settings } from "../options/open.ts";
import { ensureStack } from "../runtime/stack.ts";
import { Latencies } from "../values/latencies.ts";
import { AttachedThreads } from "../workers/attached-threads.ts";
import type { Control } from "../workers/control.ts";
import type { LinkLoop } from "../workers/link-loop.ts";
import { Directory } from "./directory.ts";
import type { Durability } from "./durability.ts";
import type { FieldList } from "./field-board.ts";
import { Host } from "./host.ts";
import { InlineLinker } from "./inline-linker.ts";
import { type FoundFigures, listFigures } from "./list-spaces.ts";
import { type Turns, Uses } from "./uses.ts";
import { type Op, WaitingLines } from "./waiting-line.ts";

export type TableOf = (storedName: string) => FieldTable | null;
export type SeatedSpace = calls.SpaceAt & { seat: Seat };

export class Handle extends Host {
  readonly lines: WaitingLines;
  /** Links on this thread, where it opened an index without workers. */
  readonly linker: InlineLinker | null;
  readonly attached: AttachedThreads;
  /** Of this thread's calls. */
  readonly latency = { accept: new Latencies(), search: new Latencies() };
  /** Who hears of the workers' incidents (see `Pool.endWith`). */
  report: ((incident: Incident) => void) | null = null;
  /** Where collections share the index: the fields of a space by its stored name, null where no collection has it. */
  tableOf: TableOf | null = null;
  private readonly directory: Directory;
  private closed = false;

  constructor(
    readonly seats: Seat[],
    readonly settings: Settings,
    readonly control: Control,
    loop: LinkLoop | null,
    readonly durability: Durability,
    readonly fields: FieldList,
    readonly uses = new Uses(),
  ) {
    super();
    this.linker = loop && new InlineLinker(loop, control, () => this.isClosed);
    this.lines = new WaitingLines(control, settings.timeoutMs, () => this.help());
    this.attached = new AttachedThreads(control, seats, () => this.isClosed);
    this.directory = new Directory(this);
  }

  get isClosed(): boolean {
    return this.closed || this.control.closed;
  }

  assertOpen(): void {
    ensureStack();
    if (this.isClosed) throw new HnswError("CLOSED", "The index is closed.");
  }

  close(): void {
    this.closed = true;
    this.lines.shut();
  }

  override get isShared(): boolean {
    return this.tableOf !== null;
  }

  override fieldsOf(name: () => string): FieldTable | null {
    return this.tableOf === null ? super.fieldsOf(name) : this.tableOf(name());
  }

  /** Enters the line of a space with an op of it. */
  accept(space: string, op: Op): Promise<void> {
    return this.durability.accept(this.lines, space, op, this.latency.accept);
  }

  /** After an op of the core that changed a partition, or found that there was nothing to change. */
  accepted(partition: number): void {
    this.durability.accepted(partition, this.seats[partition]!);
  }

  override searched(ms: number): void {
    this.latency.search.add(ms);
  }

  find(name: string): calls.SpaceRef | null | typeof calls.AGAIN {
    return this.directory.find(name);
  }

  make(name: string): calls.SpaceRef | typeof calls.AGAIN {
    return this.directory.make(name);
  }

  forget(name: string): void {
    this.directory.forget(name);
  }

  /** A space was dropped by an op of this thread. */
  dropped(name: string): void {
    this.forget(name);
  }

  /** Names of all spaces. Throws TIMEOUT when a partition's lock is not free for about a second. */
  namesNow(): string[] {
    return this.guarded(() => this.seats.flatMap(calls.namesOf));
  }

  /** What the core knows of each space. Throws like `namesNow`. */
  figures(): FoundFigures[] {
    return this.guarded(() =>
      this.seats.flatMap((seat, partition) =>
        calls.figuresOf(seat, partition).map((figures) => ({ ...figures, seat })),
      ),
    );
  }

  /** The same in slices, for callers that can wait. Rejects with TIMEOUT or CLOSED. */
  figuresInSlices(): Promise<FoundFigures[]> {
    return listFigures(this, this.seats);
  }

  /** Spaces with ops that wait to be linked, among others perhaps. */
  unlinked(): SeatedSpace[] {
    const found: SeatedSpace[] = [];
    for (const seat of this.seats) {
      for (let next = calls.nextUnlinked(seat, 0); next !== null; next = calls.nextUnlinked(seat, next.address)) {
        found.push({ ...next, seat });
      }
    }
    return found;
  }

  wake(home: number): void {
    if (this.linker === null) this.control.wake(home);
    else this.linker.wake();
  }

  /** One linking step on this thread, where there are no workers. Returns whether it did anything. */
  help(): boolean {
    return this.linker?.step() ?? false;
  }

  inTurn<T>(kind: Turns, work: () => Promise<T>): Promise<T> {
    return this.uses.inTurn(kind, work);
  }

  protected override completed(): void {
    this.durability.completed();
    for (let home = 0; home < Math.max(1, this.settings.workers); home++) this.wake(home);
  }

  protected override journalRefusal(): HnswError {
    return this.durability.refusal();
  }
}
