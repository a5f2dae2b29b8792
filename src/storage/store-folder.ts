/*
 * How is a folder of many indexes kept? `store.json` is its catalog, replaced as a whole; each index has a folder of its own:
 *
 *   store.lock      held while the store is open
 *   store.json      the catalog: what is in it exists
 *   collections/7/  an index; numbers are not used twice
 *
 * A change counts once the new catalog has the old one's name. What lies in `collections/` and is not in the catalog was
 * being created or dropped when the process ended: it is removed.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { HnswError } from "../errors.ts";
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
      mkdirSync(join(root, "collections"), { recursive: true });
      return new StoreFolder(root, lock);
    } catch (error) {
      throw pathError(error, `The folder ${root} can't be written`);
    }
  }

  pathOf(number: number): string {
    return join(this.root, "collections", `${number}`);
  }

  /** The catalog's text; null in a new store. */
  read(): string | null {
    try {
      return readFileSync(join(this.root, "store.json"), "utf8");
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
      renameSync(next, join(this.root, "store.json"));
      syncFile(this.root);
    } catch (error) {
      throw pathError(error, `The catalog of ${this.root} can't be written`);
    }
  }

  /** Removes the folders of indexes that no catalog knows. */
  sweep(known: ReadonlySet<number>): void {
    for (const name of readdirSync(join(this.root, "collections"))) {
      if (/^\d+$/.test(name) && !known.has(Number(name))) this.remove(Number(name));
    }
  }

  remove(number: number): void {
    rmSync(this.pathOf(number), { recursive: true, force: true });
  }

  close(): void {
    this.lock.release();
  }
}

const KNOWN = /^(store\.(lock|json|json\.new)|collections)$/;
