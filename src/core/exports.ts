/* What does an instance of the core export? The functions of assembly/abi, as JavaScript sees them: numbers only. */
import { instantiateSync } from "@assemblyscript/loader";
import { ABI_VERSION } from "../../assembly/layout.ts";
import { HnswError } from "../errors.ts";

/** As assembly/abi has them, and documents each. */
type Names = [
  ...["abiVersion", "setUp", "bind", "scratchAddress", "abandon", "partitionInfo", "hashName", "useReserve"],
  ...["openSpace", "dropSpace", "listSpaces", "describeSpace", "liveIn"],
  ...["checkVectors", "add", "remove", "get", "reserve", "unreserve", "nextExpiring", "removeExpired"],
  ...["defineFields", "rowSpace", "update", "getRow", "fillMatch", "liveAt"],
  ...["startFilter", "filterPiece", "keepMatches", "searchMatches", "hitAt", "listMatches", "matchAt", "keywordAt"],
  ...["search", "endSearch", "startScan", "scanPiece", "endScan"],
  ...["nextGraph", "graphOf", "readNotes", "writeNotes"],
  ...["startMeasure", "measureQuery", "measurePiece", "measureWalk", "measureShare", "measureAmong", "endMeasure"],
  ...["depthOf", "claim", "canHelp", "joinBulk", "hasClaims", "link", "tidy", "nextUnlinked", "isLinked"],
  ...["startCensus", "continueCensus", "check", "repairSeat", "holdsLocks", "armFault"],
  ...["reserveJournal", "openJournal", "journalWaiting", "journalWritten", "setJournalState", "setNext", "nextSpaceId"],
  ...["defineFields", "rowSpace", "update", "getRow", "fillMatch", "liveAt"],
  ...["startFilter", "filterPiece", "keepMatches", "searchMatches", "hitAt", "listMatches", "matchAt", "keywordAt"],
  ...["startSnapshot", "nextFrame", "endSnapshot", "loadFrame", "hashIntake"],
];

export type CoreExports = Record<Names[number], (...args: number[]) => number>;

/** An instance of the core in a partition's memory. Throws UNSUPPORTED. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): CoreExports {
  const exports = exportsOf(module, memory);
  if (exports.abiVersion() !== ABI_VERSION) {
    throw new HnswError("UNSUPPORTED", `The core has ABI ${exports.abiVersion()}, this package needs ${ABI_VERSION}.`);
  }
  return exports;
}

export function exportsOf(module: WebAssembly.Module, memory: WebAssembly.Memory): CoreExports {
  try {
    return instantiateSync<CoreExports>(module, { env: { memory } }).exports;
  } catch (cause) {
    const which = "`hnsw-workers/core.shared.wasm` is for shared memory, `hnsw-workers/core.wasm` for other memory";
    throw new HnswError("UNSUPPORTED", `This core does not fit the memory used here: ${which}.`, { cause });
  }
}
