/* How does an index come into being, and how does another thread join it? */
import { Control } from "./control.ts";
import { type Build, bestVariant, compileCore, type PartitionSettings, Seat, type Variant } from "./core.ts";
import { HnswError } from "./errors.ts";
import { Handle } from "./handle.ts";
import { LinkLoop } from "./linking.ts";
import { type Incident, type OpenOptions, resolveOptions, type Settings } from "./options.ts";
import { type Partitions, Pool } from "./pool.ts";
import type { AttachTicket, SharedIndex } from "./protocol.ts";
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
}

/**
 * Opens an empty index in memory and starts its workers.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED or OUT_OF_MEMORY.
 */
export async function open(options: OpenOptions): Promise<VectorIndex> {
  return (await openWith(options, {})).index;
}

/** @internal `open`, with the build of the core chosen and the insides handed out. */
export async function openWith(options: OpenOptions, choice: CoreChoice): Promise<Opened> {
  const settings = resolveOptions(options);
  const module = await compileCore(choice.build ?? "release", choice.variant ?? bestVariant());
  const seats = Array.from({ length: settings.partitions }, () =>
    Seat.create(module, partitionSettings(settings), 0, false),
  );
  const control = new Control();
  for (let seat = 0; seat <= settings.workers; seat++) control.takeSeat(seat);
  const memories = seats.map(({ memory }) => memory);
  const shared: SharedIndex = { module, memories, control: control.buffer, settings };
  if (settings.workers === 0) {
    const loop = new LinkLoop(seats, 0, settings, control, () => performance.now());
    return { index: new VectorIndex(new Handle(seats, settings, control, loop), shared, null, 0), pool: null, seats };
  }
  const partitions: Partitions = {
    repair: (seat) => {
      for (const { core } of seats) core.repairSeat(seat);
      control.progressed();
    },
    abandon: () => {
      for (const { core } of seats) core.abandon();
    },
  };
  const pool = new Pool(shared, control, partitions, options.onIncident ?? warn);
  try {
    await pool.start();
  } catch (error) {
    await pool.stop();
    throw error;
  }
  return { index: new VectorIndex(new Handle(seats, settings, control, null), shared, pool, 0), pool, seats };
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
  const { module, memories, settings, seat } = ticket;
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
    new Handle(seats, settings, control, null),
    { module, memories, control: ticket.control, settings },
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
