/*
 * How does a whole store get a copy? Each collection that its catalog names as an index is copied, and the catalog last. Until
 * then a file in the copy keeps it from being opened: one that was interrupted is no store.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { HnswError } from "../../errors.ts";
import { pathError } from "../disk/damage.ts";
import { makeDurably, syncFile } from "../disk/files.ts";
import { backUp } from "./backup.ts";
import { refuseInside, removeMade } from "./backup-destination.ts";

const CATALOG = "store.json";
const FORMAT = 1; // as in src/store/catalog.ts
const COLLECTIONS = "collections";
const UNFINISHED = "backup.unfinished";
const TRIES = 10; // a collection would have to be dropped in each of them

/** What a backup of a store holds. */
export interface StoreBackupReport {
  collections: number;
  files: number;
  bytes: number;
  ms: number;
}

export const isStore = (path: string) => existsSync(join(path, CATALOG));

/** The folders of a store's collections, by name. Throws PATH_DAMAGED or PATH_FAILED. */
export function collectionsIn(store: string): Map<string, string> {
  return foldersIn(store, readCatalog(store));
}

function readCatalog(store: string): string {
  try {
    return readFileSync(join(store, CATALOG), "utf8");
  } catch (error) {
    throw pathError(error, `The catalog of ${store} can't be read`);
  }
}

function foldersIn(store: string, catalog: string): Map<string, string> {
  try {
    const { format, collections } = JSON.parse(catalog) as {
      format: number;
      collections: Record<string, { number: number }>;
    };
    if (format !== FORMAT) {
      const message = `The catalog of ${store} has format ${format}, this version reads ${FORMAT}.`;
      throw new HnswError("PATH_FOREIGN", message);
    }
    return new Map(
      Object.entries(collections).map(([name, { number }]) => {
        if (!Number.isSafeInteger(number)) throw new Error("number");
        return [name, join(store, COLLECTIONS, `${number}`)];
      }),
    );
  } catch (cause) {
    if (cause instanceof HnswError) throw cause;
    throw new HnswError("PATH_DAMAGED", `The catalog of ${store} is not what was written.`, { cause });
  }
}

type OnCollection = (done: number, of: number) => void;
/** Makes a copy of a collection's folder. Rejects when it can't; then there is none. */
type CopyFolder<T> = (folder: string, destination: string) => Promise<T>;

/**
 * Copies a store to `destination`, which must be missing or empty, even while it is open; each collection as it is when its turn
 * comes. `onCollection` gets how many of how many are copied. Rejects with BAD_OPTION, PATH_FOREIGN, PATH_FAILED or PATH_DAMAGED.
 */
export async function backUpStore(
  store: string,
  destination: string,
  onCollection?: OnCollection,
): Promise<StoreBackupReport> {
  const start = performance.now();
  const copies = await copyStore(store, destination, backUp, onCollection);
  const sum = (of: "files" | "bytes") => copies.reduce((total, one) => total + one[of], 0);
  return { collections: copies.length, files: sum("files"), bytes: sum("bytes"), ms: performance.now() - start };
}

/** The same with another way to copy a collection; resolves to what it resolved to. */
export async function copyStore<T>(
  store: string,
  destination: string,
  copy: CopyFolder<T>,
  onCollection: OnCollection = () => {},
): Promise<T[]> {
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
    const copies = await copied(from, place, copy, onCollection);
    rmSync(marker);
    syncFile(place);
    return copies;
  } catch (error) {
    if (existsSync(marker)) {
      for (const name of [COLLECTIONS, CATALOG]) rmSync(join(place, name), { recursive: true, force: true });
      rmSync(marker);
    }
    removeMade(place, made);
    throw pathError(error, `${store} can't be copied to ${destination}`);
  }
}

async function copied<T>(store: string, place: string, copy: CopyFolder<T>, onCollection: OnCollection): Promise<T[]> {
  for (let tries = 1; ; tries++) {
    const catalog = readCatalog(store);
    const folders = [...foldersIn(store, catalog).values()];
    const copies: T[] = [];
    rmSync(join(place, COLLECTIONS), { recursive: true, force: true });
    makeDurably(join(place, COLLECTIONS));
    try {
      for (const folder of folders) {
        copies.push(await copy(folder, join(place, folder.slice(store.length))));
        onCollection(copies.length, folders.length);
      }
    } catch (error) {
      if (tries < TRIES && readCatalog(store) !== catalog) continue; // it was dropped
      throw error;
    }
    writeFileSync(join(place, CATALOG), catalog);
    syncFile(join(place, CATALOG));
    syncFile(place);
    return copies;
  }
}
