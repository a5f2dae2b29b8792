/*
 * Where does everything lie in a partition's memory, and how large may it be?
 *
 * Constants only: the core (asc) and `src/` (Bun) both import this file; u32 and i32 are numbers there. Offsets and
 * sizes are in bytes unless the name says otherwise. Every offset has its name here, except those that depend on a
 * partition's settings: memory/settings.ts computes them.
 *
 *   0 ........ 1024   never used (a null pointer stays a null pointer)
 *   HEADER ........   one partition header: settings, arena, space table, run queues, seats
 *   ARENA ... end     blocks handed out by memory/arena.ts
 */

export const ABI_VERSION: u32 = 1;

// ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────
export const MAX_WORKERS: u32 = 64;
export const MAX_SEATS: u32 = 128; // for workers, the opening thread and attached handles
export const MAX_DIMENSIONS: u32 = 4096;
export const MIN_M: u32 = 4, MAX_M: u32 = 64;
export const MAX_KEY_BYTES: u32 = 1024; // encoded, without the tag
export const MAX_NAME_BYTES: u32 = 1040; // of a space: a name as users give it, and in front of it whose it is
export const MAX_PAGES: u32 = 65535; // one below 4 GiB, so that an end pointer never wraps to 0
export const MAX_EF: u32 = 4096; // a wider search scans every slot
export const MAX_LEVEL: u32 = 15;
export const NO_SLOT: u32 = ~0;
export const MAX_CLAIMS: u32 = 256; // ranges that one seat holds at once
export const MAX_FIELDS: u32 = 64; // of rows
export const MAX_ROW_BYTES: u32 = 1 << 24;

// ── partition header ────────────────────────────────────────────────────────────────────────────────────────────────
export const P_MAGIC: u32 = 1024; // "hnsw" once the partition is set up
export const P_STATE: u32 = 1028;
export const P_DIMENSIONS: u32 = 1032, P_METRIC: u32 = 1036, P_M: u32 = 1040;
export const P_EF_CONSTRUCTION: u32 = 1044, P_SEED: u32 = 1048;
export const P_FLAT_BELOW: u32 = 1052; // a space with more live vectors gets a graph
export const P_MAX_PENDING: u32 = 1056; // most ops of a space that are accepted and not yet linked
export const P_CODES: u32 = 1060; // 0: where they pay, 1: never
export const P_LIMIT: u32 = 1064; // most bytes that blocks may take
export const P_USED: u32 = 1068, P_RESERVED: u32 = 1072; // bytes that blocks take, and that addMany calls were promised
export const P_RETIRED: u32 = 1076; // list of generations that wait for their last reader, by G_RETIRED_NEXT
export const P_FREE_SPACES: u32 = 1080; // list of space headers that can be used again, by S_NEXT
export const P_LIVE_SPACES: u32 = 1084;
export const P_SPACE_LIST: u32 = 1088; // list of all space headers, used or free, by S_ALL_NEXT
export const P_KEYS_REPAIR: u32 = 1092; // the key table that is being changed: a repair rebuilds it
export const P_MAX_GRAPH_CHUNKS: u32 = 1096;
export const P_ABANDONED: u32 = 1100; // 1: the index is being closed by force, no thread waits for a lock any more
export const P_SPACE_TABLE: u32 = 1104; // a key table (T_*): space name → space header
export const P_MARK: u32 = 1148; // a random number that tells partitions apart, for tickets (src/workers/tickets.ts)
export const P_LOCK: u32 = 1152; // the partition lock, on a cache line of its own
export const P_EPOCH: u32 = 1216; // the epoch (memory/epochs.ts), on a cache line of its own
export const P_INTENT: u32 = 1280; // INTENT_*: the half-done op that a repair finishes
/* The journal's ring: ops on their way to the disk (journal/ring.ts). */
export const P_JOURNAL_RING: u32 = 3584, P_JOURNAL_BYTES: u32 = 3588; // 0: no op is journalled; a power of two
export const P_JOURNAL_STATE: u32 = 3592, P_NEXT_SPACE_ID: u32 = 3596;
export const P_JOURNAL_HEAD: u32 = 3600; // u64: bytes ever written into the ring
export const P_JOURNAL_TAIL: u32 = 3608; // u64: bytes of them that are on the disk
export const P_SEQUENCE: u32 = 3616; // u64: number of the partition's last op
export const P_DURABLE: u32 = 3624; // u64: number of the last op that is on the disk
export const P_JOURNAL_BLOCK: u32 = 3632; // the ring's memory, allocated before ops are journalled
export const P_SECRET: u32 = 3640; // two u64: what key tables are hashed with, random, in no file
export const P_FIELDS: u32 = 3656; // how many fields rows have
export const P_FIELD_TYPES: u32 = 3660; // FIELD_*, a byte each, of MAX_FIELDS
/* Work of P_BULK_FROM slots and more is linked in portions of at most P_BULK_MOST (space/portions.ts). 0: never. */
export const P_BULK_FROM: u32 = 3724, P_BULK_MOST: u32 = 3728;
export const P_QUEUES: u32 = 4096; // MAX_WORKERS run queues of QUEUE_BYTES
export const P_SEATS: u32 = 8192; // MAX_SEATS seats of SEAT_BYTES
export const ARENA: u32 = 65536;

export const MAGIC: u32 = 0x77736e68, STATE_SOUND: u32 = 1;
export const METRIC_COSINE: u32 = 0, METRIC_L2: u32 = 1, METRIC_DOT: u32 = 2;

