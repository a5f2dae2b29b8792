/* What can a member start from, and take a partition over from? The newest snapshots of partitions: the head of any, the entries of one. */
import { messageOf } from "../../errors.ts";
import type { ClusterShape } from "../ops/shape.ts";
import type { LoaderSource, PartitionSnapshot } from "../replica/loader.ts";
import { isSpaceOf } from "../replica/loader.ts";
import { type Head, openContent } from "./content.ts";
import { opsOfEntries } from "./entries.ts";
import { BadSnapshot, type SnapshotName, type SnapshotStore } from "./store.ts";

export class PartitionSource implements LoaderSource {
  constructor(
    private readonly store: SnapshotStore,
    private readonly shape: ClusterShape,
    readonly report: (message: string) => void,
  ) {}

  /** Of the newest that can be read; null where there is none. */
  async head(): Promise<Head | null> {
    for (const name of await this.store.names("*")) {
      const opened = await this.open(name);
      if (opened === null) continue;
      await opened.stream.cancel();
      return opened.head;
    }
    return null;
  }

  async *snapshots(partition: number): AsyncGenerator<PartitionSnapshot, void> {
    const { dimensions, partitions } = this.shape;
    const isOfPartition = isSpaceOf(partition, partitions);
    for (const name of await this.store.names(String(partition))) {
      const opened = await this.open(name);
      if (opened === null) continue;
      const { head, stream } = opened;
      if (!head.spaces.every(isOfPartition)) {
        this.report(`the snapshot of partition ${partition} at message ${name.number} names a space of another`);
        continue;
      }
      const ops = opsOfEntries(stream, dimensions, isOfPartition);
      yield { number: head.applied, state: head.states[partition]!, spaces: head.spaces, ops };
      await stream.cancel().catch(() => {});
    }
  }

  private async open(name: SnapshotName) {
    const manifest = await this.store.manifest(name);
    if (manifest === null) return null;
    try {
      const opened = await openContent(this.store.read(manifest), this.shape.partitions);
      if (opened.head.applied !== name.number) throw new BadSnapshot("its head is of another message");
      return opened;
    } catch (error) {
      if (!(error instanceof BadSnapshot)) throw error;
      this.report(
        `the snapshot of partition ${name.part} at message ${name.number} can't be read: ${messageOf(error)}`,
      );
      return null;
    }
  }
}
