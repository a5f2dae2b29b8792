/*
 * How does an array grow that others read without a lock? A larger copy takes its place, and those that it replaced stay
 * until the generation is freed: [older u32][entries u32][-][-], then the entries.
 */
import { D_ENTRIES, D_HEADER, D_OLDER, FAULT_ROW_DIRECTORY } from "../layout";
import { allocate, bytesOf, free } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { clearBytes, copyBytes } from "../memory/words";
import { countBlock } from "../vectors/slots";

/** Replaces the directory that `holder` leads to by one with `entries` of `bytes` each; 0 when there is no memory. */
export function grown(generation: usize, holder: usize, entries: u32, bytes: u32, mine: u32): usize {
  const old: usize = load<u32>(holder);
  const larger = allocate(D_HEADER + entries * bytes, mine);
  if (larger == 0) return 0;
  clearBytes(larger, D_HEADER + entries * bytes);
  store<u32>(larger + D_OLDER, <u32>old);
  store<u32>(larger + D_ENTRIES, entries);
  if (old != 0) copyBytes(larger + D_HEADER, old + D_HEADER, load<u32>(old + D_ENTRIES) * bytes);
  countBlock(generation, larger);
  faultPoint(FAULT_ROW_DIRECTORY);
  atomic.store<u32>(holder, <u32>larger);
  return larger;
}

/** Bytes of a directory and those that it replaced. */
export function chainBytes(holder: usize): u32 {
  let bytes: u32 = 0;
  for (let at: usize = load<u32>(holder); at != 0; at = load<u32>(at + D_OLDER)) bytes += bytesOf(at);
  return bytes;
}

/** Frees a directory and those that it replaced, those first: the newest knows best what else is to be freed. */
export function freeChain(holder: usize): void {
  const newest: usize = load<u32>(holder);
  if (newest == 0) return;
  for (let older: usize = load<u32>(newest + D_OLDER); older != 0; older = load<u32>(newest + D_OLDER)) {
    store<u32>(newest + D_OLDER, load<u32>(older + D_OLDER));
    free(older);
  }
  store<u32>(holder, 0);
  free(newest);
}
