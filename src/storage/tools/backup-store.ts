/*
 * How does a whole store get a copy? Each index that its catalog names is copied, and the catalog last. Until then a file in the
 * copy keeps it from being opened: one that was interrupted is no store.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HnswError } from "../../errors.ts";
import { CATALOG, COLLECTIONS, FORMAT, FORMER, GROUPS, placeOf } from "../../values/store-layout.ts";
import { pathError } from "../disk/damage.ts";
import { makeDurably, syncFile } from "../disk/files.ts";
import { backUp } from "./backup.ts";
import { refuseInside, removeMade } from "./backup-destination.ts";

const UNFINISHED = "backup.unfinished";
const TRIES = 10; // an index would have to be dropped in each of them

/** What a backup of a store holds. */
export interface StoreBackupReport {
  collections: number;
  files: number;
  bytes: number;
  ms: number;
}

export const isStore = (path: string) => existsSync(join(path, CATALOG));

/** The text of a store's catalog. Throws PATH_FAILED. */
export function readCatalog(store: string): string {
  try {
    return readFileSync(join(store, CATALOG), "utf8");
  } catch (error) {
    throw pathError(error, `The catalog of ${store} can't be read`);
  }
}

/** The folders of its indexes in a store's, and how many collections are in them. Throws PATH_FOREIGN or PATH_DAMAGED. */
function contentsOf(store: string, catalog: string): { folders: string[]; collections: number } {
  try {
    const { format, collections } = JSON.parse(catalog) as {
      format: number;
      collections: Record<string, { number: number; group?: number | null }>;
    };
    if (format !== FORMAT && format !== FORMER) {
      const message = `The catalog of ${store} has format ${format}, this version reads ${FORMER} and ${FORMAT}.`;
      throw new HnswError("PATH_FOREIGN", message);
    }
    const all = Object.values(collections);
    const folders = all.map(({ number, group = null }) => {
      if (!Number.isSafeInteger(group ?? number)) throw new Error("number");
      return placeOf({ number, group });
    });
    return { folders: [...new Set(folders)], collections: all.length };
  } catch (cause) {
    if (cause instanceof HnswError) throw cause;
    throw new HnswError("PATH_DAMAGED", `The catalog of ${store} is not what was written.`, { cause });
  }
}

type OnIndex = (done: number, of: number) => void;
/** Makes a copy of an index's folder. Rejects when it can't; then there is none. */
type CopyFolder<T> = (folder: string, destination: string) => Promise<T>;

/**
 * Copies a store to `destination`, which must be missing or empty, even while it is open; each index as it is when its turn
 * comes. `onIndex` gets how many of how many are copied. Rejects with BAD_OPTION, PATH_FOREIGN, PATH_FAILED or PATH_DAMAGED.
 */
export async function backUpStore(store: string, destination: string, onIndex?: OnIndex): Promise<StoreBackupReport> {
  const start = performance.now();
  const { copies, collections } = await copyStore(store, destination, backUp, onIndex);
  const sum = (of: "files" | "bytes") => copies.reduce((total, one) => total + one[of], 0);
  return { collections, files: sum("files"), bytes: sum("bytes"), ms: performance.now() - start };
}

/** The same with another way to copy an index; resolves to what it resolved to. */
export async function copyStore<T>(
  store: string,
  destination: string,
  copy: CopyFolder<T>,
  onIndex: OnIndex = () => {},
): Promise<StoreCopy<T>> {
  const [from, place] = [resolve(store), resolve(destination)];
  const marker = join(place, UNFINISHED);
  let made: string | undefined;
  try {
    made = makeDurably(place);
    refuseInside(from, place);
    const [first] = readdirSync(place);
    if (first !== undefined) {
      throw new HnswError("PATH_FOREIGN", `The folder ${destination} is not empty: give the copy a folder of its own.`);
    }
    writeFileSync(marker, "");
    syncFile(place);
    const copies = await copied(from, place, copy, onIndex);
    rmSync(marker);
    syncFile(place);
    return copies;
  } catch (error) {
    if (existsSync(marker)) {
      for (const name of [COLLECTIONS, GROUPS, CATALOG]) rmSync(join(place, name), { recursive: true, force: true });
      rmSync(marker);
    }
    removeMade(place, made);
    throw pathError(error, `${store} can't be copied to ${destination}`);
  }
}

interface StoreCopy<T> {
  /** Of each index. */
  copies: T[];
  collections: number;
}

async function copied<T>(store: string, place: string, copy: CopyFolder<T>, onIndex: OnIndex): Promise<StoreCopy<T>> {
  for (let tries = 1; ; tries++) {
    const catalog = readCatalog(store);
    const { folders, collections } = contentsOf(store, catalog);
    const copies: T[] = [];
    for (const kind of [COLLECTIONS, GROUPS]) rmSync(join(place, kind), { recursive: true, force: true });
    for (const kind of new Set(folders.map((folder) => dirname(folder)))) makeDurably(join(place, kind));
    try {
      for (const folder of folders) {
        copies.push(await copy(join(store, folder), join(place, folder)));
        onIndex(copies.length, folders.length);
      }
    } catch (error) {
      if (tries < TRIES && readCatalog(store) !== catalog) continue; // it was dropped
      throw error;
    }
    writeFileSync(join(place, CATALOG), catalog);
    syncFile(join(place, CATALOG));
    syncFile(place);
    return { copies, collections };
  }
}
