/* How are long lists sorted and merged without keeping the event loop waiting? In slices of time. */
import { Slice } from "../runtime/event-loop.ts";

type Before<T> = (a: T, b: T) => boolean;

const RUN = 2048; // sorted at once: about a millisecond

/** A sorted copy. `isBefore`: a total order. */
export async function sortInSlices<T>(list: readonly T[], isBefore: Before<T>, slice: Slice): Promise<T[]> {
  const runs: T[][] = [];
  for (let at = 0; at < list.length; at += RUN) {
    runs.push(list.slice(at, at + RUN).sort((a, b) => (isBefore(a, b) ? -1 : 1)));
    if (slice.isOver) await slice.next();
  }
  return await merged(runs, isBefore, list.length, slice);
}

/** The first k of several lists, each of them in order. */
export async function merged<T>(lists: T[][], isBefore: Before<T>, k: number, slice = new Slice()): Promise<T[]> {
  let level = lists;
  while (level.length > 1) {
    const next: T[][] = [];
    for (let i = 0; i < level.length; i += 2) next.push(await merge(level[i]!, level[i + 1] ?? [], isBefore, k, slice));
    level = next;
  }
  return level[0]?.slice(0, k) ?? [];
}

async function merge<T>(a: T[], b: T[], isBefore: Before<T>, k: number, slice: Slice): Promise<T[]> {
  if (a.length === 0 || b.length === 0 || !isBefore(b[0]!, a.at(-1)!)) return a.concat(b);
  const both: T[] = [];
  for (let i = 0, j = 0; both.length < k && (i < a.length || j < b.length); ) {
    const isFirst = j === b.length || (i < a.length && !isBefore(b[j]!, a[i]!));
    both.push(isFirst ? a[i++]! : b[j++]!);
    if ((both.length & 1023) === 0 && slice.isOver) await slice.next();
  }
  return both;
}
