/* How many bytes does a space take, and for what? Counted when asked for, under the partition lock. */
import { S_BYTES } from "../layout";
import { graphBytes as bytesOfGraph } from "../graph/chunks";
import { addBytesOf, columnBytes, dictionaryBytes, documentBytes, startBytes } from "../rows/bytes";
import { slotBytes } from "../vectors/slots";

/** Of all, these: what is left are keys and headers. */
export let allBytes: u32 = 0, vectorBytes: u32 = 0, graphBytes: u32 = 0;
export { columnBytes, dictionaryBytes, documentBytes };

/** `emptying`: the generation that a compaction moves, or 0. */
export function countBytes(space: usize, current: usize, emptying: usize): void {
  startBytes();
  allBytes = load<u32>(space + S_BYTES);
  vectorBytes = graphBytes = 0;
  addGeneration(current);
  if (emptying != 0) addGeneration(emptying);
}

function addGeneration(generation: usize): void {
  vectorBytes += slotBytes(generation);
  graphBytes += bytesOfGraph(generation);
  addBytesOf(generation);
}
