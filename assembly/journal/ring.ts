/*
 * How do ops get from shared memory to the disk? Through a ring per partition, in the order in which they were
 * accepted.
 *
 *   accept  ──► writes the entry beyond the head, where nobody looks; the op's commit moves head and sequence number
 *   journal ──► reads [tail, head), writes it to the disk as one group, moves the tail
 *
 * Under the partition lock, but for what lies between tail and head: that does not change until the tail has passed.
 * The vector is copied into the ring: so a slot may be reclaimed or a space dropped at any time, and a group's bytes
 * are the ring's bytes.
 *
 *   entry    [bytes u32][kind u32][space id u32][key header u32][vector f32 …][key bytes, padded to 4]
 *
 * An entry may lie across the ring's end; its words do not.
 */
import {
  E_BUSY, E_JOURNAL_FULL, E_JOURNAL_STUCK, E_MEMORY, INFO_SEQUENCE, INTENT_HEAD, INTENT_SEQUENCE, JOURNAL_OPEN,
  J_HEADER, OK, P_BUDGET, P_DURABLE, P_INTENT, P_JOURNAL_BLOCK, P_JOURNAL_BYTES, P_JOURNAL_HEAD, P_JOURNAL_RING,
  P_JOURNAL_STATE, P_JOURNAL_TAIL, P_LOCK, P_NEXT_SPACE_ID, P_SEQUENCE, SEAT_HELD_PARTITION, S_CHANGED,
} from "../layout";
import { allocate } from "../memory/arena";
import { info } from "../memory/scratch";
import { release, tryAcquire } from "../memory/locks";
import { copyBytes } from "../memory/words";

const LARGEST_RING: u32 = 8 << 20;
const SMALLEST_RING: u32 = 64 << 10; // a few of the largest entries

let ring: usize = 0;
let mask: u32 = 0;
/** The head once the entry that was written last counts. */
let nextHead: u64 = 0;

/** Whether an entry with so many bytes of vector and such a key can be written: OK or why not. Partition lock held. */
export function journalRoom(vectorBytes: u32, header: u32): i32 {
  if (load<u32>(P_JOURNAL_RING) == 0) return OK;
  if (load<u32>(P_JOURNAL_STATE) != JOURNAL_OPEN) return E_JOURNAL_STUCK;
  const used = <u32>(load<u64>(P_JOURNAL_HEAD) - atomic.load<u64>(P_JOURNAL_TAIL));
  return used + entryBytes(vectorBytes, header) <= load<u32>(P_JOURNAL_BYTES) ? OK : E_JOURNAL_FULL;
}

function entryBytes(vectorBytes: u32, header: u32): u32 {
  return J_HEADER + vectorBytes + (((header & 0xffffff) + 3) & ~3);
}

/** Writes an entry beyond the head, for which `journalRoom` found room. Partition lock held. */
export function writeEntry(kind: u32, space: u32, header: u32, key: usize, vector: usize, vectorBytes: u32): void {
  nextHead = load<u64>(P_JOURNAL_HEAD);
  ring = load<u32>(P_JOURNAL_RING);
  if (ring == 0) return;
  mask = load<u32>(P_JOURNAL_BYTES) - 1;
  word(entryBytes(vectorBytes, header));
  word(kind);
  word(space);
  word(header);
  bytes(vector, vectorBytes);
  const keyBytes = header & 0xffffff;
  bytes(key, keyBytes);
  for (let i = keyBytes; i & 3; i++) {
    store<u8>(ring + (<u32>nextHead & mask), 0);
    nextHead++;
  }
}

function word(value: u32): void {
  store<u32>(ring + (<u32>nextHead & mask), value);
  nextHead += 4;
}

function bytes(from: usize, count: u32): void {
  const at = <u32>nextHead & mask;
  const first = min<u32>(count, mask + 1 - at);
  copyBytes(ring + at, from, first);
  copyBytes(ring, from + first, count - first);
  nextHead += count;
}

/** Notes in the intent what `commitEntry` will publish. */
export function intendEntry(): void {
  store<u64>(P_INTENT + INTENT_HEAD, nextHead);
  store<u64>(P_INTENT + INTENT_SEQUENCE, load<u64>(P_SEQUENCE) + 1);
}

