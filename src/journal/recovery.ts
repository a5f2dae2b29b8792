/*
 * How does an index come back from its folder? Newest sound snapshot of each space, else the one before, else nothing;
 * then the journal from there, op by op. The workers link while ops are read.
 *
 * An op counts once: a snapshot says up to which op of its partition it knows everything, and the journal's ops up to
 * there are passed over for that space. So a recovery that is cut off, or done twice, ends the same.
 *
 * Anything else that is not as it was written is damage: a hole in the numbers, a wrong checksum, a journal that ends
 * before ops that are known to have been durable. It is refused, or, with `recover: "salvage"`, passed over and told.
 */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  E_BUSY,
  E_FOREIGN,
  E_MEMORY,
  E_PENDING,
  FS_DIMENSIONS,
  FS_FORMAT,
  FS_ID,
  FS_M,
  FS_METRIC,
  FS_SEED,
  JOURNAL_ADD,
  JOURNAL_CREATE,
  JOURNAL_DROP,
  NOT_FOUND,
  OK,
  OK_WAKE,
} from "../../assembly/layout.ts";
import type { Seat } from "../core.ts";
import { HnswError } from "../errors.ts";
import type { Handle } from "../handle.ts";
import { homeOf, partitionOf } from "../scheduler/assignment.ts";
import { BUSY, DONE, FULL, MORE, type Outcome } from "../waiting-line.ts";
import { nextTurn } from "../yielding.ts";
import { type Entry, entriesOf } from "./entries.ts";
import { damaged, type FolderPaths } from "./folder.ts";
import { CHECKSUM_BYTES, readSpaceFrame, type SpaceFrame } from "./frames.ts";
import { readMark } from "./mark.ts";
import { spacesIn, writeSnapshots } from "./rounds.ts";
import { MAGIC, readSection, sectionAt, snapshotProblem } from "./snapshot-file.ts";
import { Damage, JournalStore, type Meta, type PartitionRow, type SnapshotRow } from "./store.ts";

/** What opening a folder found. */
export interface RecoveryReport {
  /** Spaces that came back from a snapshot. */
  snapshots: number;
  /** Ops that were read from the journal. */
  replayed: number;
  /** What was damaged: a line each. Without salvage only what did no harm, as a snapshot whose predecessor was there. */
  problems: string[];
  ms: number;
}

const SLICE_MS = 2;

interface KnownSpace {
  address: number;
  incarnation: number;
  home: number;
  /** Ops up to this number are in it. */
  sequence: number;
}

export class Recovery {
  private readonly handle: Handle;
  private readonly paths: FolderPaths;
  private readonly salvaging: boolean;
  private readonly problems: string[] = [];
  /** Problems that cost something: after salvage the folder is made anew. */
  private losses = 0;
  private readonly spaces: Map<number, KnownSpace>[];
  /** Spaces whose snapshots are all damaged: their first op must be in the journal. */
  private readonly lost: Set<number>[];
  private readonly last: number[];
  private readonly nextSpace: number[];
  private readonly unsound: SnapshotRow[] = [];
  private readonly onRead: (bytes: number) => void;
  private loaded = 0;
  private replayed = 0;

  /** `onRead` is told how many bytes of snapshots and journal were read since it was told last. */
  constructor(handle: Handle, paths: FolderPaths, salvaging: boolean, onRead: (bytes: number) => void = () => {}) {
    this.handle = handle;
    this.paths = paths;
    this.salvaging = salvaging;
    this.onRead = onRead;
    this.spaces = handle.seats.map(() => new Map());
    this.lost = handle.seats.map(() => new Set());
    this.last = handle.seats.map(() => 0);
    this.nextSpace = handle.seats.map(() => 0);
  }

  /**
   * Fills the empty index from the folder and starts its numbering where the journal ends. `damage`: what is known to
   * be wrong with the journal as a whole. Rejects with PATH_DAMAGED, OUT_OF_MEMORY or TIMEOUT.
   */
  async run(meta: Meta, damage: string | null): Promise<RecoveryReport> {
    const start = performance.now();
    await this.fill(meta, damage, "write");
    for (const [partition, seat] of this.handle.seats.entries()) {
      const last = this.last[partition]!;
      seat.core.setNext(...split(last + 1), this.nextSpace[partition]!);
      const answer = await this.handle.whenFree(() => seat.core.openJournal(...split(last)));
      if (answer === E_MEMORY) throw this.handle.refusal(E_MEMORY, seat);
    }
    if (this.losses > 0) await this.makeAnew(meta);
    return this.report(start);
  }

