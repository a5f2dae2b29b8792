/* Is every linked vector reached by its graph, and what is not linked again, before the call returns? */
import { E_MEMORY } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { outOfMemory } from "../core/refusals.ts";
import type { SyncHandle } from "./handle.ts";

const MOST_WALKS = 5;

/** Links everything, ends compactions, and walks the graphs that have changed. */
export function flushNow(handle: SyncHandle): void {
  handle.assertOpen();
  handle.finish();
  for (const space of calls.spacesOf(handle.seat)) censusNow(handle, space, false);
}

/** Walks a space's graph and links again what it does not reach. */
export function censusNow(handle: SyncHandle, space: calls.SpaceAt, always: boolean): void {
  for (let walks = 0; walks < MOST_WALKS; walks++) if (walkOnceNow(handle, space, always)) return;
}

/** Returns whether nothing is left unreached. */
function walkOnceNow(handle: SyncHandle, space: calls.SpaceAt, always: boolean): boolean {
  const { seat } = handle;
  const started = handle.guarded(() => calls.startCensus(seat, space, always));
  if (started === false) return true;
  if (started === E_MEMORY) throw outOfMemory("for the notes of a census");
  for (;;) {
    const walk = handle.guarded(() => calls.continueCensus(seat, 1000));
    if (typeof walk === "number") {
      calls.endCensus(seat);
      throw outOfMemory("to link again what a loaded graph does not reach");
    }
    if (!walk.goesOn) return !walk.moved && walk.unmended === 0;
  }
}
