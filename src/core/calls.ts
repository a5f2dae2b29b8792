/*
 * What can the core be asked to do? Each function is one call of the core (assembly/abi) through a seat. What it needs
 * beside its arguments lies in the seat's scratch: a key or name (`seat.putKey`), vectors (`seat.putVector`). A call
 * returns what it found, or a status: one of OK … E_MORE of assembly/layout.ts.
 */
import { BY_BEAM, CENSUS_MOVED, E_BUSY, E_FOREIGN, NOT_FOUND, OK, OP_UNITS } from "../../assembly/layout.ts";
import type { KeyHeader } from "../values/keys.ts";
import type { Hit } from "../values/reports.ts";
import { AGAIN, type Refusal } from "./retry.ts";
import type { RankedHit, Seat } from "./seat.ts";
import type { SpaceAt } from "./spaces.ts";

export * from "./recall.ts";
export * from "./retry.ts";
export * from "./rows.ts";
export * from "./spaces.ts";

/** As the time of a call: nothing has expired. */
export const NEVER = -1;
const WORD = 2 ** 32;
const GOES_ON = 1; // status of a census

// ── vectors of a space ───────────────────────────────────────────────────────────────────────────────────────────────
/** The first bad one among the first `count` vectors of the intake and the refusal of it, or null. */
export function checkVectors(seat: Seat, count: number) {
  const refusal = seat.core.checkVectors(count);
  return refusal === OK ? null : { refusal, index: seat.infoAt(1) };
}

/**
 * Adds vector `index` of the intake under the key in scratch, or replaces the one there. `promised`: bytes of a
 * reservation that it may use; `row`: of the row in the row buffer, 0: none. OK, OK_WAKE when its home's worker has something new to do, or a refusal.
 */
export function add(seat: Seat, space: SpaceAt, key: KeyHeader, index = 0, promised = 0, row = 0): number {
  return seat.core.add(space.address, space.incarnation, key, index, promised, row);
}

/** Deletes the key in scratch. OK, OK_WAKE as from `add`, NOT_FOUND (also when it has expired) or a refusal. */
export function remove(seat: Seat, space: SpaceAt, key: KeyHeader, now = NEVER): number {
  return seat.core.remove(space.address, space.incarnation, key, now);
}

/** The vector under the key in scratch, or undefined. */
export function get(seat: Seat, space: SpaceAt, key: KeyHeader, now = NEVER): Float32Array | undefined | Refusal {
  const status = seat.core.get(space.address, space.incarnation, key, 1, now);
  if (status === OK) return seat.infoAt(0) === 0 ? undefined : seat.takeVector();
  return status === NOT_FOUND ? undefined : status;
}

/** Whether the key in scratch is there. */
export function has(seat: Seat, space: SpaceAt, key: KeyHeader, now = NEVER): boolean | Refusal {
  const status = seat.core.get(space.address, space.incarnation, key, 0, now);
  return status < 0 ? status : status === OK;
}

/**
 * Sets memory aside for `count` more vectors with `keyBytes` of encoded keys, and offers them to be linked together, `portion`
 * at a time (0: each by itself). After OK the bytes `needed` are promised, and `offer` is the number of the offer or 0; after
 * E_MEMORY only `available` are free.
 */
export function reserve(seat: Seat, space: SpaceAt, count: number, keyBytes: number, rowBytes = 0, portion = 0) {
  const status = seat.core.reserve(space.address, space.incarnation, count, keyBytes, rowBytes, portion);
  return { status, needed: seat.infoAt(0), available: seat.infoAt(1), offer: status === OK ? seat.infoAt(2) : 0 };
}

/** Gives bytes of a reservation back, and ends its offer. OK, OK_WAKE or E_BUSY. */
export function unreserve(seat: Seat, bytes: number, space: SpaceAt, offer: number): number {
  return seat.core.unreserve(bytes, space.address, space.incarnation, offer);
}

// ── searches ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** The k nearest to the first vector of the intake, nearest first. `beam`: BY_BEAM or IN_F32. */
export function search(
  seat: Seat,
  space: SpaceAt,
  k: number,
  ef: number,
  now = NEVER,
  beam = BY_BEAM,
): Hit[] | Refusal {
  const count = seat.core.search(space.address, space.incarnation, k, ef, beam, now);
  if (count < 0) return count;
  try {
    return seat.readHits(count);
  } finally {
    seat.core.endSearch();
  }
}

// ── scans of all that a space held at one moment, in pieces ──────────────────────────────────────────────────────────
/** Some slots of a scan: those of a generation from `from` to before `to`. `version`: its moment, two words. */
export interface Piece {
  generation: number;
  from: number;
  to: number;
  version: readonly [low: number, high: number];
}

/** Begins a scan. Returns everything as one or two pieces, to be cut up; until `endScan` the seat can't begin another. */
export function startScan(seat: Seat, { address, incarnation }: SpaceAt): Piece[] | Refusal {
  const status = seat.core.startScan(address, incarnation);
  if (status !== OK) return status;
  const version = [seat.infoAt(0), seat.infoAt(1)] as const;
  const emptying = { generation: seat.infoAt(2), from: seat.infoAt(3), to: seat.infoAt(4), version };
  const current = { generation: seat.infoAt(5), from: 0, to: seat.infoAt(6), version };
  return [emptying, current];
}

