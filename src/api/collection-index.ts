/* What is a collection to its user where several share an index? An index that has its own spaces and fields, and no others. */
import type { FieldType } from "../documents/fields.ts";
import { addField, type Define } from "../engine/add-field.ts";
import type { CollectionHandle } from "../engine/collection-handle.ts";
import { allDurable } from "../engine/flush.ts";
import { HnswError } from "../errors.ts";
import { tooMany } from "../options/checks.ts";
import type { Settings } from "../options/open.ts";
import type { Keeper } from "../storage/open-folder.ts";
import type { AttachTicket, BackupReport, IndexStats, RecoveryReport } from "../values/reports.ts";
import type { Pool } from "../workers/pool.ts";
import type { SharedIndex } from "../workers/protocol.ts";
import { OPENING_SEAT } from "../workers/seats.ts";
import { VectorIndex } from "./vector-index.ts";

/** The open index that collections share. */
export interface Opened {
  shared: SharedIndex;
  pool: Pool | null;
  keeper: Keeper | null;
}

export class CollectionIndex extends VectorIndex {
  private ending: Promise<void> | null = null;
  private readonly settings: Settings;

  /** @internal Use `store.open` or `store.use`. `define`: has the index know a field, durably. `onClose`: called once. */
  constructor(
    handle: CollectionHandle,
    { shared, pool, keeper }: Opened,
    private readonly define: Define,
    private readonly onClose: () => void,
  ) {
    super(handle, shared, pool, OPENING_SEAT, keeper);
    this.settings = Object.freeze({ ...shared.settings, fields: Object.freeze(handle.fields.table.types) });
  }

  override get options(): Readonly<Settings> {
    return this.settings;
  }

  override async addField(name: string, type: FieldType, extra?: unknown): Promise<void> {
    if (extra !== undefined) throw tooMany("addField(name, type)", extra);
    await addField(this.handle, name, type, this.define);
  }

  /** Figures of threads, journal and reserved memory are those of the index that collections share. */
  override stats(): IndexStats {
    const stats = super.stats();
    const { reserved, limit } = stats.bytes;
    const bytes = {
      get used() {
        return stats.spaces.reduce((sum, space) => sum + space.bytes, 0);
      },
      ...{ reserved, limit },
    };
    return Object.defineProperty(stats, "bytes", { value: bytes, enumerable: true });
  }

  /** What opening found concerns all that share the index. */
  override get recovery(): Readonly<RecoveryReport> | null {
    return null;
  }

  override attach(): AttachTicket {
    this.handle.assertOpen();
    throw new HnswError("UNSUPPORTED", "Other threads join indexes of `open`, not collections of a store.");
  }

  override async backup(): Promise<BackupReport> {
    this.handle.assertOpen();
    const cure = "`hnsw-workers backup STORE DEST` copies the store, `export()` what is in the collection";
    throw new HnswError("UNSUPPORTED", `A collection has no folder of its own: ${cure}.`);
  }

  /** Ends this face of the collection; the store keeps the index open for others. */
  override async close(): Promise<void> {
    this.ending ??= this.leave();
    await this.ending;
  }

  private async leave(): Promise<void> {
    if (!this.handle.isClosed) {
      this.handle.close();
      this.onClose();
      await allDurable(this.handle);
    }
  }
}
