/* How does an index come into being, and how does another thread join it? */
import { JOURNAL_STUCK, MAX_PAGES } from "../../assembly/layout.ts";
import { type Build, bestVariant, compileCore, isForSharedMemory, type Variant } from "../core/build.ts";
import { type PartitionSettings, Seat } from "../core/seat.ts";
import { Handle } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import { JournalBoard } from "../journal/board.ts";
import { JournalLink } from "../journal/client.ts";
import { type Incident, type OpenOptions, resolveOptions, resolvePath, type Settings } from "../options/open.ts";
import { askForHugePages, canShare, canStartThreads, SMALL_BYTES, warn } from "../runtime/platform.ts";
import { Arriving, startFrom, withExport } from "../snapshot/import.ts";
import type { Kept } from "../storage/open-folder.ts";
import { Control, controlBlock } from "../workers/control.ts";
import { linkerOf } from "../workers/linker.ts";
import type { Partitions, Pool } from "../workers/pool.ts";
import type { AttachTicket, SharedIndex } from "../workers/protocol.ts";
import { firstAttachedSeat, journalSeats, OPENING_SEAT } from "../workers/seats.ts";
import { commonTime } from "./stats.ts";
import { VectorIndex } from "./vector-index.ts";

/** Which build of the core to use; for tests. */
export interface CoreChoice {
  build?: Build;
  variant?: Variant;
  /** Whether the memory is one that threads could share. */
  shared?: boolean;
  /** Compiled already. */
  module?: WebAssembly.Module;
}

/** Fills an index that was just made, while its workers start; answers who keeps it, if anybody does. */
export type Fill = (handle: Handle, parts: FillParts) => Promise<Kept | null>;

interface FillParts {
  shared: SharedIndex;
  partitions: Partitions;
  /** Settles when the workers are ready, or could not be started. */
  started: Promise<void>;
}

/** What `openWith` returns beside the index. */
export interface Opened {
  index: VectorIndex;
  handle: Handle;
  pool: Pool | null;
  seats: Seat[];
  kept: Kept | null;
}

/**
 * Opens an index and starts its workers: an empty one in memory, or with `path` the one that is kept in that folder,
 * as it was when the last op became durable. `index.recovery` tells what was found there.
 *
 * `from` starts it with what another one has exported.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED or OUT_OF_MEMORY; with `from` also with SNAPSHOT_FOREIGN or SNAPSHOT_DAMAGED; with
 * a path also with PATH_IN_USE, PATH_FOREIGN, PATH_MISMATCH, PATH_FAILED or PATH_DAMAGED.
 */
export async function open(options: OpenOptions): Promise<VectorIndex> {
  return (await openWith(options, {})).index;
}

/** @internal `open`, with the build of the core chosen and the insides handed out. */
export async function openWith(options: OpenOptions, choice: CoreChoice): Promise<Opened> {
  const path = resolvePath(options);
  const { core } = options;
  if (core !== undefined) choice = { ...choice, module: core, shared: isForSharedMemory(core) };
  if (path === null) return await openInMemory(options, choice);
  if (typeof Bun === "undefined") {
    throw new HnswError("UNSUPPORTED", "`path` needs Bun and its SQLite; elsewhere, start `from` an export.");
  }
  const { keep, takeFolder, withFolder } = await import("../storage/open-folder.ts");
  resolveOptions(options); // refuses nonsense before it makes a folder
  const report = reporterOf(options);
  const folder = await takeFolder(path, options.onDamage === "salvage");
  const fill: Fill = (handle, { shared, partitions: { repair }, started }) => {
    const stick = () => {
      for (const { core } of handle.seats) core.setJournalState(JOURNAL_STUCK);
    };
    return keep({ folder, handle, shared, started, seats: journalSeats(shared.settings), repair, stick, report });
  };
  try {
    return await openIn(resolveOptions(withFolder(options, folder)), report, choice, fill);
  } catch (error) {
    folder.lock.release();
    throw error;
  }
}

