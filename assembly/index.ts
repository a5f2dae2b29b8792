/*
 * Which calls does the core export? They are documented where they are defined (types: tests/core/core-abi.txt).
 *
 * Pointers are addresses in the partition's memory (unsigned; they reach JavaScript signed). A space is named by its
 * header's address and its incarnation. Encoded keys and space names lie at X_KEY of the seat's scratch, `header` is
 * tag << 24 | bytes. Vectors lie at X_VECTORS, each padded with zeros to a multiple of 4 floats.
 */
export { abandon, abiVersion, bind, hashName, partitionInfo, scratchAddress, setUp } from "./abi/partition";
export { describeSpace, dropSpace, listSpaces, liveIn, openSpace } from "./abi/spaces";
export { add, checkVectors, get, nextExpiring, remove, removeExpired, reserve, unreserve } from "./abi/ops";
export {
  defineFields, fillMatch, filterPiece, getRow, hitAt, keepMatches, keywordAt, listMatches, liveAt, matchAt, rowSpace,
  searchMatches, startFilter, update,
} from "./abi/rows";
export {
  endMeasure, graphOf, measureAmong, measurePiece, measureQuery, measureShare, measureWalk, nextGraph, readNotes, startMeasure, writeNotes,
} from "./abi/recall";
export { endScan, endSearch, scanPiece, search, startScan } from "./abi/search";
export { canHelp, claim, depthOf, hasClaims, isLinked, joinBulk, link, nextUnlinked, tidy } from "./abi/linking";
export { check, continueCensus, startCensus } from "./abi/checks";
export {
  journalWaiting, journalWritten, nextSpaceId, openJournal, reserveJournal, setJournalState, setNext,
} from "./journal/ring";
export { useReserve } from "./memory/arena";
export { armFault } from "./memory/faults";
export { hashIntake } from "./snapshot/hash";
export { loadFrame } from "./snapshot/load";
export { endSnapshot, nextFrame, startSnapshot } from "./snapshot/write";
export { holdsLocks, repairSeat } from "./upkeep/repair";
