/*
 * When does a member take a snapshot of what the log has made of it, and what becomes of the log? Once members have applied
 * `snapshotAfterBytes` since the newest one, the member that notices it first; then the log is trimmed behind the older of the
 * two newest. All steps only ever go on, so one that was held up in the middle does no harm by going on later.
 */
import { messageOf } from "../../errors.ts";
import type { ClusterLog } from "../log/log.ts";
import { newId } from "../ops/group.ts";
import { headBytes, type SnapshotHead } from "./content.ts";
import type { Manifest, SnapshotStore } from "./store.ts";

/** What it keeps: what the log has made of this member by one message. */
export interface Content extends SnapshotHead {
  /** The export of the index. */
  chunks: Uint8Array[];
}

/** Of each part. */
export const KEPT = 2;
const ALL = "all";

/** What a member has for it. */
export interface Keeper {
  /** A message of that many bytes was applied. */
  applied(bytes: number): void;
  /** Takes one of what is applied by now. */
  take(): Promise<unknown>;
  stop(): Promise<void>;
}

export class SnapshotKeeper implements Keeper {
  /** Of the newest snapshot that this member knows. */
  newest = 0;
  private bytes = 0;
  private nextAt: number;
  private running: Promise<Manifest | null> | null = null;
  private isStopped = false;

  /** `content`: rejects where this member has stopped. */
  constructor(
    private readonly store: SnapshotStore,
    private readonly log: ClusterLog,
    private readonly content: () => Promise<Content>,
    private readonly afterBytes: number,
    private readonly report: (message: string) => void,
  ) {
    this.nextAt = this.jittered();
  }

  /** A message of that many bytes was applied. */
  applied(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < this.nextAt || this.running !== null || this.isStopped) return;
    this.takeIfDue().catch((error) => this.report(`no snapshot could be taken: ${messageOf(error)}`));
  }

  /** Takes one of what is applied by now, unless the newest has it all. Resolves to the one that has. */
  take(): Promise<Manifest | null> {
    const before = this.running ?? Promise.resolve(null);
    const taking = before
      .catch(() => {})
      .then(() => this.takeNow())
      .finally(() => {
        if (this.running === taking) this.running = null;
      });
    this.running = taking;
    return taking;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running?.catch(() => {});
  }

  /** Others have applied as much: perhaps one of them was quicker. */
  private async takeIfDue(): Promise<void> {
    this.bytes = 0;
    this.nextAt = this.jittered();
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

  /** Members do not all look at once. */
  private jittered(): number {
    return this.afterBytes * (1 + Math.random() / 4);
  }
}
