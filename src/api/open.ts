/* How is an index opened? An empty one, one that starts from an export, or the one that a folder keeps. */
import { isForSharedMemory } from "../core/build.ts";
import type { MetadataType } from "../documents/types.ts";
import { buildMissing } from "../engine/add-field.ts";
import { expectDocuments } from "../engine/required.ts";
import { HnswError } from "../errors.ts";
import { completeSettings, type Known, type OpenOptions, readOptions } from "../options/open.ts";
import { canKeepFolders, canStartThreads } from "../runtime/platform.ts";
import { ensureStack } from "../runtime/stack.ts";
import { ExportReader, knownOfExport, loadExport } from "../snapshot/import.ts";
import { reporterOf } from "./incidents.ts";
import { type InnerChoice, type Load, type Opened, startIndex } from "./start.ts";
import type { VectorIndex } from "./vector-index.ts";

/**
 * Opens an index and starts its workers: an empty one in memory, or with `path` the one that is kept in that folder,
 * as it was when the last op became durable. `index.recovery` says what was found. `from`: it starts with an export.
 *
 * Rejects with BAD_OPTION, UNSUPPORTED or OUT_OF_MEMORY; with `from` also with EXPORT_FOREIGN or EXPORT_DAMAGED; with
 * a path also with PATH_IN_USE, PATH_FOREIGN, PATH_MISMATCH, PATH_FAILED or PATH_DAMAGED.
 */
export function open<M = unknown>(
  options: OpenOptions<M> & { metadata: "required" | MetadataType<M, never> },
): Promise<VectorIndex<M, never>>;
export function open<M = unknown>(options: OpenOptions<M>): Promise<VectorIndex<M>>;
export async function open(options: OpenOptions): Promise<VectorIndex> {
  return (await openWith(options)).index;
}

/** @internal `open`, with a choice of the core's build, and the insides in what it resolves to. */
export async function openWith(options: OpenOptions, choice: InnerChoice = {}): Promise<Opened> {
  ensureStack();
  const request = readOptions(options);
  const { core, from, settled, onIncident } = request;
  if (core !== undefined) choice = { ...choice, module: core, shared: isForSharedMemory(core) };
  const report = reporterOf(onIncident);
  const threads = canStartThreads && choice.shared !== false;
  const start = (known: Known, load: Load | null) =>
    startIndex(completeSettings(request, threads, known), report, choice, load);
  if (settled.path !== null) {
    if (!canKeepFolders) {
      throw new HnswError("UNSUPPORTED", "`path` needs Bun and its SQLite; elsewhere, start `from` an export.");
    }
    const { openFolder } = await import("../storage/open-folder.ts");
    return await openFolder(settled.path, request, report, start);
  }
  if (from === undefined) return await start({}, null);
  const reader = await ExportReader.open(from);
  try {
    return await start(knownOfExport(reader, request), async (handle) => {
      await loadExport(reader, handle);
      await buildMissing(handle);
      await expectDocuments(handle, "EXPORT_FOREIGN");
      return null;
    });
  } finally {
    await reader.close();
  }
}
