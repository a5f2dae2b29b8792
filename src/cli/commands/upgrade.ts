/* `upgrade`: how does what the release before has written become what this release reads? By adding everything again. */
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { open } from "../../api/open.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { HnswError } from "../../errors.ts";
import { BadFrame } from "../../snapshot/frames.ts";
import { pathError } from "../../storage/disk/damage.ts";
import { FolderLock } from "../../storage/disk/lock.ts";
import { pathsOf } from "../../storage/disk/paths.ts";
import { backUp } from "../../storage/tools/backup.ts";
import { Destination } from "../../storage/tools/backup-destination.ts";
import { copyStore, isStore, readCatalog } from "../../storage/tools/backup-store.ts";
import { copyExport, formerExport } from "../../storage/upgrade/former-export.ts";
import { FormerFolder, type Target } from "../../storage/upgrade/former-folder.ts";
import type { FormerEntry } from "../../storage/upgrade/former-frames.ts";
import { Catalog } from "../../store/catalog.ts";
import type { Key } from "../../values/keys.ts";
import { placeOf } from "../../values/store-layout.ts";
import { counted } from "../terminal/amounts.ts";
import { FileError } from "../terminal/failures.ts";
import { Progress } from "../terminal/progress.ts";
import type { Command } from "./command.ts";

/** Refusals of a vector that the release before took. */
const OF_A_VECTOR = ["NORM_UNDERFLOW", "NORM_OVERFLOW", "ZERO_VECTOR", "NOT_FINITE"];

export const upgrade: Command = {
  summary: "converts a folder, a store or an export of the release before",
  takes: ["OLD", "NEW"],
  options: {},
  notes:
    "Reads OLD, a folder, a store or a file with an export, and changes nothing in it. NEW must not exist, or be an empty\n" +
    "folder. Of a store, collections that are of this release already are copied.\n" +
    "Everything is added again, and graphs are built again. A NEW that was interrupted is refused by `open`. Vectors that\n" +
    "this release does not take any more are left out and listed; then the exit code is 1.",
  async run(args) {
    const start = performance.now();
    const [old, to] = [args.at(0), args.at(1)];
    if (!existsSync(old)) throw new FileError(`${old} does not exist`);
    using progress = new Progress();
    progress.start("adding", 0);
    const convert = isStore(old) ? upgradeStore : statSync(old).isDirectory() ? upgradeFolder : upgradeExport;
    const made = await convert(old, to, progress);
    progress.stop();
    const { vectors, spaces, refused } = made;
    const lines = [`${to}: ${counted(vectors, "vector")} in ${counted(spaces, "space")}`, ...refused];
    return { lines, report: { old, new: to, ...made, ms: performance.now() - start }, failed: refused.length > 0 };
  },
};

interface Made {
  vectors: number;
  spaces: number;
  refused: string[];
}

/** Locked against writers: what came after a collection's turn would be missing. */
async function upgradeStore(old: string, to: string, progress: Progress): Promise<Made> {
  const lock = await FolderLock.take(join(old, "store.lock"), old, "read");
  try {
    const former = new Map<string, string>();
    for (const [name, { number, group }] of Catalog.parse(readCatalog(old)).collections) {
      const folder = join(resolve(old), placeOf({ number, group }));
      if (group === null && (await FormerFolder.is(folder))) former.set(folder, name);
    }
    if (former.size === 0) {
      throw new HnswError(
        "PATH_FOREIGN",
        `No collection of ${old} is of the release before: there is nothing to upgrade.`,
      );
    }
    const { copies: all } = await copyStore(old, to, async (folder, destination) => {
      const name = former.get(folder);
      if (name === undefined) {
        await backUp(folder, destination);
        return { vectors: 0, spaces: 0, refused: [] };
      }
      const made = await upgradeFolder(folder, destination, progress);
      return { ...made, refused: made.refused.map((line) => `${name}, ${line}`) };
    });
    const sum = (of: "vectors" | "spaces") => all.reduce((total, one) => total + one[of], 0);
    return { vectors: sum("vectors"), spaces: sum("spaces"), refused: all.flatMap(({ refused }) => refused) };
  } finally {
    lock.release();
  }
}

async function upgradeFolder(old: string, to: string, progress: Progress): Promise<Made> {
  const former = await FormerFolder.find(old);
  const lock = await FolderLock.take(pathsOf(old).lock, old, "read");
  try {
    const place = Destination.take(old, to);
    try {
      const path = place.unfinished.folder;
      const index = await open({ path, ...former.shape, durability: "relaxed" });
      const made = await filled(index, progress, (target) => former.copyTo(target));
      rmSync(place.unfinished.lock, { force: true });
      place.moveUp();
      return made;
    } catch (error) {
      place.takeBack();
      throw pathError(error, `${old} can't be upgraded to ${to}`);
    }
  } finally {
    lock.release();
  }
}

async function upgradeExport(old: string, to: string, progress: Progress): Promise<Made> {
  if (existsSync(to)) throw new FileError(`${to} exists already`);
  const chunks = Bun.file(old).stream() as unknown as AsyncIterable<Uint8Array>;
  let index: VectorIndex | null = null;
  const unfinished = `${to}.unfinished`;
  let adding: Adding | null = null;
  try {
    await copyExport(formerExport(chunks), async (first) => {
      const { dimensions = 1, metric, M, seed } = first ?? {};
      index = await open({ dimensions, metric, M, seed });
      adding = new Adding(index, progress);
      return adding;
    });
    await index!.flush();
    await Bun.write(unfinished, new Response(index!.export()));
    renameSync(unfinished, to);
    return adding!.made();
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (!(error instanceof BadFrame)) throw error;
    throw new HnswError("EXPORT_DAMAGED", `${old} is not what was exported: ${error.message}.`, { cause: error });
  } finally {
    await (index as VectorIndex | null)?.close();
  }
}

/** Fills an index and closes it. */
async function filled(index: VectorIndex, progress: Progress, fill: (target: Target) => Promise<void>): Promise<Made> {
  try {
    const adding = new Adding(index, progress);
    await fill(adding);
    await index.flush();
    return adding.made();
  } finally {
    await index.close();
  }
}

class Adding implements Target {
  private readonly refused: string[] = [];

  constructor(
    private readonly index: VectorIndex,
    private readonly progress: Progress,
  ) {}

  made(): Made {
    const { spaces } = this.index.stats();
    const vectors = spaces.reduce((sum, { live }) => sum + live, 0);
    return { vectors, spaces: spaces.length, refused: this.refused };
  }

  async add(space: string, entries: FormerEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const [keys, vectors] = [entries.map(({ key }) => key), entries.map(({ vector }) => vector)];
    try {
      await this.index.space(space).addMany(keys, vectors);
    } catch (error) {
      if (!isOfAVector(error)) throw error;
      for (const entry of entries) await this.addOne(space, entry);
    }
    this.progress.by(entries.length);
  }

  private async addOne(space: string, { key, vector }: FormerEntry): Promise<void> {
    try {
      await this.index.space(space).add(key, vector);
    } catch (error) {
      if (!isOfAVector(error)) throw error;
      this.refused.push(`${space}, key ${String(key)}: ${(error as HnswError).message}`);
      await this.index.space(space).delete(key); // what it replaced is gone
    }
  }

  async remove(space: string, key: Key): Promise<void> {
    await this.index.space(space).delete(key);
  }

  async drop(space: string): Promise<void> {
    await this.index.dropSpace(space);
  }
}

function isOfAVector(error: unknown): boolean {
  return error instanceof HnswError && OF_A_VECTOR.includes(error.code);
}