// ── intent of an op: written before its first visible store, cleared after its last; each store can be done again ────
export const INTENT_KIND: u32 = 0; // INTENT_NONE, INTENT_ADD, INTENT_DELETE
export const INTENT_SPACE: u32 = 4, INTENT_GENERATION: u32 = 8, INTENT_SLOT: u32 = 12; // where the op writes
export const INTENT_CELL: u32 = 16; // key table cell that is to hold the slot
export const INTENT_OLD: u32 = 20, INTENT_OLD_GENERATION: u32 = 24; // address of the slot that dies, or 0
export const INTENT_HASH: u32 = 28;
export const INTENT_VERSION: u32 = 32; // u64
export const INTENT_HEAD: u32 = 40; // u64: the ring's head once the op is in
export const INTENT_SEQUENCE: u32 = 48; // u64: the op's number
export const INTENT_NONE: u32 = 0, INTENT_ADD: u32 = 1, INTENT_DELETE: u32 = 2, INTENT_MOVE: u32 = 3;
export const INTENT_DROPPED: u32 = 4; // a space was dropped: the op is in, nothing is left to finish

// ── arena: its control block in the partition header, and the header of a block ─────────────────────────────────────
export const A_ROW_COUNT: u32 = 25, A_COLUMN_COUNT: u32 = 16;
export const A_END: u32 = 1408; // address of the closing sentinel
export const A_ROWS: u32 = 1412; // bitmap of rows with a free block
export const A_COLUMNS: u32 = 1416; // A_ROW_COUNT bitmaps of columns with one
export const A_BUSY: u32 = 1516; // 1 while lists are being changed
export const A_HEADS: u32 = 1520; // A_ROW_COUNT × A_COLUMN_COUNT list heads
export const A_CHANGES: u32 = 3120; // how often the blocks have changed
export const BLOCK_HEADER: u32 = 8;
export const BLOCK_SIZE: u32 = 0; // header included, FREE beside it
export const BLOCK_PREVIOUS: u32 = 4; // the block before it in memory
export const BLOCK_NEXT_FREE: u32 = 8, BLOCK_PREVIOUS_FREE: u32 = 12; // in its list, while it is free
export const FREE: u32 = 1;

// ── run queue: the dirty spaces of one home worker in this partition ────────────────────────────────────────────────
export const QUEUE_BYTES: u32 = 64;
export const Q_LOCK: u32 = 0;
export const Q_INBOX: u32 = 4; // spaces pushed by accept; a claim takes all of them
export const Q_HEAD: u32 = 8, Q_TAIL: u32 = 12;
export const Q_DEPTH: u32 = 16; // ops accepted and not yet claimed
export const Q_BROKEN: u32 = 20; // 1 after a trap under the lock, until the list is rebuilt

// ── seat: one thread's place in this partition ──────────────────────────────────────────────────────────────────────
export const SEAT_BYTES: u32 = 128;
export const SEAT_EPOCH: u32 = 0; // 0: parked
export const SEAT_HELD_PARTITION: u32 = 4, SEAT_HELD_QUEUE: u32 = 8; // address of the lock that is held, or 0
export const SEAT_HELD_ENTRY: u32 = 12, SEAT_HELD_NODE: u32 = 16;
export const SEAT_SCRATCH: u32 = 20;
export const SEAT_CLAIMS: u32 = 24; // claim table: MAX_CLAIMS entries of CLAIM_BYTES
export const SEAT_CLAIM_COUNT: u32 = 28, SEAT_CLAIM_NEXT: u32 = 32;
export const SEAT_HELD_GENERATION: u32 = 36; // whose entry or node lock is held
export const SEAT_HELD_SLOT: u32 = 40, SEAT_HELD_LEVEL: u32 = 44;
export const SEAT_RESULTS: u32 = 48, SEAT_RESULTS_CAPACITY: u32 = 52; // the array of hits, and how many it has room for
export const SEAT_BIG_VISITED: u32 = 56;
export const SEAT_LINKING: u32 = 60; // slot + 1 while it is being linked
export const SEAT_TWIN_OF: u32 = 64; // the slot on whose chain it is hung, from before it HANGS on
export const SEAT_PINNED: u32 = 68; // the epoch that a scan in pieces keeps announced between its calls; 0: none

export const SEAT_ROW: u32 = 72, SEAT_ROW_BYTES: u32 = 76; // its buffer for rows and programs
export const SEAT_FILTER: u32 = 80, SEAT_FILTER_BYTES: u32 = 84; // what a filter works in, with its bitmaps
/* Blocks of the bulk that it works on, noted before they are used: what that works in (B_*), and leaders in training (L_*). */
export const SEAT_BULK: u32 = 88, SEAT_LEAVES: u32 = 92;
export const SEAT_BULK_STALE: u32 = 96; // 1 after the thread's end, until `mend` has freed them
/* Portions that it fills (space/portions.ts): the number of its last offer, and up to which they are void. */
export const SEAT_OFFERS: u32 = 100, SEAT_OFFERS_VOID: u32 = 104;
/* What a measurement works in (space/measure.ts), and the epoch that it keeps announced between its calls; 0: none. */
export const SEAT_MEASURE: u32 = 108, SEAT_MEASURE_PINNED: u32 = 112;
/* The bulk of another seat that it helps with (B_*), 0: none; and the block that it does so in (U_*), noted before it is used. */
export const SEAT_HELPS: u32 = 116, SEAT_HELP: u32 = 120;

