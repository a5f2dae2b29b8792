/* Can every linked vector be reached from its graph's entry point? A walk in slices, which links again what it misses. */
import { E_MEMORY } from "../../assembly/layout.ts";
import * as calls from "../core/calls.ts";
import { outOfMemory } from "../core/refusals.ts";
import type { Seat } from "../core/seat.ts";
import { nextTurn, Patience } from "../runtime/event-loop.ts";
import type { Host } from "./host.ts";
import { timeout } from "./waiting-line.ts";

const NODES = 1000; // about 1 ms
const MOST_MOVES = 3;

/**
 * Walks a space's graph and links again what it does not reach; without `always` only if something was linked since the
 * last census. Resolves to how many slots it did not reach. Where compactions move the slots again and again, a few walks
 * must do.
 */
export function census(host: Host, seat: Seat, space: calls.SpaceAt, always: boolean): Promise<number> {
  return host.inTurn("census", async () => {
    const patience = new Patience(host.settings.timeoutMs);
    let missing = 0;
    for (let moves = 0; ; ) {
      const walk = await walkOnce(host, seat, space, always);
      missing = Math.max(missing, walk.missing);
      if (walk.moved) moves++;
      if (walk.moved ? moves === MOST_MOVES : walk.unmended === 0) return missing;
      if (patience.isOver) throw timeout(host.settings.timeoutMs); // lists that should take a slot are busy
      await nextTurn();
    }
  });
}

async function walkOnce(host: Host, seat: Seat, space: calls.SpaceAt, always: boolean) {
  const started = await host.whenFree(() => calls.startCensus(seat, space, always));
  if (started === false) return { moved: false, unmended: 0, missing: 0 };
  if (started === E_MEMORY) throw outOfMemory("for the notes of a census");
  try {
    for (;;) {
      const walk = await host.whenFree(() => calls.continueCensus(seat, NODES));
      if (typeof walk === "number") throw outOfMemory("to link again what a loaded graph does not reach");
      if (!walk.goesOn) return walk;
      await nextTurn();
    }
  } catch (error) {
    host.guarded(() => calls.endCensus(seat));
    throw error;
  }
}
