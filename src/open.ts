/* How does an index come into being, and how does another thread join it? */
import { JOURNAL_STUCK } from "../assembly/layout.ts";
import { Control } from "./control.ts";
import { type Build, bestVariant, compileCore, type PartitionSettings, Seat, type Variant } from "./core.ts";
import { HnswError } from "./errors.ts";
import { Handle } from "./handle.ts";
import { JournalBoard } from "./journal/board.ts";
import { JournalLink } from "./journal/link.ts";
import type { Kept, OpenFolder } from "./journal/opening.ts";
import { LinkLoop } from "./linking.ts";
import { type Incident, type OpenOptions, resolveOptions, resolvePath, type Settings } from "./options.ts";
import { type Partitions, Pool } from "./pool.ts";
import type { AttachTicket, SharedIndex } from "./protocol.ts";
import { firstAttachedSeat, journalSeats, OPENING_SEAT } from "./seating.ts";
import { VectorIndex } from "./vector-index.ts";

/** Which build of the core to use; for tests. */
export interface CoreChoice {
  build?: Build;
  variant?: Variant;
}

/** What `openForTest` returns beside the index. */
export interface Opened {
  index: VectorIndex;
  pool: Pool | null;
  seats: Seat[];
  kept: Kept | null;
}

/**
 * Opens an index and starts its workers: an empty one in memory, or with `path` the one that is kept in that folder,
 * as it was when the last op became durable. `index.recovery` tells what was found there.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED or OUT_OF_MEMORY; with a path also with PATH_IN_USE, PATH_FOREIGN, PATH_MISMATCH,
 * PATH_FAILED or PATH_DAMAGED.
 */
export async function open(options: OpenOptions): Promise<VectorIndex> {
  return (await openWith(options, {})).index;
}

/** @internal `open`, with the build of the core chosen and the insides handed out. */
export async function openWith(options: OpenOptions, choice: CoreChoice): Promise<Opened> {
  const path = resolvePath(options);
  if (path === null) return await openIn(resolveOptions(options), options.onIncident ?? warn, choice, null);
  const { takeFolder, withFolder } = await import("./journal/opening.ts");
  resolveOptions(options); // refuses nonsense before it makes a folder
  const folder = await takeFolder(path, options.recover === "salvage");
  try {
    return await openIn(resolveOptions(withFolder(options, folder)), options.onIncident ?? warn, choice, folder);
  } catch (error) {
    folder.lock.release();
    throw error;
  }
}

async function openIn(
  settings: Settings,
  report: (incident: Incident) => void,
  choice: CoreChoice,
  folder: OpenFolder | null,
): Promise<Opened> {
  const module = await compileCore(choice.build ?? "release", choice.variant ?? bestVariant());
  const seats = Array.from({ length: settings.partitions }, () =>
    Seat.create(module, partitionSettings(settings), OPENING_SEAT, false),
  );
  const control = new Control();
  for (let seat = 0; seat < firstAttachedSeat(settings); seat++) control.takeSeat(seat);
  const board = folder === null ? null : new JournalBoard();
  const shared: SharedIndex = {
    module,
    memories: seats.map(({ memory }) => memory),
    control: control.buffer,
    journal: board?.buffer ?? null,
    settings,
  };
  const inline = settings.workers === 0 ? new LinkLoop(seats, 0, settings, control, () => performance.now()) : null;
  const handle = new Handle(seats, settings, control, inline, linkTo(board, settings));
  const partitions: Partitions = {
    repair: (seat) => {
      for (const { core } of seats) core.repairSeat(seat);
      control.progressed();
    },
    abandon: () => {
      for (const { core } of seats) core.abandon();
    },
  };
  const pool = settings.workers === 0 ? null : new Pool(shared, control, partitions, report);
  try {
    await pool?.start();
    const kept = folder && (await keepIn(folder, handle, shared, partitions, report));
    return { index: new VectorIndex(handle, shared, pool, OPENING_SEAT, kept), pool, seats, kept };
  } catch (error) {
    control.close();
    await pool?.stop();
    throw error;
  }
}

async function keepIn(
  folder: OpenFolder,
  handle: Handle,
  shared: SharedIndex,
  { repair }: Partitions,
  report: (incident: Incident) => void,
): Promise<Kept> {
  const { keep } = await import("./journal/opening.ts");
  const stick = () => {
    for (const { core } of handle.seats) core.setJournalState(JOURNAL_STUCK);
  };
  return await keep({ folder, handle, shared, seats: journalSeats(shared.settings), repair, stick, report });
}

function linkTo(board: JournalBoard | null, { partitions, durability, timeoutMs }: Settings): JournalLink | null {
  return board && new JournalLink(board, partitions, durability, timeoutMs);
}

function partitionSettings(settings: Settings): PartitionSettings {
  const { dimensions, metric, M, efConstruction, seed, maxPending, codes, flatBelow, memoryLimit, partitions } =
    settings;
  const budget = Math.floor(memoryLimit / partitions);
  const neverCodes = codes === "never";
  return { dimensions, metric, M, efConstruction, seed, maxPending, crossover: flatBelow, budget, neverCodes };
}

function warn({ worker, kind, message }: Incident): void {
  process.emitWarning(`worker ${worker}: ${kind}: ${message}`, { type: "HnswWorkersWarning" });
}

/**
 * Joins an index that another thread has open: the handle adds, deletes and searches like the index itself. Close it
 * before the thread ends, so that its seat can be used again. Throws BAD_OPTION, CLOSED, OUT_OF_MEMORY or TIMEOUT.
 */
export function attach(ticket: AttachTicket): VectorIndex {
  if (typeof ticket !== "object" || ticket === null || ticket.kind !== "hnsw-workers-ticket" || !isWhole(ticket)) {
    throw new HnswError("BAD_OPTION", "`attach` needs the ticket that `index.attach()` returned on the other thread.");
  }
  const { module, memories, journal, settings, seat } = ticket;
  const control = new Control(ticket.control);
  if (control.closed) throw new HnswError("CLOSED", "The index is closed.");
  if (!control.sitDown(seat)) {
    throw new HnswError("BAD_OPTION", "This ticket was used already: a ticket is for one thread, once.");
  }
  let seats: Seat[];
  try {
    seats = memories.map((memory) => Seat.join(module, memory, seat, settings.dimensions, false));
  } catch (error) {
    control.standUp(seat); // the ticket is as good as before
    throw error;
  }
  // Without workers the opening thread links (see `serveOthers`); this one only wakes it by the work it adds.
  return new VectorIndex(
    new Handle(seats, settings, control, null, linkTo(journal && new JournalBoard(journal), settings)),
    { module, memories, control: ticket.control, journal, settings },
    null,
    seat,
  );
}

function isWhole({ module, memories, control, settings, seat }: AttachTicket): boolean {
  const shared = Array.isArray(memories) && memories.every((memory) => memory instanceof WebAssembly.Memory);
  return (
    module instanceof WebAssembly.Module && shared && control instanceof SharedArrayBuffer && !!settings && seat > 0
  );
}