export const CLAIM_BYTES: u32 = 28;
export const C_SPACE: u32 = 0, C_INCARNATION: u32 = 4;
export const C_SERIAL: u32 = 8; // of the generation; 0: a compaction step instead of a range
export const C_GENERATION: u32 = 12;
export const C_FROM: u32 = 16, C_TO: u32 = 20; // the next slot to link; the first that is not claimed
export const C_BULK: u32 = 24; // CLAIM_*
export const CLAIM_SINGLE: u32 = 0; // its slots are linked one by one
export const CLAIM_BULK: u32 = 1; // it is a portion, to be linked as a whole first
export const CLAIM_ABANDONED: u32 = 2; // its bulk was given up: one by one, and others may know its slots already
export const CLAIM_HELP: u32 = 3; // a portion that another seat has claimed; this one helps as long as SEAT_HELPS says so

// ── space header: never freed, so that a stale address can always be checked by its S_INCARNATION ───────────────────
export const SPACE_BYTES: u32 = 104;
export const S_INCARNATION: u32 = 0; // odd while the space is alive
export const S_HOME: u32 = 4;
export const S_QUEUED: u32 = 8; // 1 while in its home's run queue
export const S_NEXT: u32 = 12; // next in the run queue, or in P_FREE_SPACES
export const S_GENERATIONS: u32 = 16; // u64: the current one in the low half, the one being emptied in the high half
export const S_VERSION: u32 = 24; // u64: ops applied so far
export const S_LIVE: u32 = 32, S_BYTES: u32 = 36;
export const S_NAME: u32 = 40, S_HASH: u32 = 44; // key record
export const S_SERIAL: u32 = 48; // of the newest generation
export const S_ALL_NEXT: u32 = 52;
export const S_WANTS_COMPACTION: u32 = 56; // COMPACT_*
export const S_COMPACTIONS: u32 = 60;
export const S_CENSUS: u32 = 64; // 1 + G_LINKED of the current generation at the last complete census
export const S_ID: u32 = 68; // names the space in the journal; no other space of the partition ever has it
export const S_CHANGED: u32 = 72; // u64: number of its last op
export const S_CREATED: u32 = 80; // u64: number of the op that created it
/* The mark of its last flush (space/marks.ts): its number, and what it comprises. */
export const S_MARK: u32 = 88, S_MARK_SERIAL: u32 = 92, S_MARK_COUNT: u32 = 96, S_MARK_MOVED: u32 = 100;
export const COMPACT_NO: u32 = 0, COMPACT_DEAD: u32 = 1;

// ── generation: one filling of a space ──────────────────────────────────────────────────────────────────────────────
export const GENERATION_BYTES: u32 = 216;
export const G_SERIAL: u32 = 0;
export const G_SPACE: u32 = 4; // 0 once it was dropped: the header may then belong to another space
export const G_STATE: u32 = 8; // FLAT, GRAPH
export const G_COUNT: u32 = 12; // slots accepted
export const G_CLAIMED: u32 = 16; // slots below are claimed by some worker
export const G_FLOOR: u32 = 20; // slots below are linked, skipped or quarantined
export const G_LIVE: u32 = 24, G_DEAD: u32 = 28, G_LINKED: u32 = 32;
export const G_ENTRY: u32 = 36; // slot + 1 of the entry point, 0: the graph is empty
export const G_ENTRY_LOCK: u32 = 40;
export const G_BEAM: u32 = 44; // BEAM_*
export const G_CENTROID: u32 = 48; // its block; behind it the ring of the last RECENT_SLOTS linked slots, then the notes
export const G_OFFSET: u32 = 52; // f32: what a code distance is more than the rank (vectors/metric.ts): |centroid|² under dot
export const G_QUARANTINE: u32 = 56; // slot + 1 of the first quarantined one, the next ones by SLOT_TWIN
export const G_MOVED: u32 = 60; // slots below have left for the next generation
export const G_VECTORS: u32 = 64; // directory of vector chunks (D_*)
export const G_GRAPH: u32 = 68; // directory of graph chunks, 0 while flat
export const G_KEY_TABLE: u32 = 72; // a key table (T_*)
export const G_KEYS: u32 = 88; // the heap of key records (vectors/heap.ts), 8 bytes
export const G_RETIRED_AT: u32 = 96, G_RETIRED_NEXT: u32 = 100; // epoch; next in P_RETIRED
export const G_DOUBT: u32 = 104; // how much the codes are in doubt (graph/sight.ts)
export const G_QUARANTINED: u32 = 108;
export const G_VECTOR_CHUNKS: u32 = 112, G_GRAPH_CHUNKS: u32 = 116;
export const G_FORCE_F32: u32 = 120, G_BYTES: u32 = 124;
export const G_ELIGIBLE: u32 = 128; // how many slots it had when they became work for the linkers; 0 before that
export const G_RETRIED: u32 = 132; // 1 once a slot was linked for a second time, after a trap or a census
export const G_NAME: u32 = 136; // key record of the space's name, once the space was dropped
export const G_FINISHED: u32 = 140; // slots linked so far
export const G_SOUND: u32 = 144; // all slots below were linked when the codes were last without doubt
export const G_ROWS: u32 = 152; // the heap of row records, 8 bytes
export const G_COLUMNS: u32 = 160; // columns of the rows (rows/columns.ts), 0 while it has none
export const G_EXPIRING: u32 = 164; // rows ever that expire
export const G_BODILESS: u32 = 168; // slots ever without a vector
/* Slots that codes in doubt have linked, to be linked again: from the first that is not yet, to the end. */
export const G_SUSPECT: u32 = 172, G_SUSPECT_END: u32 = 176;
export const G_READY: u32 = 180; // slots below may be claimed: all, but for a portion that is being filled
export const G_BULK: u32 = 184; // 1 + the seat that links a portion of it, during which nothing is claimed; or 0
export const G_LEAVES: u32 = 188; // leaders of its leaves (L_*), or 0
/* Portions that a seat fills (space/portions.ts): the first slot of the current one, the end of all (0: there is none). */
export const G_OFFER_FROM: u32 = 192, G_OFFER_END: u32 = 196;
export const G_OFFER_SLOTS: u32 = 200; // slots of each
export const G_OFFER_SEAT: u32 = 204, G_OFFER_NUMBER: u32 = 208; // 1 + the seat, and its number of the offer
export const G_LAST_PORTION: u32 = 212; // 1 + the first slot of the newest portion that is full
export const RECENT_SLOTS: u32 = 256;
export const NOTES_BYTES: u32 = 1024; // what was measured of a graph; src/recall/notes.ts lays it out, but for these:
export const NOTES_VERSION: u32 = 0; // how often it was written, 0: never
export const NOTES_LINKED: u32 = 8, NOTES_SERIAL: u32 = 12; // as `graphOf` gave them when it was measured
export const NOTES_SEARCHED: u32 = 16; // queries from searches that it was measured with
export const FLAT: u32 = 0, GRAPH: u32 = 1;
export const BEAM_CODES: u32 = 0, BEAM_F32: u32 = 1;
export const BEAM_TURNED: u32 = 2; // f32 since codes went blind, on the scale of their distances (graph/suspects.ts)

