/*
 * What does a folder of the release before hold? First what lies in the newest sound snapshot of each space, then the
 * journal's ops that came after it. The files and tables are named as ours are; what is in them, the other files here know.
 */
import { existsSync } from "node:fs";
import { HnswError } from "../../errors.ts";
import type { Group } from "../../journal/log.ts";
import type { Shape } from "../../options/shape.ts";
import { CHECKSUM_BYTES } from "../../snapshot/frames.ts";
import type { Key } from "../../values/keys.ts";
import { Damage } from "../disk/damage.ts";
import { contentsOf, shapeIn } from "../disk/folder.ts";
import { FORMER_FORMAT, formatOf } from "../disk/meta.ts";
import { type FolderPaths, pathsOf } from "../disk/paths.ts";
import { SqliteFile } from "../disk/sqlite.ts";
import { GroupLog, nameOf } from "../log/group-log.ts";
import { readMark } from "../log/mark.ts";
import { bySpace, Catalog, type PartitionRow, type SnapshotRow } from "../snapshots/catalog.ts";
import { framesFrom, sectionOf } from "../snapshots/file.ts";
import { type FormerEntry, type FormerSpace, formerEntries, formerSpace } from "./former-frames.ts";
import { type FormerOp, formerOps } from "./former-journal.ts";

/** What is done to the new index, in order. */
export interface Target {
  /** In the order in which they were added. */
  add(space: string, entries: FormerEntry[]): Promise<void>;
  remove(space: string, key: Key): Promise<void>;
  drop(space: string): Promise<void>;
}

/** A space that is in the target, and the number of the last op of it that is. */
interface Known {
  name: string;
  sequence: number;
}

export class FormerFolder {
  private constructor(
    readonly paths: FolderPaths,
    readonly shape: Shape,
  ) {}

  /** Whether the release before has written the folder's journal. False also when that can't be known. */
  static async is(folder: string): Promise<boolean> {
    try {
      return await SqliteFile.using(pathsIn(folder).journal, "read", (file) => formatOf(file) === FORMER_FORMAT);
    } catch {
      return false;
    }
  }

  /** Rejects with PATH_FOREIGN or PATH_DAMAGED. */
  static async find(folder: string): Promise<FormerFolder> {
    const paths = pathsIn(folder);
    const contents = await contentsOf(paths, FORMER_FORMAT);
    if (contents.shape !== null || contents.damage !== null) return new FormerFolder(paths, shapeIn(contents));
    throw new HnswError("PATH_FOREIGN", `The folder ${folder} holds no index.`);
  }

  /** Does to the target what was done to the index. Throws Damage, or what the target throws. */
  async copyTo(target: Target): Promise<void> {
    await SqliteFile.using(this.paths.journal, "read", async (journal) => {
      journal.expectSound();
      const catalog = new Catalog(journal);
      const rows = catalog.snapshots();
      for (const state of catalog.partitions(this.shape.partitions)) {
        const own = rows.filter(({ partition }) => partition === state.partition);
        const spaces = await this.copySnapshots(own, target);
        await this.copyJournal(new GroupLog(journal), state, spaces, target);
      }
    });
  }

  private async copySnapshots(rows: SnapshotRow[], target: Target): Promise<Map<number, Known>> {
    const spaces = new Map<number, Known>();
    for (const own of bySpace(rows).values()) {
      const row = own.find((each) => this.isSound(each));
      if (row === undefined) throw new Damage(`no snapshot of space ${own[0]!.space} is sound`);
      let space: FormerSpace | null = null;
      for (const body of this.frames(row)) {
        space ??= formerSpace(body)!;
        await target.add(space.name, Array.from(formerEntries(body, space)));
      }
      spaces.set(row.space, { name: space!.name, sequence: row.sequence });
    }
    return spaces;
  }

  /** Whether a snapshot can be read to its end. */
  private isSound(row: SnapshotRow): boolean {
    try {
      for (const _ of this.frames(row));
      return true;
    } catch (error) {
      if (error instanceof Damage) return false;
      throw error;
    }
  }

  private *frames(row: SnapshotRow): Generator<Uint8Array> {
    const { path, offset, bytes } = sectionOf(row, this.paths.snapshots);
    let read = 0;
    for (const body of framesFrom(path, offset, bytes)) {
      const space = read === 0 ? formerSpace(body) : null;
      if (read === 0 && (space?.id !== row.space || space.sequence !== row.sequence)) {
        throw new Damage(`${path}: the snapshot at byte ${offset} is not the one that was registered`);
      }
      read += body.length + CHECKSUM_BYTES;
      yield body;
    }
    if (read !== bytes) throw new Damage(`${path}: the snapshot at byte ${offset} is ${read} bytes long, not ${bytes}`);
  }

  private async copyJournal(log: GroupLog, state: PartitionRow, spaces: Map<number, Known>, target: Target) {
    const { partition, trimmed } = state;
    const where = `${this.paths.journal}: partition ${partition}`;
    let next = trimmed + 1;
    for (const group of log.readFrom(partition, trimmed)) {
      if ("problem" in group) throw new Damage(`${where}: ${nameOf(group)} is damaged (${group.problem})`);
      if (group.first > next) throw new Damage(`${where} lacks the ops from ${next} to ${group.first - 1}`);
      next = group.first + group.count;
      let sequence = group.first;
      for (const op of this.opsIn(group, where)) await apply(op, sequence++, spaces, target);
    }
    const least = Math.max(readMark(this.paths.mark, this.shape.partitions)?.[partition] ?? 0, ...lastOf(spaces));
    if (least >= next) throw new Damage(`${where} ends at op ${next - 1}, but op ${least} was durable`);
  }

  private opsIn(group: Group, where: string): FormerOp[] {
    const ops = Array.from(formerOps(group.payload, this.shape.dimensions));
    if (ops.length !== group.count) throw new Damage(`${where}: ${nameOf(group)} holds ${ops.length}`);
    return ops;
  }
}

function pathsIn(folder: string): FolderPaths {
  const paths = pathsOf(folder);
  return existsSync(paths.fresh) ? { ...paths, journal: paths.fresh } : paths;
}

function lastOf(spaces: Map<number, Known>): number[] {
  return Array.from(spaces.values(), ({ sequence }) => sequence);
}

/** Does an op, unless a snapshot held it already, or its space was dropped later. */
async function apply(op: FormerOp, sequence: number, spaces: Map<number, Known>, target: Target): Promise<void> {
  const known = spaces.get(op.space);
  if (known !== undefined && sequence <= known.sequence) return;
  if (op.kind === "create") {
    const isLater = Array.from(spaces.values()).some(
      ({ name, sequence: last }) => name === op.name && last >= sequence,
    );
    if (!isLater) spaces.set(op.space, { name: op.name, sequence });
  } else if (known !== undefined) {
    if (op.kind === "add") await target.add(known.name, [op]);
    else if (op.kind === "delete") await target.remove(known.name, op.key);
    else {
      await target.drop(known.name);
      spaces.delete(op.space);
    }
  }
}
