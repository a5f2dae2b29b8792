/* What must a partition's memory look like when no thread works in it? Read straight from the words of assembly/layout.ts. */
import * as layout from "../../assembly/layout.ts";
import type { Seat } from "../../src/core/seat.ts";

const { BLOCK_HEADER, FREE } = layout;
const HELD = {
  partition: layout.SEAT_HELD_PARTITION,
  queue: layout.SEAT_HELD_QUEUE,
  entry: layout.SEAT_HELD_ENTRY,
  node: layout.SEAT_HELD_NODE,
};

const SEAT_BLOCKS = [
  ...[layout.SEAT_SCRATCH, layout.SEAT_RESULTS, layout.SEAT_BIG_VISITED, layout.SEAT_CLAIMS],
  ...[layout.SEAT_ROW, layout.SEAT_FILTER, layout.SEAT_MEASURE],
];

function wordsOf(seat: Seat): Uint32Array {
  const { buffer } = seat.memory;
  return new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
}

/** What is not at rest, a line each: locks, half-done ops, epochs, queues, reservations. */
export function unrest(seat: Seat, partition: number): string[] {
  const words = wordsOf(seat);
  const at = (address: number) => words[address >>> 2]!;
  const found: string[] = [];
  const expectZero = (what: string, value: number) => {
    if (value !== 0) found.push(`partition ${partition}: ${what} is ${value}`);
  };
  expectZero("the partition lock", at(layout.P_LOCK));
  expectZero("the intent", at(layout.P_INTENT));
  expectZero("the key table under repair", at(layout.P_KEYS_REPAIR));
  expectZero("the reserved memory", at(layout.P_RESERVED));
  if (at(layout.P_STATE) !== layout.STATE_SOUND) found.push(`partition ${partition} is damaged`);
  for (let home = 0; home < layout.MAX_WORKERS; home++) {
    const queue = layout.P_QUEUES + home * layout.QUEUE_BYTES;
    expectZero(`the lock of queue ${home}`, at(queue + layout.Q_LOCK));
    expectZero(`the depth of queue ${home}`, at(queue + layout.Q_DEPTH));
    expectZero(`queue ${home}'s broken mark`, at(queue + layout.Q_BROKEN));
  }
  for (let number = 0; number < layout.MAX_SEATS; number++) {
    const place = layout.P_SEATS + number * layout.SEAT_BYTES;
    for (const [name, held] of Object.entries(HELD)) expectZero(`seat ${number}'s ${name} lock`, at(place + held));
    expectZero(`the slot that seat ${number} links`, at(place + layout.SEAT_LINKING));
    const blocks = {
      ...{ bulk: layout.SEAT_BULK, leaves: layout.SEAT_LEAVES, "stale mark": layout.SEAT_BULK_STALE },
      ...{ "bulk that it helps with": layout.SEAT_HELPS, "memory to help": layout.SEAT_HELP },
    };
    for (const [name, cell] of Object.entries(blocks)) expectZero(`seat ${number}'s ${name}`, at(place + cell));
  }
  return found;
}

/** Sizes of the blocks in use beyond seats, the table of spaces and pooled headers: none once every space is dropped. */
export function blocksLost(seat: Seat): number[] {
  const words = wordsOf(seat);
  const at = (address: number) => words[address >>> 2]!;
  const owed = new Set<number>();
  for (let number = 0; number < layout.MAX_SEATS; number++) {
    const place = layout.P_SEATS + number * layout.SEAT_BYTES;
    for (const cell of SEAT_BLOCKS) owed.add(at(place + cell));
  }
  for (let space = at(layout.P_SPACE_LIST); space !== 0; space = at(space + layout.S_ALL_NEXT)) owed.add(space);
  owed.add(at(layout.P_JOURNAL_BLOCK));
  const directory = at(layout.P_SPACE_TABLE + layout.T_DIRECTORY);
  owed.add(directory);
  const entries = 1 << at(layout.P_SPACE_TABLE + layout.T_DEPTH);
  for (let i = 0; i < entries; i++) owed.add(at(directory + 4 * i));
  const lost: number[] = [];
  const end = at(layout.A_END);
  for (let block = layout.ARENA + BLOCK_HEADER; block < end; block += at(block) & ~FREE) {
    if ((at(block) & FREE) === 0 && !owed.has(block + BLOCK_HEADER)) lost.push(at(block));
  }
  return lost;
}

/** Whether generations still wait for their last reader. */
export function hasRetired(seat: Seat): boolean {
  return wordsOf(seat)[layout.P_RETIRED >>> 2] !== 0;
}