  /**
   * Fills the empty index from the folder, and with `"read"` changes nothing in it: for an index that nobody keeps.
   * Rejects like `run`.
   */
  async fill(meta: Meta, damage: string | null, mode: "write" | "read"): Promise<RecoveryReport> {
    const start = performance.now();
    if (damage !== null) this.complain(damage);
    const store = damage === null ? await JournalStore.open(this.paths.journal, mode) : null;
    try {
      if (store === null) await this.loadWithoutJournal();
      else await this.readStore(store, meta.partitions);
      this.compareWithMark(meta.partitions);
      const forgetting = mode === "write" && this.losses === 0 && this.unsound.length > 0;
      if (forgetting) store?.forget(this.unsound, meta.partitions);
    } finally {
      store?.close();
    }
    for (const seat of this.handle.seats) seat.clearIntake();
    return this.report(start);
  }

  private report(start: number): RecoveryReport {
    const { loaded, replayed, problems } = this;
    return { snapshots: loaded, replayed, problems, ms: performance.now() - start };
  }

  /** Number of a partition's last op. */
  lastOf(partition: number): number {
    return this.last[partition]!;
  }

  /** Damage that can't be made good. Throws PATH_DAMAGED unless salvaging. */
  private complain(problem: string): void {
    this.losses++;
    this.problems.push(problem);
    if (!this.salvaging) throw damaged(problem);
  }

  private async readStore(store: JournalStore, partitions: number): Promise<void> {
    let rows: SnapshotRow[] = [];
    let states: PartitionRow[] = Array.from({ length: partitions }, (_, partition) => {
      return { partition, trimmed: 0, round: 0, nextSpace: 0 };
    });
    try {
      const found = store.readSnapshots();
      rows = found.rows;
      for (const problem of found.bad) this.complain(`${store.path}: ${problem}`);
      states = store.partitions(partitions);
    } catch (error) {
      this.complain(describe(error, store.path));
    }
    for (let i = 0; i < rows.length; ) {
      const { partition, space } = rows[i]!;
      let end = i;
      while (end < rows.length && rows[end]!.partition === partition && rows[end]!.space === space) end++;
      await this.loadSpace(rows.slice(i, end));
      i = end;
    }
    for (const state of states) await this.replayPartition(store, state);
  }

  // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Loads the newest of a space's snapshots that is sound. */
  private async loadSpace(rows: SnapshotRow[]): Promise<void> {
    const { partition, space } = rows[0]!;
    this.nextSpace[partition] = Math.max(this.nextSpace[partition]!, space + 1);
    for (const row of rows) {
      try {
        await this.loadSection(join(this.paths.snapshots, row.file), row.offset, row.bytes, row);
        return;
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        this.problems.push(snapshotProblem(error, row));
        this.unsound.push(row);
      }
    }
    this.lost[partition]!.add(space);
  }

  private async loadSection(
    path: string,
    offset: number,
    bytes: number,
    expected: { partition: number; space: number; sequence: number },
    asSpace = expected.space,
  ): Promise<void> {
    const { partition, space, sequence } = expected;
    const seat = this.handle.seats[partition]!;
    let known: KnownSpace | null = null;
    try {
      let turn = performance.now() + SLICE_MS;
      for (const body of readSection(path, offset, bytes)) {
        const first: SpaceFrame | null = known === null ? readSpaceFrame(body) : null;
        if (known === null) {
          const home: number | null = first === null ? null : this.homeIn(partition, first.nameHeader, first.name);
          const fits = first !== null && home !== null && first.id === space && first.sequence === sequence;
          if (!fits) throw new Damage(`${path}: at byte ${offset} lies another snapshot than was registered`);
          known = { address: 0, incarnation: 0, home, sequence };
        }
        seat.intakeBytes.set(body);
        if (first !== null) seat.setIntakeWord(FS_ID, asSpace);
        const { home } = known;
        const answer = await this.handle.whenFree(() => seat.core.loadFrame(home));
        if (first !== null && answer !== E_FOREIGN) {
          known.address = seat.infoAt(0);
          known.incarnation = seat.infoAt(1);
        }
        if (answer !== OK) throw this.refusalOf(answer, seat, path, offset);
        this.onRead(body.length + CHECKSUM_BYTES);
        if (performance.now() < turn) continue;
        await nextTurn();
        turn = performance.now() + SLICE_MS;
      }
      this.spaces[partition]!.set(asSpace, known!);
      this.last[partition] = Math.max(this.last[partition]!, sequence);
      this.loaded++;
      this.handle.wake(known!.home);
    } catch (error) {
      if (known !== null && known.address !== 0) await this.drop(seat, known);
      throw error;
    }
  }

