/* Which spaces are in a partition, and what is known of each? */
import * as layout from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";
import { decodeKey, type KeyHeader } from "../values/keys.ts";
import type { SpaceStats } from "../values/reports.ts";
import { AGAIN, insist, type Refusal } from "./retry.ts";
import type { Seat } from "./seat.ts";

/**
 * Numbers that a partition gives to spaces stay below; journal and snapshots name them so. A few threads that come there at
 * once may pass it: see MOST_SPACES in journal/log.ts.
 */
export const SPACES_MADE = 2 ** 30;

/** Where a space's header is, and which of the spaces that it has served. */
export interface SpaceAt {
  address: number;
  incarnation: number;
}

/** A space as a thread that works on it knows it. */
export interface SpaceRef extends SpaceAt {
  seat: Seat;
  partition: number;
  home: number;
}

/** A space as a list of them shows it. */
export interface FoundSpace extends SpaceAt {
  name: string;
  /** Names it in the journal. */
  id: number;
  /** Numbers of the op that made it and of its last one. */
  created: number;
  changed: number;
  /** Not a graph that is searched in f32. */
  goesByCodes: boolean;
}

/** What the core knows of a space, of what `stats` says. */
export type SpaceFigures = Omit<SpaceStats, "ef" | "recall"> & SpaceAt;

/** The space whose name is in scratch, or null. */
export function findSpace(seat: Seat, name: KeyHeader): SpaceAt | null | typeof AGAIN {
  const status = seat.core.openSpace(name, 0, 0);
  if (status === layout.NOT_FOUND) return null;
  return status === layout.OK ? spaceIn(seat) : AGAIN;
}

/** The same; makes it if there is none, with that home. Throws OUT_OF_MEMORY when no number is left for it. */
export function makeSpace(seat: Seat, name: KeyHeader, home: number): SpaceAt | Refusal {
  if (seat.core.nextSpaceId() >>> 0 >= SPACES_MADE) {
    const found = findSpace(seat, name);
    if (found !== null) return found;
    const why = `its partition has made ${SPACES_MADE.toLocaleString("en")} of them, and gives no number twice`;
    throw new HnswError("OUT_OF_MEMORY", `There is no number left for another space: ${why}. Open another index.`);
  }
  const status = seat.core.openSpace(name, home, 1);
  return status === layout.OK ? spaceIn(seat) : status;
}

function spaceIn(seat: Seat): SpaceAt {
  return { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
}

/** OK, E_STALE when it was dropped before, or another refusal. */
export function dropSpace(seat: Seat, { address, incarnation }: SpaceAt): number {
  return seat.core.dropSpace(address, incarnation);
}

/** Reads a record of the intake that begins at byte `at`. */
type Read<T> = (words: Uint32Array, bytes: Uint8Array, at: number) => T;

/** Some of the spaces after the one at `address` (0: from the first on); none behind the last. */
export function spacesAfter(seat: Seat, address: number): FoundSpace[] | typeof AGAIN {
  const found: FoundSpace[] = [];
  return readAfter(seat, address, found, spaceAt) === AGAIN ? AGAIN : found;
}

/** Appends the figures of some of them. Returns the address of the last of these, 0 when there is none. */
export function figuresAfter(
  seat: Seat,
  address: number,
  partition: number,
  to: SpaceFigures[],
): number | typeof AGAIN {
  return readAfter(seat, address, to, (words, bytes, at) => readFigures(words, bytes, at, partition));
}

/** Every space of a partition, for callers that can't wait. Throws TIMEOUT when its lock is not free for a second. */
export const spacesOf = (seat: Seat) => readAll(seat, spaceAt);
/** Their names, and their figures. */
export const namesOf = (seat: Seat) => readAll(seat, nameAt);
export const figuresOf = (seat: Seat, partition: number) =>
  readAll(seat, (words, bytes, at) => readFigures(words, bytes, at, partition));

/** The figures of one space. E_STALE when it was dropped, or AGAIN. */
export function figuresAt(seat: Seat, { address, incarnation }: SpaceAt, partition: number): SpaceFigures | Refusal {
  const status = seat.core.describeSpace(address, incarnation);
  if (status !== layout.OK) return status;
  const bytes = seat.intakeBytes;
  return readFigures(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2), bytes, 0, partition);
}

