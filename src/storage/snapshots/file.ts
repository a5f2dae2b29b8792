/*
 * How are snapshots written to files and read back? Sections, one per space, lie one after the other in a file; many
 * small spaces share one. A file is complete or missing: it is brought to the disk under another name, then renamed.
 *
 *   [magic, 16 bytes][section][section] …      a section is frames (snapshot/frames.ts), from FRAME_SPACE to FRAME_END
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { FRAME_END } from "../../../assembly/layout.ts";
import type { SpaceAt } from "../../core/calls.ts";
import type { Seat } from "../../core/seat.ts";
import { HnswError } from "../../errors.ts";
import { isCount, MOST_OPS, MOST_SPACES } from "../../journal/log.ts";
import { asLongAsItTakes, Cut } from "../../snapshot/cut.ts";
import {
  BadFrame,
  CHECKSUM_BYTES,
  checkFrame,
  FrameSplitter,
  isForNewer,
  kindOf,
  MAGIC,
  NewerFrame,
  ownHash,
  putFrame,
  readSpaceFrame,
  type SpaceFrame,
} from "../../snapshot/frames.ts";
import { Damage } from "../disk/damage.ts";
import { expectRegular, openRegular, syncFile } from "../disk/files.ts";
import type { Look } from "../disk/identity.ts";
import type { SnapshotRow } from "./catalog.ts";

const BUFFER_BYTES = 1 << 20;
const hash = ownHash!; // only Bun keeps folders

export interface Section {
  /** Number of the last op in it. */
  sequence: number;
  offset: number;
  bytes: number;
}

export class SnapshotFile {
  bytes = 0;
  private readonly temporary: string;
  private readonly file: number;
  private isOpen = true;
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private filled = 0;

  constructor(
    private readonly folder: string,
    readonly name: string,
    private readonly look: Look,
  ) {
    look();
    this.temporary = join(folder, `${name}.tmp`);
    this.file = fs.openSync(this.temporary, "wx");
    this.buffer.set(MAGIC);
    this.filled = MAGIC.length;
    this.bytes = MAGIC.length;
  }

  /** Appends a space's snapshot; null when the space was dropped. Rejects with OUT_OF_MEMORY, or what the disk says. */
  async add(seat: Seat, space: SpaceAt): Promise<Section | null> {
    const offset = this.bytes;
    const cut = new Cut(seat, space, asLongAsItTakes);
    for await (const body of cut.frames()) this.put(body);
    if (cut.isWhole) return { sequence: cut.sequence, offset, bytes: this.bytes - offset };
    if (this.bytes > offset) this.cutBackTo(offset);
    return null;
  }

  private put(body: Uint8Array): void {
    const length = body.length + CHECKSUM_BYTES;
    if (this.filled + length > BUFFER_BYTES) this.flush();
    putFrame(body, hash, this.buffer, this.filled);
    this.filled += length;
    this.bytes += length;
  }

  private flush(): void {
    let at = this.bytes - this.filled;
    for (let from = 0; from < this.filled; ) {
      const written = fs.writeSync(this.file, this.buffer, from, this.filled - from, at); // may be short
      from += written;
      at += written;
    }
    this.filled = 0;
  }

  private cutBackTo(offset: number): void {
    this.flush();
    fs.ftruncateSync(this.file, offset);
    this.bytes = offset;
  }

  /** Brings the file to the disk and gives it its name, in that order. */
  finish(): void {
    this.flush();
    fs.fdatasyncSync(this.file);
    this.close();
    this.look();
    fs.renameSync(this.temporary, join(this.folder, this.name));
    syncFile(this.folder);
  }

  abandon(): void {
    try {
      this.close();
    } catch {} // the system has reported what it could not write
    try {
      this.look();
      fs.unlinkSync(this.temporary);
    } catch {} // renamed already: it is deleted with the files that no row names; or the folder is lost
  }

  /** Once: after that the number may belong to a file of another thread, a database for example. */
  private close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    fs.closeSync(this.file);
  }
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** A section of a file, and what it should be. */
export interface WantedSection extends Section {
  path: string;
  space: number;
}

