/*
 * How do ops get from shared memory to the disk? Through a ring per partition, in the order of their acceptance.
 *
 *   accept  ──► writes the entry beyond the head, where no reader looks; the op's commit moves head and sequence number
 *   journal ──► reads [tail, head), writes it to the disk as one group, moves the tail
 *
 * Under the partition lock, except what lies between tail and head: that does not change until the tail has passed. A
 * group's bytes are the ring's bytes: it holds a copy of the vector, so a slot may be freed at any time.
 *
 *   entry    [bytes u32][kind u32][space id u32][key header u32][vector f32 …][row][key bytes, padded to 4]
 *
 * An entry may lie across the ring's end; its words do not.
 */
import {
  E_BUSY, E_JOURNAL_FULL, E_JOURNAL_STUCK, E_MEMORY, E_ROW_LARGE, INFO_SEQUENCE, INTENT_HEAD, INTENT_SEQUENCE, JOURNAL_OPEN,
  J_HEADER, KEY_LENGTH, OK, P_DURABLE, P_INTENT, P_JOURNAL_BLOCK, P_JOURNAL_BYTES, P_JOURNAL_HEAD, P_JOURNAL_RING,
  P_JOURNAL_STATE, P_JOURNAL_TAIL, P_LIMIT, P_NEXT_SPACE_ID, P_SEQUENCE, S_CHANGED,
} from "../layout";
import { allocate } from "../memory/arena";
import { lockPartition, unlocked } from "../memory/locks";
import { info, info64 } from "../memory/scratch";
import { copyBytes, padded } from "../memory/words";

const LARGEST_RING: u32 = 8 << 20;
const SMALLEST_RING: u32 = 64 << 10; // a few of the largest entries

let ring: usize = 0, mask: u32 = 0;
let nextHead: u64 = 0; // the head once the entry that was written last counts

/** Whether there is room for an entry of that size with such a key: OK or why not. Partition lock held. */
export function journalRoom(vectorBytes: u32, rowBytes: u32, header: u32): i32 {
  if (load<u32>(P_JOURNAL_RING) == 0) return OK;
  if (load<u32>(P_JOURNAL_STATE) != JOURNAL_OPEN) return E_JOURNAL_STUCK;
  const used = <u32>(load<u64>(P_JOURNAL_HEAD) - atomic.load<u64>(P_JOURNAL_TAIL));
  const bytes = entryBytes(vectorBytes + rowBytes, header);
  if (bytes > load<u32>(P_JOURNAL_BYTES) >>> 1) return E_ROW_LARGE; // the others have to get through
  return used + bytes <= load<u32>(P_JOURNAL_BYTES) ? OK : E_JOURNAL_FULL;
}

function entryBytes(otherBytes: u32, header: u32): u32 {
  return J_HEADER + otherBytes + padded(header & KEY_LENGTH);
}

/** Writes an entry beyond the head, for which `journalRoom` found room. Partition lock held. */
export function writeEntry(
  kind: u32, space: u32, header: u32, key: usize, vector: usize, vectorBytes: u32, row: usize, rowBytes: u32,
): void {
  nextHead = load<u64>(P_JOURNAL_HEAD);
  ring = load<u32>(P_JOURNAL_RING);
  if (ring == 0) return;
  mask = load<u32>(P_JOURNAL_BYTES) - 1;
  word(entryBytes(vectorBytes + rowBytes, header));
  word(kind);
  word(space);
  word(header);
  bytes(vector, vectorBytes);
  bytes(row, rowBytes);
  const keyBytes = header & KEY_LENGTH;
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

/** `writeEntry`, `intendEntry` and `commitEntry` at once, for ops of only a few stores. */
export function appendEntry(space: usize, kind: u32, id: u32, header: u32, key: usize): void {
  writeEntry(kind, id, header, key, 0, 0, 0, 0);
  intendEntry();
  commitEntry(space);
}

/** INFO_SEQUENCE: the number of the partition's last op. Once that is durable, so is what the call did or saw. */
export function reportSequence(): void {
  info64(INFO_SEQUENCE, load<u64>(P_SEQUENCE));
}

// ── for the journal ─────────────────────────────────────────────────────────────────────────────────────────────────

function join(low: u32, high: u32): u64 {
  return <u64>low | (<u64>high << 32);
}

/** Takes the memory that the journal will need, before anything else can. OK, E_MEMORY or E_BUSY. */
export function reserveJournal(): i32 {
  if (!lockPartition()) return E_BUSY;
  let size = LARGEST_RING;
  while (size > SMALLEST_RING && size > load<u32>(P_LIMIT) >>> 4) size >>>= 1;
  const block = allocate(size, 0);
  store<u32>(P_JOURNAL_BLOCK, <u32>block);
  store<u32>(P_JOURNAL_BYTES, size);
  return unlocked(block == 0 ? E_MEMORY : OK);
}

/** From now on ops are journalled; all before are on the disk. OK or E_BUSY. */
export function openJournal(): i32 {
  if (!lockPartition()) return E_BUSY;
  store<u64>(P_DURABLE, load<u64>(P_SEQUENCE));
  store<u32>(P_JOURNAL_RING, load<u32>(P_JOURNAL_BLOCK));
  return unlocked(OK);
}

/** X_INFO: tail, head, numbers of the last durable op and of the last op (two words each), ring, its bytes. */
export function journalWaiting(): i32 {
  if (!lockPartition()) return E_BUSY;
  info64(0, load<u64>(P_JOURNAL_TAIL));
  info64(2, load<u64>(P_JOURNAL_HEAD));
  info64(4, load<u64>(P_DURABLE));
  info64(6, load<u64>(P_SEQUENCE));
  info(8, load<u32>(P_JOURNAL_RING));
  info(9, load<u32>(P_JOURNAL_BYTES));
  return unlocked(OK);
}

/** What `journalWaiting` reported, up to that head and number, is on the disk. */
export function journalWritten(headLow: u32, headHigh: u32, sequenceLow: u32, sequenceHigh: u32): void {
  store<u64>(P_DURABLE, join(sequenceLow, sequenceHigh));
  atomic.store<u64>(P_JOURNAL_TAIL, join(headLow, headHigh));
}

/** JOURNAL_OPEN or JOURNAL_STUCK. */
export function setJournalState(state: u32): void {
  atomic.store<u32>(P_JOURNAL_STATE, state);
}

/** During recovery: the next op gets this number, the next new space this id. */
export function setNext(sequenceLow: u32, sequenceHigh: u32, spaceId: u32): void {
  store<u64>(P_SEQUENCE, join(sequenceLow, sequenceHigh) - 1);
  store<u32>(P_NEXT_SPACE_ID, spaceId);
}

/** The id that the next new space gets. */
export function nextSpaceId(): u32 {
  return load<u32>(P_NEXT_SPACE_ID);
}