// ── key table ───────────────────────────────────────────────────────────────────────────────────────────────────────
export const T_DIRECTORY: u32 = 0;
export const T_DEPTH: u32 = 4; // bits of the hash that choose a segment
export const T_OWNER: u32 = 8; // generation, or 0 for the table of spaces
export const SEGMENT_HEADER: u32 = 16, SEGMENT_DEPTH: u32 = 0; // bits of the hash that a segment's keys share
export const SEGMENT_USED: u32 = 4, SEGMENT_CAPACITY: u32 = 8; // cells that are not empty; all cells, a power of two
export const CELL_BYTES: u32 = 8, CELL_HASH: u32 = 0;
export const CELL_VALUE: u32 = 4; // CELL_EMPTY, CELL_REMOVED, slot + SLOT_BIAS, or a space header
export const CELL_EMPTY: u32 = 0, CELL_REMOVED: u32 = 1;
export const SLOT_BIAS: u32 = 2;

// ── slot: one vector, in chunks of 8, 8, 16, … 512 and then 1,024 slots ─────────────────────────────────────────────
export const D_HEADER: u32 = 16; // the directory of chunks: this, then their addresses
export const D_OLDER: u32 = 0, D_ENTRIES: u32 = 4; // the smaller one that it replaced; chunks that it has room for
export const SLOT_HEADER: u32 = 32;
export const AGE_BYTES: u32 = 8; // u64: the version that brought its vector; those of a chunk lie behind its slots
export const SLOT_BORN: u32 = 0; // u64: first version that sees the slot
export const SLOT_DIED: u32 = 8; // u64: first version that does not
export const SLOT_INVERSE: u32 = 16; // f32: 1 / norm under cosine, else 1
export const SLOT_KEY: u32 = 20; // key record
export const SLOT_STATE: u32 = 24; // PENDING …; FAILED_ONCE and HANGS beside it
export const SLOT_TWIN: u32 = 28; // slot + 1 of the next one with the same vector; while it waits: slots of the portion that it begins
export const SLOT_VECTOR: u32 = 32;
export const PENDING: u32 = 0;
export const SKIPPED: u32 = 1; // dead before it was linked
export const QUARANTINED: u32 = 2; // trapped its linker twice: found by scan
export const BODILESS: u32 = 3; // has no vector: never found by a search
export const IN_GRAPH: u32 = 4; // the bit of the two states that a graph search finds
export const LINKED: u32 = 4;
export const TWINNED: u32 = 5; // on the chain of a linked slot with the same vector
export const STATE_MASK: u32 = 0xffff;
export const FAILED_ONCE: u32 = 0x10000;
export const HANGS: u32 = 0x20000; // is on a chain of twins, or will be after the next store

// ── graph chunk: codes, links, addresses of upper lists and twins of 1,024 slots ────────
export const CHUNK_BITS: u32 = 10, CHUNK_SLOTS: u32 = 1024;
export const UPPERS_HEADER: u32 = 16; // before a chunk's upper lists, in a block of their own
export const CODE_HEADER: u32 = 12, CODE_SCALE: u32 = 0; // f32
export const CODE_BIAS: u32 = 4; // f32: b(x) of vectors/codes.ts, or minus the dot product with the centroid
export const CODE_SUM: u32 = 8; // i32: 64 × Σ code
export const LIST_HEADER: u32 = 16, LIST_LOCK: u32 = 0; // of the node, in its level-0 list
export const LIST_COUNT: u32 = 4;
export const LIST_DIVERSE: u32 = 8; // none of the first this many hides another of them; DOUBLES beside it
export const LIST_OLDER: u32 = 12; // on level 0: a hint to its chain of twins (graph/twins.ts)
export const DOUBLES: u32 = 0x80000000; // the list was loaded: it may name a slot twice until it is written
export const PAIR_BYTES: u32 = 8, PAIR_DISTANCE: u32 = 0, PAIR_SLOT: u32 = 4; // in scratch, sorted by distance (f32)

// ── leaves: which slots of a graph lie near one another (bulk/leaders.ts); a bulk compares rows with whole leaves ──────
export const LEAF_BYTES: u32 = 2; // u16 per slot in its graph chunk: 1 + its leaf, 0: in none
export const MOST_LEADERS: u32 = 60000;
export const L_LEADERS: u32 = 0, L_SUPERS: u32 = 4; // how many there are
export const L_ROOM: u32 = 8; // for leaders
export const L_TRAINED: u32 = 12; // slots that there were when they were trained; 0: they are of no use
export const L_COVERED: u32 = 16; // slots below have their leaf
export const L_HEADER: u32 = 32; // then codes of the leaders, codes of the supers, and of each super its first leader (u32)

