/*
 * Where does a backup go, and what of it is removed when it fails? It is made in a folder inside the destination: the
 * backup that creates this folder has the destination to itself. A backup removes only what it has made itself.
 */
import { mkdirSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { HnswError } from "../../errors.ts";
import { pathError } from "../disk/damage.ts";
import { makeDurably, syncFile } from "../disk/files.ts";
import { OF_SYSTEMS } from "../disk/folder.ts";
import { type FolderPaths, pathsOf } from "../disk/paths.ts";

const UNFINISHED = "backup.unfinished";

export class Destination {
  /** Where the copy is made. */
  readonly unfinished: FolderPaths;
  private readonly place: string;
  /** The uppermost folder that was created for it. */
  private made: string | undefined;
  private begun = false;
  private readonly moved: string[] = [];

  private constructor(private readonly name: string) {
    this.place = resolve(name);
    this.unfinished = pathsOf(join(this.place, UNFINISHED));
  }

  /** Takes a place that is missing or empty. Throws BAD_OPTION, PATH_FOREIGN or PATH_FAILED; then it is as it was. */
  static take(folder: string, name: string): Destination {
    const taken = new Destination(name);
    try {
      taken.made = makeDurably(taken.place);
      refuseInside(folder, taken.place);
      taken.refuseFull();
      taken.begin();
      taken.refuseFull(); // another backup may have finished since
      return taken;
    } catch (error) {
      taken.takeBack();
      throw pathError(error, `The folder ${name} can't be created`);
    }
  }

  private refuseFull(): void {
    const names = readdirSync(this.place);
    if (!this.begun && names.includes(UNFINISHED)) throw this.underWay();
    if (names.some((name) => name !== UNFINISHED && !OF_SYSTEMS.includes(name))) {
      throw new HnswError("PATH_FOREIGN", `The folder ${this.name} is not empty: give the backup a folder of its own.`);
    }
  }

  private begin(): void {
    try {
      mkdirSync(this.unfinished.folder);
    } catch (error) {
      if ((error as { code?: string }).code === "EEXIST") throw this.underWay();
      throw error;
    }
    this.begun = true;
  }

  private underWay(): HnswError {
    const why = `${this.name} holds ${UNFINISHED}: another backup to it is running, or one was interrupted`;
    return new HnswError("PATH_FOREIGN", `The folder ${why}. Wait for it, or empty the folder if none is running.`);
  }

  /** Makes room for a copy, and removes one that was begun before. */
  clear(): void {
    const { folder, snapshots } = this.unfinished;
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    mkdirSync(snapshots);
  }

  /** Puts a copy whose files are on the disk in its place, durably. */
  moveUp(): void {
    const [from, to] = [this.unfinished, pathsOf(this.place)];
    syncFile(from.snapshots);
    syncFile(from.folder);
    for (const part of ["journal", "snapshots", "mark"] as const) {
      renameSync(from[part], to[part]);
      this.moved.push(to[part]);
    }
    rmdirSync(from.folder);
    syncFile(to.folder);
    syncFile(dirname(to.folder));
  }

  takeBack(): void {
    try {
      for (const path of this.moved) rmSync(path, { recursive: true, force: true });
      if (this.begun) rmSync(this.unfinished.folder, { recursive: true, force: true });
      removeMade(this.place, this.made);
    } catch {} // what can't be removed stays; the error that led here says more
  }
}

/** Removes a folder that was created, and those above it up to `made`, as long as nothing is in them. */
export function removeMade(place: string, made: string | undefined): void {
  if (made === undefined) return;
  try {
    for (let at = place; at.length >= made.length; at = dirname(at)) rmdirSync(at);
  } catch {} // it holds something else by now
}

/** Throws BAD_OPTION for a place in the folder that is copied. */
export function refuseInside(folder: string, place: string): void {
  const way = relative(realpathSync(folder), realpathSync(place));
  if (way === "" || (way !== ".." && !way.startsWith(`..${sep}`))) {
    throw new HnswError("BAD_OPTION", `A backup can't lie inside ${folder} itself.`);
  }
}