function readAll<T>(seat: Seat, read: Read<T>): T[] {
  const all: T[] = [];
  let last = 0;
  do last = insist(() => readAfter(seat, last, all, read));
  while (last !== 0);
  return all;
}

/** Reads what `listSpaces` finds. Returns the address of the last space, 0 when there is none. */
function readAfter<T>(seat: Seat, address: number, to: T[], read: Read<T>): number | typeof AGAIN {
  const count = seat.core.listSpaces(address);
  if (count < 0) return AGAIN;
  const bytes = seat.intakeBytes;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  let last = 0;
  for (let i = 0, at = 0; i < count; i++) {
    to.push(read(words, bytes, at));
    last = words[(at + layout.SP_ADDRESS) >>> 2]!;
    at += words[(at + layout.SP_BYTES) >>> 2]!;
  }
  return last;
}

function nameAt(words: Uint32Array, bytes: Uint8Array, at: number): string {
  return decodeKey(words[(at + layout.SP_NAME) >>> 2]!, bytes, at + layout.SP_HEADER) as string;
}

function readFigures(words: Uint32Array, bytes: Uint8Array, at: number, partition: number): SpaceFigures {
  return {
    address: words[(at + layout.SP_ADDRESS) >>> 2]!,
    incarnation: words[(at + layout.SP_INCARNATION) >>> 2]!,
    name: nameAt(words, bytes, at),
    partition,
    live: words[(at + layout.SP_LIVE) >>> 2]!,
    dead: words[(at + layout.SP_DEAD) >>> 2]!,
    pending: words[(at + layout.SP_PENDING) >>> 2]!,
    bytes: words[(at + layout.SP_STORED) >>> 2]!,
    vectorBytes: words[(at + layout.SP_VECTORS) >>> 2]!,
    graphBytes: words[(at + layout.SP_LINKS) >>> 2]!,
    documentBytes: words[(at + layout.SP_DOCUMENTS) >>> 2]!,
    columnBytes: words[(at + layout.SP_COLUMNS) >>> 2]!,
    dictionaryBytes: words[(at + layout.SP_DICTIONARIES) >>> 2]!,
    kind: words[(at + layout.SP_GRAPH) >>> 2]! === layout.FLAT ? "flat" : "graph",
    beam: words[(at + layout.SP_BEAM) >>> 2]! === layout.BEAM_CODES ? "codes" : "f32",
    compactions: words[(at + layout.SP_COMPACTIONS) >>> 2]!,
    quarantined: words[(at + layout.SP_QUARANTINED) >>> 2]!,
    relinking: words[(at + layout.SP_SUSPECTS) >>> 2]!,
    home: words[(at + layout.SP_HOME) >>> 2]!,
  };
}

function spaceAt(words: Uint32Array, bytes: Uint8Array, at: number): FoundSpace {
  const wide = (offset: number) => words[(at + offset) >>> 2]! + words[(at + offset + 4) >>> 2]! * 2 ** 32;
  return {
    name: nameAt(words, bytes, at),
    address: words[(at + layout.SP_ADDRESS) >>> 2]!,
    incarnation: words[(at + layout.SP_INCARNATION) >>> 2]!,
    id: words[(at + layout.SP_ID) >>> 2]!,
    changed: wide(layout.SP_CHANGED),
    created: wide(layout.SP_CREATED),
    goesByCodes: words[(at + layout.SP_BEAM) >>> 2]! === layout.BEAM_CODES,
  };
}

/** Live vectors, or null when the space was dropped. */
export function liveIn(seat: Seat, { address, incarnation }: SpaceAt): number | null {
  const live = seat.core.liveIn(address, incarnation);
  return live === layout.E_STALE ? null : live;
}
