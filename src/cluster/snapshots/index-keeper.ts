/*
 * When does a member take a snapshot of what the log has made of it, and what becomes of the log? Once members have applied
 * `snapshotAfterBytes` since the newest one, the member that notices it first; then the log is trimmed behind the older of the
 * two newest. All steps only ever go on, so one that was held up in the middle does no harm by going on later.
 */
import type { ClusterLog } from "../log/log.ts";
import { newId } from "../ops/group.ts";
import { headBytes, type SnapshotHead } from "./content.ts";
import { KEPT, Keeper } from "./keeper.ts";
import type { Manifest, SnapshotStore } from "./store.ts";

/** What it keeps: what the log has made of this member by one message. */
export interface Content extends SnapshotHead {
  /** The export of the index. */
  chunks: Uint8Array[];
}

const ALL = "all";

export class IndexKeeper extends Keeper {
  /** Of the newest snapshot that this member knows. */
  newest = 0;

  /** `content`: rejects where this member has stopped. */
  constructor(
    private readonly store: SnapshotStore,
    private readonly log: ClusterLog,
    private readonly content: () => Promise<Content>,
    afterBytes: number,
    report: (message: string) => void,
  ) {
    super(afterBytes, report);
  }

  /** Nothing, if the newest has it all. Resolves to the one that has. */
  take(): Promise<Manifest | null> {
    return this.inTurn(() => this.takeNow());
  }

  /** Others have applied as much: perhaps one of them was quicker. */
  protected async takeIfDue(): Promise<void> {
    const before = this.newest;
    const [newest] = await this.store.names(ALL);
    this.newest = newest?.number ?? 0;
    if (this.newest <= before) await this.take();
  }

  private async takeNow(): Promise<Manifest | null> {
    const { applied, chunks, ...head } = await this.content();
    const there = await this.store.list(ALL);
    if (applied === 0) return null;
    if (there[0] !== undefined && there[0].number >= applied) return there[0];
    const manifest = await this.store.write({ part: ALL, number: applied, id: newId() }, [
      headBytes({ applied, ...head }),
      ...chunks,
    ]);
    this.newest = applied;
    await this.trim();
    return manifest;
  }

  private async trim(): Promise<void> {
    const there = await this.store.list(ALL);
    const older = there[KEPT - 1];
    if (older === undefined) return;
    await this.log.trim(older.number);
    for (const manifest of there.slice(KEPT)) await this.store.remove(manifest);
  }
}
