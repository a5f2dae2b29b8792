/* How is the recall of a space measured, and where is what was measured kept? Beside its graph, for every thread to read. */
import {
  E_BUSY, E_MORE, FLAT, G_BEAM, G_LINKED, G_SERIAL, G_STATE, MEASURED_K, NOTES_BYTES, NOTES_LINKED,
  NOTES_SEARCHED, NOTES_SERIAL, NOTES_VERSION, NOT_FOUND, OK, S_GENERATIONS, S_INCARNATION, S_LIVE, X_VECTORS,
} from "../layout";
import { notesOf } from "../graph/chunks";
import { announce, park, unpinMeasure } from "../memory/epochs";
import { lockPartition, unlocked } from "../memory/locks";
import { base, info } from "../memory/scratch";
import { copyBytes } from "../memory/words";
import { checkVector } from "../space/accept";
import { currentOf, emptyingOf, pendingOf } from "../space/generations";
import { addGiven, begin, compareSome, end, matchesIn, sampleStored, walkAmong, walkFor } from "../space/measure";
import { isAlive, spaceAfter } from "../space/spaces";
import { ensureResults, putQuery } from "./search";

/** The generation whose graph a space is searched by, or 0. The epoch is announced. */
function graphIn(space: usize, incarnation: u32): usize {
  if (!isAlive(space, incarnation)) return 0;
  const current = currentOf(atomic.load<u64>(space + S_GENERATIONS));
  return current == 0 || load<u32>(current + G_STATE) == FLAT ? 0 : current;
}

/** X_INFO: address and incarnation of the space after `space` (0: the first) that has a graph. Whether there is one. */
export function nextGraph(space: usize): bool {
  announce();
  let at = space;
  while ((at = spaceAfter(at)) != 0) {
    const incarnation = atomic.load<u32>(at + S_INCARNATION);
    if ((incarnation & 1) == 0 || graphIn(at, incarnation) == 0) continue;
    info(0, <u32>at);
    info(1, incarnation);
    break;
  }
  park();
  return at != 0;
}

/**
 * X_INFO: [0] how often its notes were written, [1] live vectors, [2] slots ever linked, [3] the generation's serial,
 * [4] vectors that wait, [5] its beam, [6] whether a compaction runs; of the notes [7] NOTES_LINKED, [8] NOTES_SERIAL,
 * [9] NOTES_SEARCHED. OK, or NOT_FOUND without a graph or a space.
 */
export function graphOf(space: usize, incarnation: u32): i32 {
  announce();
  const graph = graphIn(space, incarnation);
  if (graph != 0) {
    const notes = notesOf(graph);
    info(0, atomic.load<u32>(notes + NOTES_VERSION));
    info(7, load<u32>(notes + NOTES_LINKED));
    info(8, load<u32>(notes + NOTES_SERIAL));
    info(9, load<u32>(notes + NOTES_SEARCHED));
    info(1, atomic.load<u32>(space + S_LIVE));
    info(2, load<u32>(graph + G_LINKED));
    info(3, load<u32>(graph + G_SERIAL));
    info(4, pendingOf(graph));
    info(5, load<u32>(graph + G_BEAM));
    info(6, emptyingOf(atomic.load<u64>(space + S_GENERATIONS)) == 0 ? 0 : 1);
  }
  park();
  return graph == 0 ? NOT_FOUND : OK;
}

/** Copies a graph's notes to the intake. OK, NOT_FOUND, or E_BUSY while they are written. */
export function readNotes(space: usize, incarnation: u32): i32 {
  announce();
  const graph = graphIn(space, incarnation);
  let status: i32 = NOT_FOUND;
  if (graph != 0) {
    const version = atomic.load<u32>(notesOf(graph) + NOTES_VERSION);
    copyBytes(base + X_VECTORS, notesOf(graph), NOTES_BYTES);
    const same = atomic.load<u32>(notesOf(graph) + NOTES_VERSION) == version;
    status = same && version != WRITING ? OK : E_BUSY;
  }
  park();
  return status;
}

const WRITING: u32 = ~0;

/** Replaces a graph's notes by what is in the intake, but for their version, which grows. OK, NOT_FOUND or E_BUSY. */
export function writeNotes(space: usize, incarnation: u32): i32 {
  if (!lockPartition()) return E_BUSY;
  const graph = graphIn(space, incarnation);
  if (graph == 0) return unlocked(NOT_FOUND);
  const notes = notesOf(graph);
  const version = atomic.load<u32>(notes + NOTES_VERSION);
  atomic.store<u32>(notes + NOTES_VERSION, WRITING);
  copyBytes(notes + 4, base + X_VECTORS + 4, NOTES_BYTES - 4);
  // WRITING is what a trap may have left.
  atomic.store<u32>(notes + NOTES_VERSION, version >= WRITING - 1 ? 1 : version + 1);
  return unlocked(OK);
}

/**
 * Begins a measurement (space/measure.ts) with up to `stored` slots as queries and room for `given` more; a seat has one at a
 * time. X_INFO: [0] how many slots became queries, and as `begin` there. OK, E_BUSY, or what `begin` returns.
 */
export function startMeasure(space: usize, incarnation: u32, stored: u32, given: u32, now: f64): i32 {
  if (!lockPartition()) return E_BUSY;
  const status = unlocked(begin(space, incarnation, stored + given, now));
  if (status == OK) info(0, sampleStored(stored));
  return status;
}

/** Adds the vector at X_VECTORS as a query. OK, NOT_FOUND when there is no room, or what `checkVector` finds. */
export function measureQuery(): i32 {
  const checked = checkVector(0);
  if (checked != OK) return checked;
  putQuery();
  return addGiven() ? OK : NOT_FOUND;
}

/** Compares all queries with the next `slots` slots. OK at the end, E_MORE before it. */
export function measurePiece(slots: u32): i32 {
  return compareSome(slots) ? E_MORE : OK;
}

/** As `walkFor` of space/measure.ts, or E_BUSY or E_MEMORY. */
export function measureWalk(query: u32, ef: u32, way: u32): i32 {
  const ready = ensureResults(MEASURED_K, ef);
  return ready != OK ? ready : walkFor(query, ef, way);
}

/** How many slots match in a share, 1 to MEASURED_SHARES, once all were compared. */
export function measureShare(share: u32): u32 {
  return matchesIn(share);
}

/** As `walkAmong` of space/measure.ts, or E_BUSY or E_MEMORY. */
export function measureAmong(query: u32, ef: u32, share: u32): i32 {
  const ready = ensureResults(MEASURED_K, ef);
  return ready != OK ? ready : walkAmong(query, ef, share);
}

/** Ends a measurement. OK, or E_BUSY: then its memory is given back by the next one. */
export function endMeasure(): i32 {
  unpinMeasure();
  if (!lockPartition()) return E_BUSY;
  end();
  return unlocked(OK);
}
