/* How is an index opened by a program that can't wait? In memory of its own, on the calling thread. */
import { bestVariant, compileCoreNow } from "../core/build.ts";
import { Seat } from "../core/seat.ts";
import type { MetadataType } from "../documents/types.ts";
import { beginFields } from "../engine/add-field.ts";
import { completeSettings } from "../options/open.ts";
import { type OpenSyncOptions, readSyncOptions } from "../options/open-sync.ts";
import { commonTime } from "../runtime/platform.ts";
import { ensureStack } from "../runtime/stack.ts";
import { portionsOf } from "../scheduler/portions.ts";
import { knownOfExport } from "../snapshot/import.ts";
import { SyncHandle } from "../sync/handle.ts";
import { ExportBytes } from "../sync/import.ts";
import { OPENING_SEAT } from "../workers/seats.ts";
import type { CoreChoice } from "./start.ts";
import { SyncIndex } from "./sync-index.ts";

/**
 * Opens an index in memory whose calls return when they are done: no promise, no worker. What `add` accepts is linked when
 * it returns. The index belongs to this thread, and its memory is given back with the object. In Bun and Node; elsewhere
 * with a `core`. `from`: it starts with an export.
 *
 * Throws BAD_OPTION, UNSUPPORTED or OUT_OF_MEMORY; with `from` also EXPORT_FOREIGN or EXPORT_DAMAGED.
 */
export function openSync<M = unknown>(
  options: OpenSyncOptions<M> & { metadata: "required" | MetadataType<M, never> },
): SyncIndex<M, never>;
export function openSync<M = unknown>(options: OpenSyncOptions<M>): SyncIndex<M>;
export function openSync(options: OpenSyncOptions): SyncIndex {
  return openSyncWith(options).index;
}

/** @internal `openSync`, with a choice of the core's build, and the insides in what it returns. */
export function openSyncWith(options: OpenSyncOptions, choice: Pick<CoreChoice, "build" | "variant"> = {}) {
  ensureStack();
  const request = readSyncOptions(options);
  const source = request.from === undefined ? null : new ExportBytes(request.from);
  const settings = completeSettings(request, false, source === null ? {} : knownOfExport(source, request));
  const { build = "release", variant = bestVariant() } = choice;
  const module = request.core ?? compileCoreNow(build, variant);
  const portions = portionsOf(settings.batching.bulk, settings.maxPending);
  const partition = { ...settings, partitionLimit: settings.memoryLimit, portions };
  const handle = new SyncHandle(Seat.create(module, partition, OPENING_SEAT, false, false), settings);
  beginFields(handle, settings.fields);
  source?.load(handle);
  return { index: new SyncIndex(handle, commonTime()), handle };
}