/** The k nearest of a piece to the first vector of the intake, nearest first; with k = 0 all, in the order of slots. */
export function scanPiece(seat: Seat, piece: Piece, k: number, now = NEVER): RankedHit[] | Refusal {
  const { generation, from, to, version } = piece;
  const count = seat.core.scanPiece(generation, from, to, ...version, k, now);
  return count < 0 ? count : seat.readRanked(count);
}

/** Hits of one piece or several, as a search returns them. */
export function withDistances(seat: Seat, hits: RankedHit[]): Hit[] {
  return hits.map(({ key, rank }) => ({ key, distance: seat.isDot ? Math.fround(1 + rank) : rank }));
}

export const endScan = (seat: Seat) => void seat.core.endScan();

// ── linking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Ops of a home that no worker has claimed yet. */
export function depthOf(seat: Seat, home: number): number {
  return Math.max(0, seat.core.depthOf(home)); // below 0 for a moment when a claim is counted before its op
}

/**
 * Claims up to `most` ops of a home's queue, or a whole portion if one is next; `compact`: steps of compactions too;
 * `singly`: that portion's ops are linked one by one like any others. Returns how many.
 */
export function claim(seat: Seat, home: number, most: number, compact: boolean, singly = false): number {
  return seat.core.claim(home, most, compact ? 1 : 0, singly ? 1 : 0);
}

/** Whether another seat links a portion that this one could help with; as far as can be seen without a lock. */
export const canHelp = (seat: Seat) => seat.core.canHelp() !== 0;

/** Joins such a bulk; the seat has no claims. False where there is none any more, or no memory. `link` goes on with it. */
export const joinBulk = (seat: Seat) => seat.core.joinBulk() !== 0;

/** Whether the seat has claims left, perhaps from a worker that sat there before. */
export const hasClaims = (seat: Seat) => seat.core.hasClaims() !== 0;

export type Linked = ReturnType<typeof link>;

/** Works off up to `most` ops of the seat's claims. `moved`: steps of compactions; `effort`: what it took, also for
 * a portion of which nothing is linked yet, in ordinary inserts; `more`: whether claims are left. */
export function link(seat: Seat, most: number) {
  return {
    more: seat.core.link(most) !== 0,
    linked: seat.infoAt(0),
    moved: seat.infoAt(1),
    effort: seat.infoAt(2) / OP_UNITS,
  };
}

/** Mends what a repair had to leave, and frees memory that its last reader has left. Whether some still waits for one. */
export const tidy = (seat: Seat) => seat.core.tidy() !== 0;

