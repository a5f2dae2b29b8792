/* How is an index opened in a folder? The only module of storage/ that `open` imports, and only with a path. */
import { existsSync } from "node:fs";
import { buildMissing } from "../engine/add-field.ts";
import type { Handle } from "../engine/handle.ts";
import { expectDocuments } from "../engine/required.ts";
import { HnswError } from "../errors.ts";
import { JournalBoard } from "../journal/board.ts";
import { mergedFields } from "../options/documents.ts";
import { completeSettings, type Incident, type Known, type OpenRequest } from "../options/open.ts";
import { mismatch, type Shape } from "../options/shape.ts";
import type { RecoveryReport } from "../values/reports.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { damaged, pathError } from "./disk/damage.ts";
import { contentsOf, holdsIndex, type LockedFolder, lockFolder, makeFolders } from "./disk/folder.ts";
import type { Identity } from "./disk/identity.ts";
import { SqliteFile } from "./disk/sqlite.ts";
import { Keeper, type KeeperParts } from "./keeper.ts";
import { GroupLog } from "./log/group-log.ts";
import { createJournal } from "./recovery/create.ts";
import { Recovery } from "./recovery/recovery.ts";
import { promoteFresh } from "./recovery/salvage.ts";
import { type Opened, openUntilReload } from "./reloads.ts";
import { newPartitions } from "./snapshots/catalog.ts";

export type { Keeper };

/**
 * Opens an index by `start`, which gets what it was created with, and a function that loads it and keeps it in its folder
 * from then on. Rejects like `open` with a path.
 */
export async function openFolder<T extends Opened>(
  path: string,
  request: OpenRequest,
  report: (incident: Incident) => void,
  start: Start<T>,
): Promise<T> {
  return await openUntilReload(path, () => openNow(path, request, report, start));
}

type Start<T> = (
  known: Known,
  load: (handle: Handle, shared: SharedIndex, started: Promise<void>) => Promise<Keeper>,
) => Promise<T>;

async function openNow<T>(
  path: string,
  request: OpenRequest,
  report: (incident: Incident) => void,
  start: Start<T>,
): Promise<T> {
  if (!holdsIndex(path)) completeSettings(request, false); // a refusal leaves no new folder behind
  const folder = await takeFolder(path, request.settled.onDamage === "salvage");
  try {
    return await start(knownOfFolder(folder, request), (handle, shared, started) =>
      loadFolder({ folder, handle, shared, started, report }),
    );
  } catch (error) {
    folder.lock.release();
    throw error;
  }
}

async function takeFolder(path: string, salvaging: boolean): Promise<LockedFolder> {
  const { paths, lock } = await lockFolder(path);
  try {
    if (existsSync(paths.fresh)) await promoteFresh(paths); // a crash interrupted a salvage at its end
    const contents = await contentsOf(paths);
    if (contents.damage !== null && !salvaging) throw damaged(contents.damage);
    return { paths, lock, ...contents };
  } catch (error) {
    lock.release();
    throw pathError(error, `The folder ${paths.folder} can't be used`);
  }
}

/** What the folder's index was created with, and its fields with new ones; no shape when it is new. Throws PATH_MISMATCH. */
function knownOfFolder({ shape, fields, paths }: LockedFolder, { shape: asked, settled }: OpenRequest): Known {
  const made: Partial<Shape> = shape ?? {};
  const merged = mergedFields(fields, settled.fields);
  const name = mismatch(asked, made);
  if (name !== undefined) {
    const message = `The index in ${paths.folder} has \`${name}\` ${made[name]}, \`open\` was given ${asked[name]}.`;
    throw new HnswError("PATH_MISMATCH", `${message} Leave it out, or create another index and add everything again.`);
  }
  if (typeof merged !== "string") return { ...made, fields: merged };
  const message = `The field "${merged}" of the index in ${paths.folder} is of type "${fields[merged]}"`;
  throw new HnswError("PATH_MISMATCH", `${message}, \`open\` was given "${settled.fields[merged]}".`);
}

interface FolderParts extends Omit<KeeperParts, "board" | "paths" | "lock" | "identity" | "recovery"> {
  folder: LockedFolder;
  /** Settles when the workers are ready, or could not be started. */
  started: Promise<void>;
}

async function loadFolder({ folder, started, ...parts }: FolderParts): Promise<Keeper> {
  const { paths, lock, damage } = folder;
  const { settings, journal } = parts.shared;
  const { dimensions, metric, M, seed, partitions, fields } = settings;
  const shape: Shape = { dimensions, metric, M, seed, partitions };
  const board = new JournalBoard(journal!);
  const loading = new Recovery(parts.handle, paths, settings.onDamage === "salvage");
  let recovery: RecoveryReport;
  let identity: Identity;
  try {
    makeFolders(paths);
    if (folder.shape === null && damage === null) {
      await createJournal(paths.journal, { shape, fields }, newPartitions(partitions), []);
    }
    recovery = await loading.run(shape, damage, lock.identity.look);
    identity = lock.identity.with(paths.journal, paths.snapshots);
    const { bytes } = await SqliteFile.using(paths.journal, "read", (file) => new GroupLog(file).size());
    board.set("bytesAtSnapshot", -bytes);
  } catch (error) {
    throw pathError(error, `The folder ${paths.folder} can't be used`);
  }
  for (const { number, last } of loading.partitions) board.setDurable(number, last);
  await started;
  await buildMissing(parts.handle);
  await expectDocuments(parts.handle, "PATH_MISMATCH");
  const keeper = new Keeper({ board, paths, lock, identity, recovery, ...parts });
  try {
    await keeper.start();
    if (Object.keys(fields).length > Object.keys(folder.fields).length)
      await keeper.saveFields(parts.handle.fields.table);
  } catch (error) {
    await keeper.stop();
    throw error;
  }
  return keeper;
}
