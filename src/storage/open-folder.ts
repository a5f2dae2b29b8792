/*
 * How is an index opened in a folder? Lock it, see what it was made for, fill the index from it, then start the
 * threads that keep it. The only module of journal/ that `open` imports, and only when a path is given.
 */
import { existsSync } from "node:fs";
import type { Handle } from "../engine/handle.ts";
import { HnswError } from "../errors.ts";
import { JournalBoard } from "../journal/board.ts";
import type { Incident, Settings } from "../options/open.ts";
import { mismatch, type Shape } from "../options/shape.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { damaged, lockFolder, lookAt, makeFolders, type OpenFolder } from "./disk/folder.ts";
import { JournalStore, type Meta } from "./disk/sqlite.ts";
import { Keeper } from "./keeper.ts";
import { Recovery, type RecoveryReport } from "./recovery/recovery.ts";
import { promoteFresh } from "./recovery/salvage.ts";

export type { OpenFolder };

/** Locks a folder. Rejects with PATH_IN_USE, PATH_FOREIGN or PATH_FAILED; or PATH_DAMAGED unless salvaging. */
export async function takeFolder(path: string, salvaging: boolean): Promise<OpenFolder> {
  const { paths, lock } = await lockFolder(path);
  try {
    if (existsSync(paths.fresh)) await promoteFresh(paths); // a crash cut a salvage off at its end
    const contents = await lookAt(paths);
    if (contents.damage !== null && !salvaging) throw damaged(contents.damage);
    return { paths, lock, ...contents };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What the folder's index was created with; nothing when it is new. Throws PATH_MISMATCH. */
export function shapeOfFolder({ meta, paths }: OpenFolder, asked: Partial<Shape>): Partial<Shape> {
  const made: Partial<Shape> = (meta ?? {}) as Partial<Shape>;
  const name = mismatch(asked, made);
  if (name === undefined) return made;
  const message = `The index in ${paths.folder} has \`${name}\` ${made[name]}, \`open\` was given ${asked[name]}.`;
  throw new HnswError("PATH_MISMATCH", `${message} Leave it out, or make another index and add everything again.`);
}

export interface Kept {
  keeper: Keeper;
  recovery: RecoveryReport;
}

/** What `keep` needs of the opening thread. */
export interface Keeping {
  folder: OpenFolder;
  handle: Handle;
  shared: SharedIndex;
  /** Settles when the workers are ready, or could not be started. */
  started: Promise<void>;
  seats: { journal: number; snapshots: number };
  /** Puts right what a dead thread's seat left. */
  repair: (seat: number) => void;
  /** Makes every partition refuse ops: nobody writes the journal any more. */
  stick: () => void;
  report: (incident: Incident) => void;
}

/**
 * Fills an empty index from its folder, and keeps it there from now on. Rejects with PATH_DAMAGED, PATH_MISMATCH,
 * PATH_FAILED, OUT_OF_MEMORY or TIMEOUT.
 */
export async function keep({ folder, handle, shared, started, ...parts }: Keeping): Promise<Kept> {
  const { paths, lock, damage } = folder;
  const board = new JournalBoard(shared.journal!);
  const recovery = new Recovery(handle, paths, shared.settings.onDamage === "salvage");
  const meta = metaOf(shared.settings);
  let found: RecoveryReport;
  try {
    makeFolders(paths);
    if (folder.meta === null && damage === null) await makeJournal(paths.journal, meta);
    found = await recovery.run(meta, damage);
    board.set("bytesAtSnapshot", -(await journalBytes(paths.journal)));
  } catch (cause) {
    if (cause instanceof HnswError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HnswError("PATH_FAILED", `The folder ${paths.folder} can't be used: ${why}.`, { cause });
  }
  for (let partition = 0; partition < handle.seats.length; partition++) {
    board.setDurable(partition, recovery.lastOf(partition));
  }
  await started;
  const keeper = new Keeper({ shared, board, paths, lock, ...parts });
  try {
    await keeper.start();
  } catch (error) {
    await keeper.stop();
    throw error;
  }
  return { keeper, recovery: found };
}

async function journalBytes(path: string): Promise<number> {
  const store = await JournalStore.open(path, "read");
  try {
    return store.size().bytes;
  } finally {
    store.close();
  }
}

async function makeJournal(path: string, meta: Meta): Promise<void> {
  const store = await JournalStore.open(path, "create");
  try {
    const states = Array.from({ length: meta.partitions }, (_, partition) => {
      return { partition, trimmed: 0, held: 0, nextSpace: 0 };
    });
    store.create(meta, states, []);
  } finally {
    store.close();
  }
}

function metaOf({ dimensions, metric, M, seed, partitions }: Settings): Meta {
  return { dimensions, metric, M, seed, partitions };
}