// ── a bulk: what links a portion as a whole (bulk/portion.ts), and what it works in ─────────────────────────────────
/* Its board (bulk/board.ts), u64: 8 bits of phase, 28 of how many items it has (slots, rows or leaves), 28 of how many are taken. */
export const B_BOARD: u32 = 0;
export const ITEMS_SHIFT: u32 = 28, ITEMS_MASK: u32 = 0xfffffff, PHASE_SHIFT: u32 = 56;
export const B_DONE: u32 = 8; // items of the phase that are done
export const B_CLOSED: u32 = 12; // 1: no thread takes anything any more
export const B_SHARED: u32 = 16; // 1 once another thread has joined
export const B_LOCKS: u32 = 20; // 1: links between rows are written under node locks, since several threads write them
export const B_CLAIM: u32 = 24; // the claim of its owner
export const B_FROM: u32 = 28, B_TO: u32 = 32; // slots of the portion
export const B_ROWS: u32 = 36; // those of them that it links
export const B_CURSOR: u32 = 40; // how far a phase is that the owner does alone: leaders, slots or rows
export const B_ROUND: u32 = 44; // of training
export const B_LEAVES: u32 = 48; // the leaders in use (L_*): those that are trained, or the generation's
export const B_ROOM: u32 = 52; // for leaders: what its arrays are made for
export const B_TRAINS: u32 = 56; // 1: leaders are trained first
export const B_HEADER: u32 = 64; // then the arrays of bulk/portion.ts
/* What one thread has in hand of a bulk, before the arrays of its group. */
export const U_FROM: u32 = 0, U_TO: u32 = 4; // items of the phase; U_TO 0: none
export const U_CURSOR: u32 = 8; // how far its step is: leaves, then rows
export const U_LEAVES: u32 = 12; // how many leaves its rows probe
export const U_CHOOSES: u32 = 16; // 1 once they are compared with all
export const U_HEADER: u32 = 64;

// ── key record ──────────────────────────────────────────────────────────────────────────────────────────────────────
export const K_HEADER: u32 = 8; // the chunk that records lie in
export const K_OLDER: u32 = 0, K_BYTES: u32 = 4; // the chunk before it; its size, header included
export const KEY_HEADER: u32 = 4, KEY_LENGTH: u32 = 0xffffff; // u32: tag << 24 | bytes; mask of the bytes
export const TAG_UTF8: u32 = 1;
export const TAG_INTEGER: u32 = 2; // 8 bytes, two's complement
export const TAG_BIGINT: u32 = 3; // sign byte, then magnitude, little endian
export const TAG_UTF16: u32 = 4; // strings with lone surrogates

// ── row: a document, its field values and expiry (rows/row.ts), the same for add, journal, snapshot and export ────────
export const ROW_BYTES: u32 = 0; // of the whole row, a multiple of 8
export const ROW_FLAGS: u32 = 4; // ROW_*
export const ROW_EXPIRES: u32 = 8; // f64, milliseconds since 1970, if ROW_IS_EXPIRING
export const ROW_DOCUMENT: u32 = 16; // bytes of the document
export const ROW_VALUES: u32 = 20; // how many
export const ROW_KNOWN: u32 = 24; // fields of the table when it was written
export const ROW_HEADER: u32 = 32; // then the values, then the document, each padded to 8
export const ROW_HAS_DOCUMENT: u32 = 1, ROW_IS_BODILESS: u32 = 2, ROW_IS_EXPIRING: u32 = 4, ROW_ALL_FLAGS: u32 = 7;
export const VALUE_FIELD: u32 = 0, VALUE_TYPE: u32 = 2, VALUE_FORM: u32 = 3; // u16, u8, u8
export const VALUE_BYTES: u32 = 4, VALUE_HEADER: u32 = 8;
export const FIELD_KEYWORD: u32 = 1, FIELD_NUMBER: u32 = 2, FIELD_BOOLEAN: u32 = 3, FIELD_DATE: u32 = 4;
export const FORM_NULL: u32 = 0, FORM_SCALAR: u32 = 1, FORM_ARRAY: u32 = 2;

// ── columns of a generation, and their cells ────────────────────────────────────────────────────────────────────────
export const COLUMN_RECORDS: u32 = 0; // u32: the row's record, 0: there is no row
export const COLUMN_EXPIRY: u32 = 1; // f64
export const COLUMN_FIELDS: u32 = 2; // field 0, and so on
export const COLUMN_BYTES: u32 = 16, COLUMN_CELLS: u32 = 0; // its directory of chunks (D_*)
export const COLUMN_DICTIONARY: u32 = 4; // of keywords
export const COLUMN_LISTS: u32 = 8; // the heap of its lists, 8 bytes; 0 while no cell refers to one
export const WORD_MISSING: u32 = 0, WORD_NULL: u32 = 1, WORD_CODES: u32 = 2; // keywords; then code + 2
export const WORD_LIST: u32 = 0x80000000; // beside the list's address / 4
export const FLAG_MISSING: u32 = 0, FLAG_NULL: u32 = 1, FLAG_FALSE: u32 = 2, FLAG_TRUE: u32 = 3; // booleans
export const FLAG_LIST: u32 = 4; // beside 1 for false in it, 2 for true
/* The record of a row: */
export const RECORD_BYTES: u32 = 0; // of the document
export const RECORD_FLAGS: u32 = 4; // ROW_* of the row
export const RECORD_KNOWN: u32 = 8; // as ROW_KNOWN
export const RECORD_HEADER: u32 = 12; // then the document