export function sectionOf(row: SnapshotRow, folder: string): WantedSection {
  return { ...row, path: join(folder, row.file) };
}

/**
 * The frames of a section, but for those of a newer version that may be skipped. Throws Damage when it is not whole, or not
 * what it should be; PATH_FOREIGN where a frame must not be skipped.
 */
export function* readSection({ path, offset, bytes, space, sequence }: WantedSection): Generator<Uint8Array> {
  let read = 0;
  for (const body of framesFrom(path, offset, bytes)) {
    const head = read === 0 ? headOf(body, path, offset) : null;
    if (read === 0 && (head?.id !== space || head.sequence !== sequence)) {
      throw new Damage(`${path}: the snapshot at byte ${offset} is not the one that was registered`);
    }
    read += body.length + CHECKSUM_BYTES;
    if (!isForNewer(kindOf(body))) yield body;
  }
  if (read !== bytes) {
    throw new Damage(`${path}: the snapshot at byte ${offset} is ${read} bytes long, not ${bytes} as registered`);
  }
}

/** What the section that begins at a byte of a file is, or null at the file's end. Reads all of it. Throws Damage. */
export function sectionAt(path: string, offset: number): (SpaceFrame & { bytes: number }) | null {
  expectRegular(path);
  const { size } = fs.statSync(path);
  if (offset >= size) return null;
  let first: SpaceFrame | null = null;
  let bytes = 0;
  for (const body of framesFrom(path, offset, size - offset)) {
    const frame = headOf(body, path, offset);
    if ((frame === null) === (first === null)) throw new Damage(`${path}: no whole snapshot begins at byte ${offset}`);
    if (frame !== null) first = { ...frame, name: frame.name.slice() };
    bytes += body.length + CHECKSUM_BYTES;
  }
  return { ...first!, bytes };
}

/** What a body says if it is a section's first. Throws Damage when that makes no sense. */
function headOf(body: Uint8Array, path: string, offset: number): SpaceFrame | null {
  try {
    const head = readSpaceFrame(body);
    if (head === null || (isCount(head.id, MOST_SPACES) && isCount(head.sequence, MOST_OPS))) return head;
    throw new BadFrame("its first frame makes no sense");
  } catch (error) {
    throw damageIn(error, path, offset);
  }
}

function damageIn(error: unknown, path: string, offset: number): unknown {
  if (error instanceof NewerFrame) {
    const where = `${path}: the snapshot at byte ${offset} can't be read`;
    return new HnswError("PATH_FOREIGN", `${where}: ${error.message}; use that version.`);
  }
  if (!(error instanceof BadFrame)) return error;
  return new Damage(`${path}: in the snapshot at byte ${offset}, ${error.message}`);
}

/** One line on a registered snapshot that is damaged. */
export function snapshotProblem(damage: Damage, space: number, partition: number): string {
  return `${damage.message} (space ${space} of partition ${partition})`;
}

/** Throws NewerFrame for a frame that must not be skipped. */
function expectKnown(body: Uint8Array): void {
  isForNewer(kindOf(body));
}

/** Frames from a byte of a file to the end of a section, which must come within `most` bytes. */
export function* framesFrom(path: string, offset: number, most: number): Generator<Uint8Array> {
  let file: number;
  try {
    file = openRegular(path, fs.constants.O_RDONLY);
  } catch (error) {
    throw error instanceof Damage ? error : new Damage(`${path} is missing`);
  }
  try {
    const buffer = new Uint8Array(Math.min(most, BUFFER_BYTES));
    const splitter = new FrameSplitter();
    for (let at = 0; at < most; ) {
      const read = fs.readSync(file, buffer, 0, Math.min(buffer.length, most - at), offset + at);
      if (read === 0) break;
      at += read;
      for (const frame of splitter.push(buffer.subarray(0, read))) {
        checkFrame(frame, hash);
        expectKnown(frame.body);
        yield frame.body;
        if (kindOf(frame.body) === FRAME_END) return;
      }
    }
    throw new Damage(`${path} ends in the middle of the snapshot at byte ${offset}`);
  } catch (error) {
    throw damageIn(error, path, offset);
  } finally {
    fs.closeSync(file);
  }
}
