/*
 * May a thread join an index with this ticket? Only if the index gave it, it arrived whole, and no thread used it before.
 *
 * The control block holds the fingerprint of what belongs together (the settings, and the partitions in their order), and
 * in the word of each seat that a ticket was given for, that ticket's number. To take the seat is to replace the number.
 */
import { MAX_SEATS } from "../../assembly/layout.ts";
import { markOf } from "../core/seat.ts";
import { HnswError } from "../errors.ts";
import { badOption, isObject } from "../options/checks.ts";
import { threadNumber } from "../runtime/system-thread.ts";
import { kindOf } from "../values/kind.ts";
import { Control, controlBytes } from "./control.ts";
import type { SharedIndex, Ticket } from "./protocol.ts";
import { takeFreeSeat } from "./seats.ts";

/** A ticket for the next free seat. Throws TOO_MANY_HANDLES. */
export function giveTicket(shared: SharedIndex, control: Control): Ticket {
  const seat = takeFreeSeat(control, shared.settings);
  return { kind: "hnsw-workers-ticket", seat, number: control.keepFor(seat), ...shared };
}

/** The control block of a ticket's index, in which its seat is the caller's from now on. Throws BAD_OPTION or CLOSED. */
export function useTicket(given: unknown): { ticket: Ticket; control: Control } {
  const refusal = badOption("`attach` needs the ticket that `index.attach()` returned on the other thread, as it was.");
  if (!isTicket(given)) throw refusal;
  const control = new Control(given.control);
  if (control.closed) throw new HnswError("CLOSED", "The index is closed.");
  if (control.fingerprint !== fingerprintOf(given)) throw refusal;
  if (control.sitDown(given.seat, given.number, threadNumber())) return { ticket: given, control };
  throw badOption("This ticket was used already, or changed: a ticket is for one thread, once.");
}

/** Of the settings and the partitions, 32 bits: FNV-1a. */
export function fingerprintOf({ settings, memories, journal }: Omit<SharedIndex, "control">): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([settings, memories.map(markOf), journal?.byteLength])) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return hash | 0;
}

/** Whether everything is there, each of its kind. */
function isTicket(given: unknown): given is Ticket {
  if (!isObject(given)) return false;
  const { kind, module, memories, control, journal, fields, settings, seat, number } = given as Ticket;
  return (
    kind === "hnsw-workers-ticket" &&
    kindOf(module) === "WebAssembly.Module" &&
    Array.isArray(memories) &&
    memories.every((memory) => kindOf(memory) === "WebAssembly.Memory") &&
    kindOf(control) === "SharedArrayBuffer" &&
    (journal === null || kindOf(journal) === "SharedArrayBuffer") &&
    kindOf(fields) === "SharedArrayBuffer" &&
    isObject(settings) &&
    control.byteLength === controlBytes(Math.max(1, settings.workers)) &&
    Number.isInteger(seat) &&
    seat >= 0 &&
    seat < MAX_SEATS &&
    Number.isInteger(number)
  );
}