// ── filter program (rows/program.ts) ────────────────────────────────────────────────────────────────────────────────
export const PROGRAM_BYTES: u32 = 0, PROGRAM_OPS: u32 = 4, PROGRAM_HEADER: u32 = 8;
export const OP_CODE: u32 = 0, OP_FIELD: u32 = 2, OP_BYTES: u32 = 4, OP_HEADER: u32 = 8; // u16, u16, u32 of the payload
export const OP_EXISTS: u32 = 1, OP_NULL: u32 = 2, OP_EQUAL: u32 = 3, OP_IN: u32 = 4, OP_RANGE: u32 = 5, OP_AND: u32 = 6,
  OP_OR: u32 = 7, OP_NOT: u32 = 8, OP_ALL: u32 = 9, OP_NONE: u32 = 10, OP_HAS_DOCUMENT: u32 = 11, OP_KEYS: u32 = 12,
  OP_BEHIND: u32 = 13;
export const RANGE_LOW: u32 = 1, RANGE_LOW_INCLUSIVE: u32 = 2, RANGE_HIGH: u32 = 4, RANGE_HIGH_INCLUSIVE: u32 = 8;
export const MAX_OPS: u32 = 1024, MAX_DEPTH: u32 = 40; // bitmaps on the stack

// ── a match of a filter, as it is listed in the row buffer ──────────────────────────────────────────────────────────
export const MATCH_BYTES: u32 = 24, MATCH_REF: u32 = 0; // slot; MATCH_EMPTYING beside it
export const MATCH_FORM: u32 = 4; // of the field asked for: 0 missing, else 1 + FORM_*
export const MATCH_AGE: u32 = 8; // u64
export const MATCH_VALUE: u32 = 16; // f64: a number, a date, 0 or 1, or the code of a keyword
export const MATCH_EMPTYING: u32 = 0x80000000; // its slot lies in the generation that is being emptied
export const NO_FIELD: u32 = 0xffff;
export const WITH_VECTOR: u32 = 1, WITH_ROW: u32 = 2; // what is to be read of a hit or a match

// ── journal entry: one op on its way to the disk ────────────────────────────────────────────────────────────────────
export const J_BYTES: u32 = 0; // of the whole entry, a multiple of 4
export const J_KIND: u32 = 4; // JOURNAL_*
export const J_SPACE: u32 = 8; // S_ID
export const J_KEY: u32 = 12; // header of the key; of the space's name in JOURNAL_CREATE; 0 in JOURNAL_DROP
export const J_HEADER: u32 = 16; // then the vector as it was given (JOURNAL_ADD only), then the key's bytes
export const JOURNAL_ADD: u32 = 1, JOURNAL_DELETE: u32 = 2, JOURNAL_CREATE: u32 = 3, JOURNAL_DROP: u32 = 4;
export const JOURNAL_PUT: u32 = 5; // an add with a row, between vector and key
export const JOURNAL_UPDATE: u32 = 6; // a new row for a key, before the key
export const JOURNAL_OPEN: u32 = 0;
export const JOURNAL_STUCK: u32 = 1; // the disk refuses: no op is accepted until it takes the waiting ones

// ── snapshot frame: what a space's snapshot is made of (snapshot/write.ts) ──────────────────────────────────────────
export const SNAPSHOT_FORMAT: u32 = 5;
export const F_BYTES: u32 = 0; // of the frame without its checksum, a multiple of 8
export const F_KIND: u32 = 4; // FRAME_*
export const F_FIRST: u32 = 8, F_COUNT: u32 = 12, F_HEADER: u32 = 16; // first slot; slots
export const FRAME_SPACE: u32 = 1, FRAME_SLOTS: u32 = 2, FRAME_END: u32 = 3;
export const FRAME_GONE: u32 = 4; // in an export: the space was dropped, its frames so far are void
export const FRAME_FINISH: u32 = 5; // in an export: the end, after F_COUNT spaces
export const FRAME_FIELDS: u32 = 6; // of an export, before its first space: F_COUNT fields as F_FIRST bytes of JSON
export const FRAME_ROWS: u32 = 7; // rows of the slots of the frames before: F_COUNT parts of them
export const FRAME_OPTIONAL: u32 = 0x80000000; // in a kind that a reader may skip if it does not know it
export const FRAME_BYTES: u32 = 0x80000008; // optional: what the space took in memory
/* FRAME_SPACE: */
export const FS_FORMAT: u32 = 16, FS_DIMENSIONS: u32 = 20, FS_METRIC: u32 = 24;
export const FS_M: u32 = 28, FS_SEED: u32 = 32, FS_ID: u32 = 36;
export const FS_SEQUENCE: u32 = 40; // u64: number of the partition's last op at the cut
export const FS_SLOTS: u32 = 48, FS_LIVE: u32 = 52;
export const FS_FLAGS: u32 = 56; // FS_*_BIT
export const FS_ENTRY: u32 = 60; // slot + 1
export const FS_SOUND: u32 = 68, FS_DOUBT: u32 = 76; // as G_SOUND, G_DOUBT
export const FS_NAME: u32 = 72; // header of the name
export const FS_CREATED: u32 = 80; // u64: as S_CREATED
export const FS_CHANGED: u32 = 88; // u64: as S_CHANGED
export const FS_VERSION: u32 = 96; // u64: as S_VERSION; no age is above it
export const FS_INCARNATION: u32 = 104, FS_NUMBER: u32 = 112; // u64: a position in a log of several machines; 0: there is none
export const FS_TIME: u32 = 120; // f64, milliseconds since 1970: the newest that an op carried; 0: there is none
export const FS_HEADER: u32 = 128; // then the name's bytes, and the centroid if there is a graph
export const FS_GRAPH_BIT: u32 = 1;
export const FS_F32_BIT: u32 = 2; // the beam uses f32
export const FS_TURNED_BIT: u32 = 4; // the beam has turned to f32
export const FS_ELIGIBLE_BIT: u32 = 8; // as G_ELIGIBLE
export const FS_FORCED_BIT: u32 = 16; // as G_FORCE_F32
export const FS_ALL_BITS: u32 = 31;
/* FRAME_END: F_FIRST holds the number of slots in the whole snapshot, F_COUNT that of the linked ones. */
export const FE_LEFT_OUT: u32 = 16; // u64: ids of lists that the snapshot leaves out
export const FE_HEADER: u32 = 24;
/* FRAME_BYTES: of all, and of it those of vectors, the graph, documents, columns and dictionaries. */
export const FB_ALL: u32 = 16, FB_VECTORS: u32 = 20, FB_GRAPH: u32 = 24;
export const FB_DOCUMENTS: u32 = 28, FB_COLUMNS: u32 = 32, FB_DICTIONARIES: u32 = 36, FB_HEADER: u32 = 40;
/* FRAME_ROWS: parts, in the order of slots: a row that does not fit into a frame goes on in the next one. */
export const FR_SLOT: u32 = 0, FR_ROW: u32 = 4; // bytes of the whole row
export const FR_OFFSET: u32 = 8, FR_BYTES: u32 = 12; // of the part, a multiple of 8
export const FR_HEADER: u32 = 16;
/* FRAME_SLOTS: F_COUNT records. */
export const R_STATE: u32 = 0; // PENDING, BODILESS, LINKED, TWINNED; R_DEAD_BIT beside it
export const R_KEY: u32 = 4; // header of the key, 0 when dead
export const R_TWIN: u32 = 8; // slot + 1 of the first of its twins (LINKED) or of the next (TWINNED)
export const R_AGE: u32 = 12; // u64, as in vectors/slots.ts
export const R_HEADER: u32 = 20; // then the vector, the key's bytes, [code], and of a LINKED one a list per level
export const R_DEAD_BIT: u32 = 0x10000;
export const RL_COUNT: u32 = 0, RL_DIVERSE: u32 = 4; // ids of the list; as LIST_DIVERSE
export const RL_HEADER: u32 = 8; // then the ids, and above level 0 the distances

