/*
 * How is a folder of many indexes kept? `store.json` is its catalog, replaced as a whole; each index has a folder of its own:
 *
 *   store.lock      held while the store is open
 *   store.json      the catalog: what is in it exists
 *   groups/3/       an index that collections of one shape share; numbers are not used twice
 *   collections/7/  an index of one collection; those of format 1 have no others
 *
 * A change counts once the new catalog has the old one's name. An index that is not in the catalog was being created or dropped
 * when the process ended: it is removed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { HnswError } from "../errors.ts";
import { CATALOG, COLLECTIONS, GROUPS } from "../values/store-layout.ts";
import { pathError } from "./disk/damage.ts";
import { makeDurably, syncFile } from "./disk/files.ts";
import { FolderLock } from "./disk/lock.ts";

export class StoreFolder {
  private constructor(
    private readonly root: string,
    private readonly lock: FolderLock,
  ) {}

  /** Locks the folder, which is created if it is missing. Rejects with PATH_IN_USE, PATH_FOREIGN or PATH_FAILED. */
  static async open(path: string): Promise<StoreFolder> {
    const root = resolve(path);
    try {
      makeDurably(root);
      const foreign = readdirSync(root).filter((name) => !KNOWN.test(name));
      if (foreign.length > 0) throw new HnswError("PATH_FOREIGN", `${root} is no store: it holds ${foreign[0]}.`);
      const lock = await FolderLock.take(join(root, "store.lock"), root, "write");
      mkdirSync(join(root, GROUPS), { recursive: true });
      return new StoreFolder(root, lock);
    } catch (error) {
      throw pathError(error, `The folder ${root} can't be written`);
    }
  }

  /** `place`: as "groups/3". */
  pathOf(place: string): string {
    return join(this.root, place);
  }

  /** The catalog's text; null in a new store. */
  read(): string | null {
    try {
      return readFileSync(join(this.root, CATALOG), "utf8");
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return null;
      throw pathError(error, `The catalog of ${this.root} can't be read`);
    }
  }

  /** When it returns, the new catalog is on the disk. Throws PATH_FAILED or PATH_LOST. */
  write(text: string): void {
    const next = join(this.root, "store.json.new");
    try {
      this.lock.identity.look();
      rmSync(next, { force: true });
      writeFileSync(next, text);
      syncFile(next);
      renameSync(next, join(this.root, CATALOG));
      syncFile(this.root);
    } catch (error) {
      throw pathError(error, `The catalog of ${this.root} can't be written`);
    }
  }

  /** Removes the folders of indexes that no catalog knows. */
  sweep(known: ReadonlySet<string>): void {
    for (const kind of [GROUPS, COLLECTIONS]) {
      if (!existsSync(join(this.root, kind))) continue;
      for (const name of readdirSync(join(this.root, kind))) {
        if (/^\d+$/.test(name) && !known.has(`${kind}/${name}`)) this.remove(`${kind}/${name}`);
      }
    }
  }

  /** About as many bytes as the newest snapshots of an index take: there are up to two of each space. */
  bytesIn(place: string): number {
    const snapshots = join(this.pathOf(place), "snapshots");
    if (!existsSync(snapshots)) return 0;
    return readdirSync(snapshots).reduce((sum, name) => sum + statSync(join(snapshots, name)).size, 0) / 2;
  }

  remove(place: string): void {
    rmSync(this.pathOf(place), { recursive: true, force: true });
  }

  close(): void {
    this.lock.release();
  }
}

const KNOWN = /^(store\.(lock|json|json\.new)|groups|collections)$/;
