/* How does an index start? Partitions are created, its content is loaded, and its workers start in the meantime. */
import { MAX_PAGES } from "../../assembly/layout.ts";
import { type Build, bestVariant, compileCore, type Variant } from "../core/build.ts";
import { Seat } from "../core/seat.ts";
import { beginFields } from "../engine/add-field.ts";
import { type Durability, IN_MEMORY } from "../engine/durability.ts";
import { deleteExpiredEveryMinute } from "../engine/expiry.ts";
import { FieldBoard } from "../engine/field-board.ts";
import { Handle, type TableOf } from "../engine/handle.ts";
import { measureInBackground } from "../engine/recall-watch.ts";
import { HnswError } from "../errors.ts";
import { JournalBoard } from "../journal/board.ts";
import { JournalClient } from "../journal/client.ts";
import type { Incident, Settings } from "../options/open.ts";
import type { Measurer } from "../recall/measure.ts";
import { askForHugePages, SMALL_BYTES } from "../runtime/huge-pages.ts";
import { canShare, canStartThreads, commonTime } from "../runtime/platform.ts";
import { portionsOf } from "../scheduler/portions.ts";
import type { Keeper } from "../storage/open-folder.ts";
import { Control, controlBlock } from "../workers/control.ts";
import { linkerOf } from "../workers/linker.ts";
import type { Pool } from "../workers/pool.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { firstAttachedSeat, OPENING_SEAT } from "../workers/seats.ts";
import { fingerprintOf } from "../workers/tickets.ts";
import { VectorIndex } from "./vector-index.ts";

/** Which build of the core to use; mostly for tests. */
export interface CoreChoice {
  build?: Build;
  variant?: Variant;
  /** Whether the memory is one that threads could share. */
  shared?: boolean;
  module?: WebAssembly.Module;
}

/** How an index is run from within the package. */
export interface InnerChoice extends CoreChoice {
  /** False: who opened it deletes what has expired. */
  sweeps?: boolean;
  /** Collections share the index: what `Handle.tableOf` returns. */
  tableOf?: TableOf;
}

/** Loads a new index. Resolves to what keeps it on the disk, if anything. `started` settles when workers are ready. */
export type Load = (handle: Handle, shared: SharedIndex, started: Promise<void>) => Promise<Keeper | null>;

/** An open index with its insides. */
export interface Opened {
  index: VectorIndex;
  handle: Handle;
  shared: SharedIndex;
  pool: Pool | null;
  seats: Seat[];
  keeper: Keeper | null;
}

/** Rejects with UNSUPPORTED, OUT_OF_MEMORY, TIMEOUT, or with what `load` rejects with; then nothing is left running. */
export async function startIndex(
  settings: Settings,
  report: (incident: Incident) => void,
  choice: InnerChoice,
  load: Load | null,
): Promise<Opened> {
  const { workers } = settings;
  const { seats, shared } = await createPartitions(settings, choice);
  const control = new Control(shared.control);
  control.fingerprint = fingerprintOf(shared);
  for (let seat = 0; seat < firstAttachedSeat(settings); seat++) control.takeSeat(seat);
  const inline = workers === 0 ? linkerOf(seats, 0, settings, control) : null;
  const fields = new FieldBoard(shared.fields);
  const handle = new Handle(seats, settings, control, inline, durabilityOf(shared), fields);
  handle.tableOf = choice.tableOf ?? null;
  const pool = workers === 0 ? null : new (await import("../workers/pool.ts")).Pool(shared, control, seats, report);
  pool?.endWith(handle);
  try {
    const started = pool?.start() ?? Promise.resolve();
    started.catch(() => {}); // it is awaited below, when loading has ended
    beginFields(handle, settings.fields);
    const keeper = load && (await load(handle, shared, started));
    await started;
    if (choice.sweeps !== false) deleteExpiredEveryMinute(handle);
    handle.measurer = pool && measurerOf(pool);
    if (handle.measurer !== null && settings.ef === null) measureInBackground(handle, handle.measurer);
    return { index: new VectorIndex(handle, shared, pool, OPENING_SEAT, keeper), handle, shared, pool, seats, keeper };
  } catch (error) {
    control.close();
    await pool?.stop();
    throw error;
  }
}

async function createPartitions(settings: Settings, choice: CoreChoice) {
  const isShared = canShare && choice.shared !== false;
  if (settings.workers > 0 && !(isShared && canStartThreads)) {
    const where = "in pages that are not isolated, with a `core` for memory that is not shared, and in isolates";
    throw new HnswError("UNSUPPORTED", `There are no threads that share memory ${where}: open with \`workers: 0\`.`);
  }
  const { build = "release", variant = bestVariant() } = choice;
  const module = choice.module ?? (await compileCore(build, variant, isShared));
  const partitionLimit = Math.floor(settings.memoryLimit / settings.partitions);
  const portions = portionsOf(settings.batching.bulk, settings.maxPending);
  const seats = Array.from({ length: settings.partitions }, () =>
    Seat.create(module, { ...settings, partitionLimit, portions }, OPENING_SEAT, false, isShared),
  );
  const memories = seats.map(({ memory }) => memory);
  await askForHugePages(memories, SMALL_BYTES, MAX_PAGES * 65536);
  const journal = settings.path === null ? null : new JournalBoard().buffer;
  const control = controlBlock(isShared, Math.max(1, settings.workers));
  const fields = new FieldBoard({ shared: isShared }).buffer;
  const shared: SharedIndex = { module, memories, control, journal, settings, fields, openedAt: commonTime() };
  return { seats, shared };
}

/** Has a worker measure. */
const measurerOf =
  (pool: Pool): Measurer =>
  async ({ partition, address, incarnation }, job) =>
    (await pool.measure({ partition, space: { address, incarnation }, job })).ms;

/** What makes ops durable: the journal, if there is one. */
export function durabilityOf({ journal, settings }: SharedIndex): Durability {
  const { partitions, durability, timeoutMs } = settings;
  return journal === null ? IN_MEMORY : new JournalClient(new JournalBoard(journal), partitions, durability, timeoutMs);
}