// ── what a seat shares with its JavaScript: offsets in SEAT_SCRATCH ─────────────────────────────────────────────────
export const X_KEY: u32 = 0; // key or space name, encoded
export const X_INFO: u32 = 1088; // INFO_WORDS figures that a call returns besides its status, u32 each
export const INFO_WORDS: u32 = 32;
export const INFO_SEQUENCE: u32 = 30; // and 31: P_SEQUENCE as of the call
export const X_VECTORS: u32 = 1216; // intake: INTAKE_BYTES of f32 vectors, padded to whole v128
export const INTAKE_BYTES: u32 = 65536;

// ── one space of a list of them, in the intake ──────────────────────────────────────────────────────────────────────
export const SP_BYTES: u32 = 0; // of the record, a multiple of 8
export const SP_ADDRESS: u32 = 4, SP_INCARNATION: u32 = 8, SP_NAME: u32 = 12; // header of the name
export const SP_CHANGED: u32 = 16, SP_CREATED: u32 = 24; // u64: as S_CHANGED, S_CREATED
export const SP_ID: u32 = 32, SP_HOME: u32 = 36, SP_LIVE: u32 = 40, SP_DEAD: u32 = 44, SP_PENDING: u32 = 48;
export const SP_STORED: u32 = 52; // as S_BYTES
export const SP_GRAPH: u32 = 56, SP_BEAM: u32 = 60, SP_COMPACTIONS: u32 = 64, SP_QUARANTINED: u32 = 68;
export const SP_SUSPECTS: u32 = 72;
export const SP_DOCUMENTS: u32 = 76, SP_COLUMNS: u32 = 80, SP_DICTIONARIES: u32 = 84; // bytes of SP_STORED (space/bytes.ts)
export const SP_VECTORS: u32 = 88, SP_LINKS: u32 = 92; // bytes of SP_STORED: slots; what only a graph needs
export const SP_HEADER: u32 = 96; // then the name's bytes
export const SPACES_AT_ONCE: u32 = 128; // about 50 µs under the partition lock

// ── one hit of a search ─────────────────────────────────────────────────────────────────────────────────────────────
export const HIT_BYTES: u32 = 16, HIT_DISTANCE: u32 = 0; // f32
export const HIT_SLOT: u32 = 4, HIT_GENERATION: u32 = 8;
export const HIT_AGE: u32 = 4; // u64, in their place once a piece of a scan is complete
export const HIT_KEY: u32 = 12; // key record

// ── how a search looks at a space, and for how many hits a measurement counts what was found ────────────────────────
export const BY_BEAM: u32 = 0, EXACTLY: u32 = 1, IN_F32: u32 = 2; // by the walk of its beam, a scan, a walk in f32
export const CHOOSE_IN_F32: u32 = 3; // of a search among matches: a walk, in f32, or a scan
export const MEASURED_K: u32 = 100; // the most; and for these, one figure each:
export const MEASURED_KS: u32 = 9; // 1, 2, 4, 8, 10, 16, 32, 64, 100
export const MEASURED_SHARES: u32 = 5; // of slots that match a filter: 1/2, 1/4, 1/8, 1/16, 1/32
export const SHARE_QUERIES: u32 = 64; // that are searched for among matches, for SHARE_K hits
export const SHARE_K: u32 = 10;

// ── what a call that links has done: INFO words 0, 1 and 2 are ops, compaction steps, and the effort of both ─────────
export const OP_UNITS: u32 = 16; // of effort: an ordinary insert

