/// <reference lib="esnext.disposable" preserve="true" />
/* What is an index to a program that can't wait? As a `VectorIndex`, on one thread, and without promises. */
import { namesOf } from "../core/spaces.ts";
import type { FieldType } from "../documents/fields.ts";
import { badOption, show, tooMany } from "../options/checks.ts";
import type { Settings } from "../options/open.ts";
import { writeFileNow } from "../runtime/user-file.ts";
import { flushNow } from "../sync/census.ts";
import { exportNow } from "../sync/export.ts";
import type { SyncHandle } from "../sync/handle.ts";
import { dropSpaceNow } from "../sync/ops.ts";
import type { Key } from "../values/keys.ts";
import type { IndexStats } from "../values/reports.ts";
import { checkSpaceName, namesToExport } from "./names.ts";
import { readStats } from "./stats.ts";
import { SyncSpace } from "./sync-space.ts";

/** An open index whose calls return when they are done. Make it with `openSync`. `M` and `Absent`: as of a `VectorIndex`. */
export class SyncIndex<M = unknown, Absent extends undefined = undefined> implements Disposable {
  /** @internal Use `openSync`. */
  constructor(
    private readonly handle: SyncHandle,
    private readonly openedAt: number,
  ) {}

  /** The options that this index was opened with, defaults filled in. */
  get options(): Readonly<Settings> {
    return this.handle.settings;
  }

  /** The fields that a `where` knows, each with its type. */
  get fields(): Readonly<Record<string, FieldType>> {
    return this.handle.fields.table.types;
  }

  /** The space of that name. Costs nothing: a space is created by its first `add`. Throws BAD_SPACE or CLOSED. */
  space<K extends Key = Key>(name: string): SyncSpace<K, M, Absent>;
  space<K extends Key = Key>(name: string, extra?: unknown): SyncSpace<K, M, Absent> {
    this.handle.assertOpen();
    if (extra !== undefined) throw tooMany("space(name)", extra);
    checkSpaceName(this.handle, name);
    return new SyncSpace(name, this.handle);
  }

  /** Names of all spaces. Throws CLOSED. */
  spaces(): string[] {
    this.handle.assertOpen();
    return this.handle.guarded(() => namesOf(this.handle.seat));
  }

  /** Deletes a space with everything in it. Returns whether there was one. Throws BAD_SPACE or CLOSED. */
  dropSpace(name: string): boolean;
  dropSpace(name: string, extra?: unknown): boolean {
    if (extra !== undefined) throw tooMany("dropSpace(name)", extra);
    return dropSpaceNow(this.handle, this.space(name).name);
  }

  /**
   * Deletes what has expired, ends compactions, and links again what a graph does not reach. Searches don't need it. Throws
   * OUT_OF_MEMORY or CLOSED.
   */
  flush(): void {
    flushNow(this.handle);
  }

  /**
   * All spaces, or those named, as bytes that `openSync({ from })`, `open({ from })` and `openSearch({ from })` start from.
   * Throws BAD_OPTION, BAD_SPACE, OUT_OF_MEMORY or CLOSED.
   */
  exportBytes(spaces?: readonly string[]): ReturnType<typeof Uint8Array.of>;
  exportBytes(spaces?: readonly string[], extra?: unknown): ReturnType<typeof Uint8Array.of> {
    this.handle.assertOpen();
    if (extra !== undefined) throw tooMany("exportBytes(spaces)", extra);
    return exportNow(this.handle, namesToExport(this.handle, spaces, "exportBytes") ?? this.spaces());
  }

  /**
   * Writes `exportBytes()` to a file, as a whole or not at all: what was at `path` is there until the new file is on the
   * disk. Throws BAD_OPTION, PATH_FAILED, UNSUPPORTED (only Bun and Node have files), OUT_OF_MEMORY or CLOSED.
   */
  save(path: string): void;
  save(path: string, extra?: unknown): void {
    if (extra !== undefined) throw tooMany("save(path)", extra);
    if (typeof path !== "string" || path === "") throw badOption(`\`path\` must be a file's name, not ${show(path)}.`);
    writeFileNow(path, this.exportBytes());
  }

  /** What was linked, what the spaces hold, and how much memory that takes. Worker 0 is the calling thread. Throws CLOSED. */
  stats(): IndexStats {
    this.handle.assertOpen();
    return readStats(this.handle, { openedAt: this.openedAt, journal: null }, () => 0);
  }

  /** Ends the index: everything throws CLOSED from here on. Not needed for its memory, which goes with the object. */
  close(): void {
    this.handle.end();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
