/*
 * When do members that hold some partitions take snapshots, and what becomes of the log? Once `snapshotAfterBytes` were applied since it
 * last looked, a member takes one of each partition that it serves and that has had messages since the newest, unless another holder did.
 * The log is trimmed behind what the older of each partition's two newest covers.
 */
import type { ClusterLog } from "../log/log.ts";
import { newId } from "../ops/group.ts";
import type { Replica } from "../replica/replica.ts";
import { headBytes } from "./content.ts";
import { chunksOfEntries } from "./entries.ts";
import { KEPT, Keeper } from "./keeper.ts";
import type { SnapshotName, SnapshotStore } from "./store.ts";

export class PartitionKeeper extends Keeper {
  /** Up to where it had applied the log when it last looked. */
  private lookedAt = 0;

  constructor(
    private readonly store: SnapshotStore,
    private readonly log: ClusterLog,
    private readonly replica: Replica,
    afterBytes: number,
    report: (message: string) => void,
  ) {
    super(afterBytes, report);
  }

  /** Of all that is served here. */
  take(): Promise<void> {
    return this.inTurn(() => {
      this.countAgain();
      return this.takeAll(true);
    });
  }

  protected takeIfDue(): Promise<void> {
    return this.inTurn(() => this.takeAll(false));
  }

  private async takeAll(isAsked: boolean): Promise<void> {
    const before = this.lookedAt;
    this.lookedAt = this.replica.applied;
    const there = byPart(await this.store.names("*"));
    for (const partition of this.replica.holdings.served) {
      if (this.isStopped) return;
      const [newest, second] = there.get(String(partition)) ?? [];
      const { last } = this.replica.states[partition]!;
      if (last === 0) continue;
      const isBehind = last > (newest?.number ?? 0) || second === undefined;
      const isTaken = !isAsked && newest !== undefined && newest.number > before && second !== undefined;
      if (isBehind && !isTaken) await this.takeOf(partition);
    }
    await this.trim();
  }

  private async takeOf(partition: number): Promise<void> {
    const { replica } = this;
    const spaces: string[] = [];
    const { entries, ...head } = await replica.content(async () => {
      if (!replica.holdings.applies(partition)) return null;
      spaces.push(...replica.spacesByPartition()[partition]!);
      return await chunksOfEntries(replica.handle, spaces, replica.states[partition]!.time);
    });
    if (entries === null) return;
    const name = { part: String(partition), number: head.applied, id: newId() };
    await this.store.write(name, [headBytes({ ...head, spaces }), ...entries]);
  }

  /** What a member needs that starts, or takes a partition over, stays: each partition behind the older of its two newest. */
  private async trim(): Promise<void> {
    const { applied, states } = this.replica;
    const known = states.map(({ last }) => last);
    const names = await this.store.names("*");
    const there = byPart(names);
    // A member that starts takes the head of the newest of all; it may be damaged.
    let end = Math.min(applied, names[KEPT - 1]?.number ?? 0);
    for (const [partition, last] of known.entries()) {
      const older = there.get(String(partition))?.[KEPT - 1]?.number ?? 0;
      if (last > older) end = Math.min(end, older); // else nothing of it came since
    }
    if (end > 0) await this.log.trim(end);
    for (const all of there.values()) for (const name of all.slice(KEPT)) await this.store.remove(name);
  }
}

/** Newest first, as they are given. */
function byPart(names: readonly SnapshotName[]): Map<string, SnapshotName[]> {
  const parts = new Map<string, SnapshotName[]>();
  for (const name of names) parts.set(name.part, [...(parts.get(name.part) ?? []), name]);
  return parts;
}