// ── statuses that calls return ──────────────────────────────────────────────────────────────────────────────────────
export const OK: i32 = 0;
export const OK_WAKE: i32 = 1; // accepted, and a worker has something new to do
export const NOT_FOUND: i32 = 2;
export const CENSUS_MOVED: i32 = 2; // of a census: a compaction has moved the slots
export const E_BUSY: i32 = -1; // another thread holds the partition lock, or another one that the call needs
export const E_PENDING: i32 = -2; // P_MAX_PENDING ops of the space are waiting
export const E_MEMORY: i32 = -3; // P_LIMIT is reached, or the memory can't grow
export const E_STALE: i32 = -4; // the space was dropped
export const E_NOT_FINITE: i32 = -5; // X_INFO[0]: position
export const E_OVERFLOW: i32 = -6; // squared norm above 2^124
export const E_ZERO: i32 = -7; // a vector without a direction, under cosine
export const E_DAMAGED: i32 = -8;
export const E_JOURNAL_FULL: i32 = -9; // the ring has no room until the disk has taken some ops
export const E_JOURNAL_STUCK: i32 = -10; // the disk refuses what waits in the ring
export const E_FOREIGN: i32 = -11; // a snapshot of other settings; X_INFO[0]: offset of the word that differs
export const E_BROKEN: i32 = -12; // a snapshot that no index can have written; X_INFO[2], [3]: BROKEN_*, slot
export const E_MORE: i32 = -13; // there is more to do first: call again
export const E_CHANGED: i32 = -20; // another op has changed the row since it was read
export const E_ROW: i32 = -21; // a row or a program that can be none; X_INFO[0]: at which byte
export const E_ROW_LARGE: i32 = -22; // a row that the journal can never take
export const E_UNDERFLOW: i32 = -14; // squared norm below 1e-35 and not 0, under l2 and dot

/* What is wrong with a snapshot: */
export const BROKEN_ORDER: u32 = 0; // frames or records are missing, too many, too short or in another order
export const BROKEN_SPACE: u32 = 1; // what is said of the space as a whole
export const BROKEN_VECTOR: u32 = 2; // `add` would refuse it
export const BROKEN_KEY: u32 = 3; // is none, or comes twice
export const BROKEN_CODE: u32 = 4; // is not that of the vector
export const BROKEN_LIST: u32 = 5; // is too long, or names what it must not
export const BROKEN_ROW: u32 = 7; // is none, or of a slot that has none
export const BROKEN_TWIN: u32 = 6; // is on no chain, on two, or on that of another vector

// ── fault points of the debug build (0: none) ───────────────────────────────────────────────────────────────────────
export const FAULT_ACCEPT_LOCKED: u32 = 1, FAULT_ACCEPT_WRITTEN: u32 = 2, FAULT_ACCEPT_INTENT: u32 = 3,
  FAULT_ACCEPT_KEY: u32 = 4, FAULT_ACCEPT_OLD: u32 = 5, FAULT_ACCEPT_COUNT: u32 = 6, FAULT_ACCEPT_VERSION: u32 = 7,
  FAULT_KEYS_GROW: u32 = 8, FAULT_ARENA_SPLIT: u32 = 9, FAULT_QUEUE_LOCKED: u32 = 10, FAULT_CLAIMED: u32 = 11,
  FAULT_LINK_START: u32 = 12, FAULT_LINK_CODED: u32 = 13, FAULT_LINK_OWN_LISTS: u32 = 14,
  FAULT_LINK_NODE_LOCKED: u32 = 15, FAULT_LINK_PRUNE: u32 = 16, FAULT_LINK_BACK: u32 = 17, FAULT_LINK_ENTRY: u32 = 18,
  FAULT_LINK_DONE: u32 = 19, FAULT_MOVE: u32 = 20, FAULT_PROMOTE: u32 = 21, FAULT_TWIN: u32 = 22,
  FAULT_ARENA_FREE: u32 = 23, FAULT_TWIN_MARKED: u32 = 24,
  FAULT_ROW_RECORD: u32 = 25, FAULT_ROW_EXPIRY: u32 = 26, FAULT_ROW_VALUE: u32 = 27, FAULT_ROW_KEYWORD: u32 = 28,
  FAULT_ROW_CODE: u32 = 29, FAULT_ROW_TABLE: u32 = 30, FAULT_ROW_LIST: u32 = 31, FAULT_ROW_DIRECTORY: u32 = 32,
  FAULT_ROW_BUFFER: u32 = 33, FAULT_ROW_FILL: u32 = 34, FAULT_ROW_FREE: u32 = 35, FAULT_FILTER: u32 = 36,
  FAULT_TURN: u32 = 37, FAULT_RELINK: u32 = 38, FAULT_BULK_CLAIMED: u32 = 39, FAULT_BULK_RELEASED: u32 = 40,
  FAULT_BULK_CODED: u32 = 41, FAULT_BULK_TRAINED: u32 = 42, FAULT_BULK_COVERED: u32 = 43, FAULT_BULK_ASSIGNED: u32 = 44,
  FAULT_BULK_TWIN: u32 = 45, FAULT_BULK_NEAR: u32 = 46, FAULT_BULK_CHOSEN: u32 = 47, FAULT_BULK_BETWEEN: u32 = 48,
  FAULT_BULK_UPPER: u32 = 49, FAULT_BULK_BACK: u32 = 50, FAULT_BULK_PUBLISHED: u32 = 51, FAULT_BULK_AHEAD: u32 = 52,
  FAULT_BULK_TAKEN: u32 = 53, FAULT_BULK_JOINED: u32 = 54, FAULT_BULK_LEFT: u32 = 55;
