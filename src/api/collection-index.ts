/* What is a collection to its user where several share an index? An index that has its own spaces and fields, and no others. */
import type { FieldType } from "../documents/fields.ts";
import { addField, type Define } from "../engine/add-field.ts";
import type { CollectionHandle } from "../engine/collection-handle.ts";
import { allDurable } from "../engine/flush.ts";
import { HnswError } from "../errors.ts";
import { tooMany } from "../options/checks.ts";
import type { Settings } from "../options/open.ts";
import type { AttachTicket, BackupReport, IndexStats, RecoveryReport } from "../values/reports.ts";
import { OPENING_SEAT } from "../workers/seats.ts";
import type { Opened } from "./start.ts";
import { VectorIndex } from "./vector-index.ts";

export class CollectionIndex extends VectorIndex {
  private ending: Promise<void> | null = null;
  private readonly settings: Settings;

  /** @internal Use `store.open` or `store.use`. The open index is that which collections share. `define`: has the index know a field, durably. `onClose`: called once. */
  constructor(
    private readonly own: CollectionHandle,
    { shared, pool, keeper }: Pick<Opened, "shared" | "pool" | "keeper">,
    private readonly define: Define,
    private readonly onClose: () => void,
  ) {
    super(own, shared, pool, OPENING_SEAT, keeper);
    this.settings = Object.freeze({ ...shared.settings, fields: Object.freeze(own.fields.table.types) });
  }

  override get options(): Readonly<Settings> {
    return this.settings;
  }

  override async addField(name: string, type: FieldType, extra?: unknown): Promise<void> {
    if (extra !== undefined) throw tooMany("addField(name, type)", extra);
    await addField(this.own, name, type, this.define);
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

  /** Of the index that collections share; its problems, which may name others, are the store's to report. */
  override get recovery(): Readonly<RecoveryReport> | null {
    const report = super.recovery;
    if (report === null || report.problems.length === 0) return report;
    const problems = [`${report.problems.length} in the index that collections share: the store has reported them`];
    return { ...report, problems };
  }

  override attach(): AttachTicket {
    this.own.assertOpen();
    throw new HnswError("UNSUPPORTED", "Other threads join indexes of `open`, not collections of a store.");
  }

  override async backup(): Promise<BackupReport> {
    this.own.assertOpen();
    const cure = "`hnsw-workers backup STORE DEST` copies the store, `export()` what is in the collection";
    throw new HnswError("UNSUPPORTED", `A collection has no folder of its own: ${cure}.`);
  }

  /** Ends this face of the collection; the store keeps the index open for others. */
  override async close(): Promise<void> {
    this.ending ??= this.leave();
    await this.ending;
  }

  private async leave(): Promise<void> {
    if (!this.own.isClosed) {
      this.own.close();
      this.onClose();
      await allDurable(this.own);
    }
  }
}
