/* How does another thread join an open index? */
import { Seat } from "../core/seat.ts";
import { Handle } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import type { AttachTicket } from "../values/reports.ts";
import { Control } from "../workers/control.ts";
import type { Ticket } from "../workers/protocol.ts";
import { durabilityOf } from "./start.ts";
import { VectorIndex } from "./vector-index.ts";

/**
 * Joins an index that another thread has open: the handle adds, deletes and searches like the index itself. Close it
 * before the thread ends, so that its seat can be used again. Throws BAD_OPTION, CLOSED, OUT_OF_MEMORY or TIMEOUT.
 */
export function attach(ticket: AttachTicket): VectorIndex {
  return attachWith(ticket).index;
}

/** @internal `attach`, with the insides in what it returns. */
export function attachWith(ticket: AttachTicket): { index: VectorIndex; seats: Seat[] } {
  if (!isTicket(ticket)) {
    throw new HnswError("BAD_OPTION", "`attach` needs the ticket that `index.attach()` returned on the other thread.");
  }
  const { kind: _, seat, ...shared } = ticket;
  const { module, memories, settings } = shared;
  const control = new Control(ticket.control);
  if (control.closed) throw new HnswError("CLOSED", "The index is closed.");
  if (!control.sitDown(seat)) {
    throw new HnswError("BAD_OPTION", "This ticket was used already: a ticket is for one thread, once.");
  }
  let seats: Seat[];
  try {
    seats = memories.map((memory) => Seat.join(module, memory, seat, false));
  } catch (error) {
    control.standUp(seat); // the ticket is as good as before
    throw error;
  }
  // Without workers the opening thread links (see `serveOthers`); this one only wakes it by the work it adds.
  const handle = new Handle(seats, settings, control, null, durabilityOf(shared));
  return { index: new VectorIndex(handle, shared, null, seat), seats };
}

/** Whether it came through `postMessage` whole. */
function isTicket(given: AttachTicket): given is Ticket {
  if (typeof given !== "object" || given === null || given.kind !== "hnsw-workers-ticket") return false;
  const { module, memories, control, settings, seat } = given as Ticket;
  const isShared = Array.isArray(memories) && memories.every((memory) => memory instanceof WebAssembly.Memory);
  return (
    module instanceof WebAssembly.Module && isShared && control instanceof SharedArrayBuffer && !!settings && seat > 0
  );
}