  private refusalOf(answer: number, seat: Seat, path: string, offset: number): Error {
    if (answer === E_MEMORY) return this.handle.refusal(E_MEMORY, seat);
    const where = `${path}: the snapshot at byte ${offset}`;
    if (answer !== E_FOREIGN) return new Damage(`${where} does not fit together`);
    const names = new Map([
      [FS_FORMAT, "format"],
      [FS_DIMENSIONS, "dimensions"],
      [FS_METRIC, "metric"],
      [FS_M, "M"],
      [FS_SEED, "seed"],
    ]);
    const at = seat.infoAt(0);
    return new Damage(`${where} is of another \`${names.get(at)}\` (${seat.intakeWord(at)})`);
  }

  /** The home of a space of that name, or null when the name does not belong into the partition. */
  private homeIn(partition: number, header: number, name: Uint8Array): number | null {
    const { partitions, workers } = this.handle.settings;
    const seat = this.handle.seats[partition]!;
    seat.putKeyBytes(name);
    const hash = seat.core.hashName(header) >>> 0;
    return partitionOf(hash, partitions) === partition ? homeOf(hash, partitions, workers) : null;
  }

  private async drop(seat: Seat, { address, incarnation }: KnownSpace): Promise<void> {
    await this.handle.whenFree(() => seat.core.dropSpace(address, incarnation));
  }

  // ── the journal ───────────────────────────────────────────────────────────────────────────────────────────────────
  private async replayPartition(store: JournalStore, { partition, trimmed, nextSpace }: PartitionRow): Promise<void> {
    this.nextSpace[partition] = Math.max(this.nextSpace[partition]!, nextSpace);
    const where = `${store.path}: partition ${partition}`;
    const strangers = new Map<number, number>(); // ops of spaces that nobody knows: fine if a drop follows
    let next: number | null = null;
    try {
      for (const group of store.readFrom(partition)) {
        const { first, count } = group;
        if (next === null ? first > trimmed + 1 : first !== next) {
          this.complain(`${where} lacks the ops from ${next ?? trimmed + 1} to ${first - 1}`);
        }
        next = first + Math.max(1, Math.trunc(count) || 1);
        if ("problem" in group) {
          this.complain(`${where}: the group of ${count} ops from ${first} on is damaged (${group.problem})`);
          continue;
        }
        const entries = this.entriesIn(group.payload, count, `${where}: the group of ${count} ops from ${first} on`);
        await this.replay(partition, first, entries, strangers);
        this.onRead(group.payload.length);
        this.last[partition] = Math.max(this.last[partition]!, first + count - 1);
      }
    } catch (error) {
      if (error instanceof HnswError) throw error;
      this.complain(describe(error, store.path));
    }
    const end = next === null ? trimmed : next - 1;
    if (this.last[partition]! > end)
      this.complain(`${where} ends at op ${end}, a snapshot knows of ${this.last[partition]}`);
    this.last[partition] = Math.max(this.last[partition]!, end);
    for (const space of this.lost[partition]!) this.complain(`${where}: no snapshot of space ${space} is sound`);
    for (const [space, ops] of strangers) this.complain(`${where}: ${ops} ops name space ${space}, which is not there`);
  }