/** The space after the one at `address` (0: the first) with something to link or to move, or null. */
export function nextUnlinked(seat: Seat, address: number): SpaceAt | null {
  return seat.core.nextUnlinked(address) === 0 ? null : { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
}

/** Whether what a space had accepted by the mark of that number is linked, or it was dropped; 0: by now, with its mark. */
export function isLinked(seat: Seat, { address, incarnation }: SpaceAt, mark: number) {
  const status = seat.core.isLinked(address, incarnation, mark);
  return status < 0 ? AGAIN : { isLinked: status === 1, mark: seat.infoAt(0) };
}

// ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Starts a census; without `always` only if something was linked since the last one. Returns whether there is any. */
export function startCensus(seat: Seat, { address, incarnation }: SpaceAt, always: boolean): boolean | Refusal {
  const status = seat.core.startCensus(address, incarnation, always ? 1 : 0);
  return status < 0 ? status : status === GOES_ON;
}

/**
 * Goes on for about `nodes` nodes, and links again what it does not reach. `missing`: slots not reached so far;
 * `unmended`: those of them that could not be linked again; `moved`: a compaction has moved the slots.
 */
export function continueCensus(seat: Seat, nodes: number) {
  const status = seat.core.continueCensus(nodes, 1);
  if (status < 0) return status;
  const [missing, unmended] = [seat.infoAt(0), seat.infoAt(2)];
  return { goesOn: status === GOES_ON, moved: status === CENSUS_MOVED, missing, unmended };
}

/** Gives up the census that runs. Its memory is given back now or, when a lock is taken, by the next one. */
export const endCensus = (seat: Seat) => void seat.core.startCensus(0, 0, 0);

/** Stands for what all spaces of a partition share. */
export const PARTITION: SpaceAt = { address: 0, incarnation: 0 };

/**
 * Goes on with the check of a space (or PARTITION), or begins it, for `slots` slots (0: all). The first promise that it
 * breaks, by its number in assembly/upkeep/check.ts or 0, and where; `isWhole`: it was quiet enough to look at counts and
 * chains, too. E_MORE when there are more slots.
 */
export function check(seat: Seat, { address, incarnation }: SpaceAt, slots = 0) {
  const promise = seat.core.check(address, incarnation, slots);
  if (promise < 0) return promise;
  const [slot, level, position] = [seat.infoAt(0), seat.infoAt(1), seat.infoAt(2)];
  return { promise, slot, level, position, isWhole: seat.infoAt(3) !== 0 };
}

// ── a partition and its seats ────────────────────────────────────────────────────────────────────────────────────────
/** Bytes that the partition's blocks take, and may take. */
export function partitionInfo(seat: Seat) {
  seat.core.partitionInfo();
  return { used: seat.infoAt(0), limit: seat.infoAt(2) };
}

/** Hash of the name in scratch: it chooses the space's partition and home. */
export const hashName = (seat: Seat, name: KeyHeader) => seat.core.hashName(name) >>> 0;
/** Repairs what a trap, or the end of a thread, left in seat `number`. Returns whether that completed an op. */
export const repairSeat = (seat: Seat, number = seat.number) => seat.core.repairSeat(number) === 1;
/** Makes every thread that waits for a lock trap: its owner is dead, and the index is being closed. */
export const abandon = (seat: Seat) => void seat.core.abandon();
/** Lets ops take the memory that is kept back for repairs and readers, or no longer. */
export const useReserve = (seat: Seat, use: boolean) => void seat.core.useReserve(use ? 1 : 0);
/** Tests only: the seat's next call but `countdown` traps at that point of a debug build. 0: none does. */
export const armFault = (seat: Seat, point: number, countdown: number) => void seat.core.armFault(point, countdown);

// ── the journal's ring ───────────────────────────────────────────────────────────────────────────────────────────────
export type JournalRing = Exclude<ReturnType<typeof journalRing>, typeof AGAIN>;

/** Takes the memory that the journal will need. OK, E_MEMORY or E_BUSY. */
export const reserveJournal = (seat: Seat) => seat.core.reserveJournal();
/** Ops are journalled from here on; those before are on the disk. OK or E_BUSY. */
export const openJournal = (seat: Seat) => seat.core.openJournal();

/** Address and bytes of the ring, bytes ever written to it (`head`) and to the disk (`tail`), numbers of last ops. */
export function journalRing(seat: Seat) {
  if (seat.core.journalWaiting() !== OK) return AGAIN;
  const [tail, head] = [seat.wideInfoAt(0), seat.wideInfoAt(2)];
  const [durable, last] = [seat.wideInfoAt(4), seat.wideInfoAt(6)];
  return { ring: seat.infoAt(8), size: seat.infoAt(9), head, tail, last, durable };
}

/** Everything up to `head`, with the op of that number as its last, is on the disk. */
export function journalWritten(seat: Seat, head: number, last: number): void {
  seat.core.journalWritten(head % WORD, Math.floor(head / WORD), last % WORD, Math.floor(last / WORD));
}

/** JOURNAL_OPEN, or JOURNAL_STUCK: no op is accepted. */
export const setJournalState = (seat: Seat, state: number) => void seat.core.setJournalState(state);

/** The next op gets the number `sequence`, the next new space the id `space`. */
export function setNext(seat: Seat, sequence: number, space: number): void {
  seat.core.setNext(sequence % WORD, Math.floor(sequence / WORD), space);
}

/** The id that the next new space gets. */
export const nextSpaceId = (seat: Seat) => seat.core.nextSpaceId() >>> 0;

// ── frames of snapshots, by way of the seat's intake ─────────────────────────────────────────────────────────────────
/** Takes the cut of a space. Returns the number of its last op. Until `endSnapshot` the seat only reads its frames. */
export function startSnapshot(seat: Seat, { address, incarnation }: SpaceAt): number | Refusal {
  const status = seat.core.startSnapshot(address, incarnation);
  return status === OK ? seat.wideInfoAt(1) : status;
}

/** Writes the next frame to the intake. Returns its bytes, 0 after the last; E_MORE: there is more to look at before it. */
export const nextFrame = (seat: Seat): number | Refusal => seat.core.nextFrame();
/** Gives back what `startSnapshot` took. OK or E_BUSY. */
export const endSnapshot = (seat: Seat) => seat.core.endSnapshot();

/**
 * Loads the frame in the intake; `first`: a new space begins, with that home. OK, E_BROKEN or E_MEMORY, and where the
 * space is (address 0: nowhere); or E_FOREIGN. `what` is wrong: a BROKEN_*, of `slot`; the offset of the setting that
 * differs. E_MORE: there is more to look at, call again before anything else.
 */
export function loadFrame(seat: Seat, home: number, first: boolean) {
  const status = seat.core.loadFrame(home, first ? 1 : 0);
  if (status === E_BUSY) return AGAIN;
  if (status === E_FOREIGN) return { status, space: { address: 0, incarnation: 0 }, what: seat.infoAt(0), slot: 0 };
  const space = { address: seat.infoAt(0), incarnation: seat.infoAt(1) };
  return { status, space, what: seat.infoAt(2), slot: seat.infoAt(3) };
}

export type LoadedFrame = Exclude<ReturnType<typeof loadFrame>, typeof AGAIN>;

/** xxHash64 of the first `bytes` of the intake. */
export function hashIntake(seat: Seat, bytes: number): bigint {
  seat.core.hashIntake(bytes);
  return BigInt(seat.infoAt(0)) | (BigInt(seat.infoAt(1)) << 32n);
}
