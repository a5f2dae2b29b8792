/* How is an index opened? An empty one, one that starts from an export, or the one that a folder keeps. */
import { isForSharedMemory } from "../core/build.ts";
import { HnswError } from "../errors.ts";
import { completeSettings, type OpenOptions, type OpenRequest, readOptions } from "../options/open.ts";
import { canKeepFolders, canStartThreads } from "../runtime/platform.ts";
import { ExportReader, loadExport, shapeOfExport } from "../snapshot/import.ts";
import type { ExportSource } from "../values/reports.ts";
import { reporterOf } from "./incidents.ts";
import { type CoreChoice, type Opened, startIndex } from "./start.ts";
import type { VectorIndex } from "./vector-index.ts";

/**
 * Opens an index and starts its workers: an empty one in memory, or with `path` the one that is kept in that folder,
 * as it was when the last op became durable. `index.recovery` says what was found. `from`: it starts with an export.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED or OUT_OF_MEMORY; with `from` also with EXPORT_FOREIGN or EXPORT_DAMAGED; with
 * a path also with PATH_IN_USE, PATH_FOREIGN, PATH_MISMATCH, PATH_FAILED or PATH_DAMAGED.
 */
export async function open(options: OpenOptions): Promise<VectorIndex> {
  return (await openWith(options)).index;
}

/** @internal `open`, with a choice of the core's build, and the insides in what it resolves to. */
export async function openWith(options: OpenOptions, choice: CoreChoice = {}): Promise<Opened> {
  const request = readOptions(options);
  const { core, from, settled, onIncident } = request;
  if (core !== undefined) choice = { ...choice, module: core, shared: isForSharedMemory(core) };
  if (settled.path !== null) return await openFolder(settled.path, request, choice);
  if (from !== undefined) return await openExport(from, request, choice);
  return await startIndex(completeSettings(request, hasThreads(choice)), reporterOf(onIncident), choice, null);
}

function hasThreads({ shared }: CoreChoice): boolean {
  return canStartThreads && shared !== false;
}

async function openExport(from: ExportSource, request: OpenRequest, choice: CoreChoice): Promise<Opened> {
  const reader = await ExportReader.open(from);
  try {
    const settings = completeSettings(request, hasThreads(choice), shapeOfExport(reader, request.shape));
    return await startIndex(settings, reporterOf(request.onIncident), choice, async (handle) => {
      await loadExport(reader, handle);
      return null;
    });
  } finally {
    await reader.close();
  }
}

async function openFolder(path: string, request: OpenRequest, choice: CoreChoice): Promise<Opened> {
  if (!canKeepFolders) {
    throw new HnswError("UNSUPPORTED", "`path` needs Bun and its SQLite; elsewhere, start `from` an export.");
  }
  const { loadFolder, shapeOfFolder, takeFolder } = await import("../storage/open-folder.ts");
  const report = reporterOf(request.onIncident);
  const folder = await takeFolder(path, request.settled.onDamage === "salvage");
  try {
    const settings = completeSettings(request, hasThreads(choice), shapeOfFolder(folder, request.shape));
    return await startIndex(settings, report, choice, (handle, shared, started) =>
      loadFolder({ folder, handle, shared, started, report }),
    );
  } catch (error) {
    folder.lock.release();
    throw error;
  }
}