/** Numbers the intended op and hands its entry to the journal. Can be done again. */
export function commitEntry(space: usize): void {
  const sequence = load<u64>(P_INTENT + INTENT_SEQUENCE);
  store<u64>(P_JOURNAL_HEAD, load<u64>(P_INTENT + INTENT_HEAD));
  store<u64>(P_SEQUENCE, sequence);
  store<u64>(space + S_CHANGED, sequence);
}

/** `writeEntry`, `intendEntry` and `commitEntry` at once, for ops that are no more than a few stores. */
export function appendEntry(space: usize, kind: u32, id: u32, header: u32, key: usize): void {
  writeEntry(kind, id, header, key, 0, 0);
  intendEntry();
  commitEntry(space);
}

/** Tells the caller the number of the partition's last op: once that is durable, so is what the call did or saw. */
export function tellSequence(): void {
  const sequence = load<u64>(P_SEQUENCE);
  info(INFO_SEQUENCE, <u32>sequence);
  info(INFO_SEQUENCE + 1, <u32>(sequence >> 32));
}

// ── for the journal ─────────────────────────────────────────────────────────────────────────────────────────────────

function join(low: u32, high: u32): u64 {
  return <u64>low | (<u64>high << 32);
}

/** Takes the memory that the journal will need, before anything else can. OK, E_MEMORY or E_BUSY. */
export function reserveJournal(): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  let size = LARGEST_RING;
  while (size > SMALLEST_RING && size > load<u32>(P_BUDGET) >>> 4) size >>>= 1;
  const block = allocate(size, 0);
  store<u32>(P_JOURNAL_BLOCK, <u32>block);
  store<u32>(P_JOURNAL_BYTES, size);
  release(P_LOCK, SEAT_HELD_PARTITION);
  return block == 0 ? E_MEMORY : OK;
}

/** From now on ops are journalled; the last one before is on the disk. OK or E_BUSY. */
export function openJournal(): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  store<u64>(P_DURABLE, load<u64>(P_SEQUENCE));
  store<u32>(P_JOURNAL_RING, load<u32>(P_JOURNAL_BLOCK));
  release(P_LOCK, SEAT_HELD_PARTITION);
  return OK;
}

/** X_INFO: tail, head, number of the last durable op, of the last op (two words each, low first), ring, its bytes. */
export function journalWaiting(): i32 {
  if (!tryAcquire(P_LOCK, SEAT_HELD_PARTITION)) return E_BUSY;
  inTwo(0, load<u64>(P_JOURNAL_TAIL));
  inTwo(2, load<u64>(P_JOURNAL_HEAD));
  inTwo(4, load<u64>(P_DURABLE));
  inTwo(6, load<u64>(P_SEQUENCE));
  info(8, load<u32>(P_JOURNAL_RING));
  info(9, load<u32>(P_JOURNAL_BYTES));
  release(P_LOCK, SEAT_HELD_PARTITION);
  return OK;
}

function inTwo(at: u32, value: u64): void {
  info(at, <u32>value);
  info(at + 1, <u32>(value >> 32));
}

/** What `journalWaiting` told of up to that head is on the disk. */
export function journalWritten(headLow: u32, headHigh: u32, sequenceLow: u32, sequenceHigh: u32): void {
  store<u64>(P_DURABLE, join(sequenceLow, sequenceHigh));
  atomic.store<u64>(P_JOURNAL_TAIL, join(headLow, headHigh));
}

/** JOURNAL_OPEN or JOURNAL_STUCK. */
export function setJournalState(state: u32): void {
  atomic.store<u32>(P_JOURNAL_STATE, state);
}

/** During recovery: the next op has this number, the next new space this id. */
export function setNext(sequenceLow: u32, sequenceHigh: u32, spaceId: u32): void {
  store<u64>(P_SEQUENCE, join(sequenceLow, sequenceHigh) - 1);
  store<u32>(P_NEXT_SPACE_ID, spaceId);
}

/** The id that the next new space gets. */
export function nextSpaceId(): u32 {
  return load<u32>(P_NEXT_SPACE_ID);
}