async function openInMemory(options: OpenOptions, choice: CoreChoice): Promise<Opened> {
  const report = reporterOf(options);
  const threads = canStartThreads && choice.shared !== false;
  if (options.from === undefined) return await openIn(resolveOptions(options, threads), report, choice, null);
  resolveOptions({ ...options, dimensions: options.dimensions ?? 1 }); // refuses nonsense before it reads
  const arriving = await Arriving.open(options.from);
  try {
    const settings = resolveOptions(withExport(options, arriving), threads);
    return await openIn(settings, report, choice, async (handle) => {
      await startFrom(arriving, handle);
      return null;
    });
  } finally {
    await arriving.close();
  }
}

/** @internal Starts an index and its workers and has it filled; with a `path` in its settings there is a journal. */
export async function openIn(
  settings: Settings,
  report: (incident: Incident) => void,
  choice: CoreChoice,
  fill: Fill | null,
): Promise<Opened> {
  const shared = canShare && choice.shared !== false;
  if (settings.workers > 0 && !(shared && canStartThreads)) {
    const where = "in pages that are not isolated, with a `core` for memory that is not shared, and in isolates";
    throw new HnswError("UNSUPPORTED", `There are no threads that share memory ${where}: open with \`workers: 0\`.`);
  }
  const { build = "release", variant = bestVariant() } = choice;
  const module = choice.module ?? (await compileCore(build, variant, shared));
  const seats = Array.from({ length: settings.partitions }, () =>
    Seat.create(module, partitionSettings(settings), OPENING_SEAT, false, shared),
  );
  const memories = seats.map(({ memory }) => memory);
  await askForHugePages(memories, SMALL_BYTES, MAX_PAGES * 65536);
  const control = new Control(controlBlock(shared));
  for (let seat = 0; seat < firstAttachedSeat(settings); seat++) control.takeSeat(seat);
  const board = settings.path === null ? null : new JournalBoard();
  const insides: SharedIndex = {
    module,
    memories,
    control: control.buffer,
    journal: board?.buffer ?? null,
    settings,
    openedAt: commonTime(),
  };
  const inline = settings.workers === 0 ? linkerOf(seats, 0, settings, control) : null;
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
  const pool =
    settings.workers === 0 ? null : new (await import("../workers/pool.ts")).Pool(insides, control, partitions, report);
  try {
    const started = pool?.start() ?? Promise.resolve();
    started.catch(() => {}); // it is thrown below, once nobody fills any more
    const kept = fill && (await fill(handle, { shared: insides, partitions, started }));
    await started;
    return { index: new VectorIndex(handle, insides, pool, OPENING_SEAT, kept), handle, pool, seats, kept };
  } catch (error) {
    control.close();
    await pool?.stop();
    throw error;
  }
}

function linkTo(board: JournalBoard | null, { partitions, durability, timeoutMs }: Settings): JournalLink | null {
  return board && new JournalLink(board, partitions, durability, timeoutMs);
}

function partitionSettings(settings: Settings): PartitionSettings {
  return { ...settings, partitionLimit: Math.floor(settings.memoryLimit / settings.partitions) };
}

/** Tells the user's function of incidents. What that throws is thrown in a turn of its own: it stops nothing here. */
function reporterOf({ onIncident }: OpenOptions): (incident: Incident) => void {
  if (onIncident === undefined) return tell;
  return (incident) => {
    try {
      onIncident(incident);
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  };
}

/** @internal */
export function tell({ worker, kind, message }: Incident): void {
  warn(`worker ${worker}: ${kind}: ${message}`);
}

/**
 * Joins an index that another thread has open: the handle adds, deletes and searches like the index itself. Close it
 * before the thread ends, so that its seat can be used again. Throws BAD_OPTION, CLOSED, OUT_OF_MEMORY or TIMEOUT.
 */
export function attach(ticket: AttachTicket): VectorIndex {
  if (typeof ticket !== "object" || ticket === null || ticket.kind !== "hnsw-workers-ticket" || !isWhole(ticket)) {
    throw new HnswError("BAD_OPTION", "`attach` needs the ticket that `index.attach()` returned on the other thread.");
  }
  const { module, memories, journal, settings, openedAt, seat } = ticket;
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
    { module, memories, control: ticket.control, journal, settings, openedAt },
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