  private entriesIn(payload: Uint8Array, count: number, where: string): Entry[] {
    try {
      const entries = Array.from(entriesOf(payload, this.handle.settings.dimensions));
      if (entries.length === count) return entries;
      this.complain(`${where} holds ${entries.length}`);
    } catch (error) {
      if (error instanceof HnswError) throw error;
      this.complain(`${where}: ${(error as Error).message}`);
    }
    return [];
  }

  /** Applies a group's ops, by slices of 2 ms. */
  private replay(partition: number, first: number, entries: Entry[], strangers: Map<number, number>): Promise<void> {
    let next = 0;
    return this.handle.line.enter(() => {
      const end = performance.now() + SLICE_MS;
      for (; next < entries.length; next++) {
        if ((next & 31) === 31 && performance.now() >= end) return MORE;
        const outcome = this.apply(partition, first + next, entries[next]!, strangers);
        if (outcome !== DONE) return outcome;
      }
      return DONE;
    });
  }

  private apply(partition: number, sequence: number, entry: Entry, strangers: Map<number, number>): Outcome {
    const seat = this.handle.seats[partition]!;
    const spaces = this.spaces[partition]!;
    const known = spaces.get(entry.space);
    if (known !== undefined && sequence <= known.sequence) return DONE;
    if (entry.kind === JOURNAL_CREATE) return this.create(partition, sequence, entry, strangers);
    if (entry.kind === JOURNAL_DROP) this.lost[partition]!.delete(entry.space);
    if (known === undefined) return this.passOver(entry, strangers);
    const { address, incarnation, home } = known;
    seat.core.setNext(...split(sequence), this.nextSpace[partition]!);
    seat.putKeyBytes(entry.key);
    if (entry.kind === JOURNAL_ADD) seat.putVectorBytes(entry.vector);
    const answer = this.handle.guarded(() => {
      if (entry.kind === JOURNAL_ADD) return seat.core.add(address, incarnation, entry.header, 0, 0);
      if (entry.kind === JOURNAL_DROP) return seat.core.dropSpace(address, incarnation);
      return seat.core.remove(address, incarnation, entry.header);
    });
    if (answer === E_BUSY) return BUSY;
    if (answer === E_PENDING || answer === OK_WAKE) this.handle.wake(home);
    if (answer === E_PENDING) return FULL;
    if (answer !== OK && answer !== OK_WAKE && answer !== NOT_FOUND) throw this.handle.refusal(answer, seat);
    if (entry.kind === JOURNAL_DROP) spaces.delete(entry.space);
    this.replayed++;
    return DONE;
  }

  private create(partition: number, sequence: number, entry: Entry, strangers: Map<number, number>): Outcome {
    const seat = this.handle.seats[partition]!;
    const spaces = this.spaces[partition]!;
    const where = `${this.paths.journal}: op ${sequence} of partition ${partition} makes a space`;
    const home = this.homeIn(partition, entry.header, entry.key);
    if (home === null) {
      this.complain(`${where} that belongs into another partition`);
      return DONE;
    }
    seat.core.setNext(...split(sequence), entry.space);
    seat.putKeyBytes(entry.key);
    const found = this.handle.guarded(() => seat.core.openSpace(entry.header, home, 0));
    if (found === E_BUSY) return BUSY;
    if (found === OK) {
      const address = seat.infoAt(0);
      const [id, other] = Array.from(spaces).find(([, space]) => space.address === address)!;
      // One of the same name that was made later, out of a snapshot: this one's drop follows.
      if (other.sequence >= sequence) return this.passOver(entry, strangers);
      this.complain(`${where} that is there`); // the drop of the one before is among what was lost
      const dropped = seat.core.dropSpace(other.address, other.incarnation);
      if (dropped === E_BUSY) return BUSY;
      spaces.delete(id);
      seat.core.setNext(...split(sequence), entry.space);
      seat.putKeyBytes(entry.key);
    }
    const answer = this.handle.guarded(() => seat.core.openSpace(entry.header, home, 1));
    if (answer === E_BUSY) return BUSY;
    if (answer !== OK) throw this.handle.refusal(answer, seat);
    spaces.set(entry.space, { address: seat.infoAt(0), incarnation: seat.infoAt(1), home, sequence });
    this.lost[partition]!.delete(entry.space);
    this.nextSpace[partition] = Math.max(this.nextSpace[partition]!, entry.space + 1);
    this.replayed++;
    return DONE;
  }

