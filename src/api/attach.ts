/* How does another thread join an open index? */
import { Seat } from "../core/seat.ts";
import { FieldBoard } from "../engine/field-board.ts";
import { Handle } from "../engine/handle.ts";
import { frozen } from "../options/open.ts";
import { ensureStack } from "../runtime/stack.ts";
import type { AttachTicket } from "../values/reports.ts";
import { useTicket } from "../workers/tickets.ts";
import { durabilityOf } from "./start.ts";
import { VectorIndex } from "./vector-index.ts";

/**
 * Joins an index that another thread has open: the handle adds, deletes and searches like the index itself. Close it
 * before the thread ends; only Linux tells when one has ended, and then its seat is free again by itself. Throws BAD_OPTION, CLOSED, OUT_OF_MEMORY or TIMEOUT.
 */
export function attach(ticket: AttachTicket): VectorIndex {
  return attachWith(ticket).index;
}

/** @internal `attach`, with the insides in what it returns. */
export function attachWith(given: AttachTicket): { index: VectorIndex; seats: Seat[] } {
  ensureStack();
  const { ticket, control } = useTicket(given);
  const { kind: _, seat, number, ...shared } = ticket;
  shared.settings = frozen(shared.settings); // it arrived as a copy
  const { module, memories, settings } = shared;
  let seats: Seat[];
  try {
    seats = memories.map((memory) => Seat.join(module, memory, seat, false));
  } catch (error) {
    control.standUp(seat, number); // the ticket is as good as before
    throw error;
  }
  // Without workers the opening thread links (see `serveOthers`); this one only wakes it by the work it adds.
  const board = new FieldBoard(shared.fields);
  const handle = new Handle(seats, settings, control, null, durabilityOf(shared), board);
  return { index: new VectorIndex(handle, shared, null, seat), seats };
}