  /** An op of a space that nobody knows. */
  private passOver({ space, kind }: Entry, strangers: Map<number, number>): Outcome {
    if (kind === JOURNAL_DROP) strangers.delete(space);
    else strangers.set(space, (strangers.get(space) ?? 0) + 1);
    return DONE;
  }

  private compareWithMark(partitions: number): void {
    const mark = readMark(this.paths.mark, partitions);
    if (mark === null) return;
    for (const [partition, durable] of mark.entries()) {
      const last = this.last[partition]!;
      if (durable <= last) continue;
      this.complain(`${this.paths.journal}: partition ${partition} ends at op ${last}, ${durable} were durable`);
      this.last[partition] = durable; // no number is given twice
    }
  }

  // ── salvage ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** The newest sound snapshot of each space that any file holds. */
  private async loadWithoutJournal(): Promise<void> {
    const { partitions } = this.handle.settings;
    const newest = new Map<string, { row: SnapshotRow; name: string }>();
    for (const file of existsSync(this.paths.snapshots) ? readdirSync(this.paths.snapshots) : []) {
      if (file.endsWith(".tmp")) continue;
      for (const { row, name } of this.sectionsIn(file, partitions)) {
        const known = newest.get(name);
        if (known === undefined || known.row.sequence < row.sequence) newest.set(name, { row, name });
      }
    }
    for (const { row } of newest.values()) {
      // The index may have had another number of partitions, and so the same id twice: each space gets a new one.
      const fresh = this.nextSpace[row.partition]!++;
      try {
        await this.loadSection(join(this.paths.snapshots, row.file), row.offset, row.bytes, row, fresh);
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        this.complain(error.message);
      }
    }
  }

  private *sectionsIn(file: string, partitions: number): Generator<{ row: SnapshotRow; name: string }> {
    const path = join(this.paths.snapshots, file);
    const seat = this.handle.seats[0]!;
    let offset = MAGIC.length;
    try {
      for (;;) {
        const found = sectionAt(path, offset);
        if (found === null) return;
        const { id, sequence, nameHeader, name, bytes } = found;
        seat.putKeyBytes(name);
        const partition = partitionOf(seat.core.hashName(nameHeader) >>> 0, partitions);
        const row = { partition, space: id, sequence, since: 0, file, offset, bytes };
        yield { row, name: `${nameHeader} ${Buffer.from(name).toString("latin1")}` };
        offset += bytes;
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.complain(error.message);
    }
  }

  /** After losses: snapshots of everything that is there, then a journal that knows of nothing else. */
  private async makeAnew(meta: Meta): Promise<void> {
    const { seats } = this.handle;
    const rows = await writeSnapshots(seats, seats.flatMap(spacesIn), this.paths.snapshots, () => 0);
    for (const seat of seats) seat.clearIntake();
    rmSync(this.paths.fresh, { force: true });
    const fresh = await JournalStore.open(this.paths.fresh, "create");
    const states = seats.map((_, partition) => {
      const last = this.last[partition]!;
      return { partition, trimmed: last, round: last, nextSpace: this.nextSpace[partition]! };
    });
    const since = (row: SnapshotRow) => ({ ...row, since: this.last[row.partition]! });
    fresh.create(meta, states, rows.map(since));
    fresh.settle();
    fresh.close();
    const aside = `damaged-${new Date().toISOString().replaceAll(":", "-")}`;
    for (const suffix of ["", "-wal", "-shm"]) {
      const old = `${this.paths.journal}${suffix}`;
      if (existsSync(old)) renameSync(old, join(this.paths.folder, `journal.${aside}.sqlite${suffix}`));
    }
    renameSync(this.paths.fresh, this.paths.journal);
    rmSync(this.paths.mark, { force: true });
  }
}

function describe(error: unknown, path: string): string {
  if (error instanceof Damage) return error.message;
  return `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`;
}

function split(sequence: number): [number, number] {
  return [sequence % 2 ** 32, Math.floor(sequence / 2 ** 32)];
}
