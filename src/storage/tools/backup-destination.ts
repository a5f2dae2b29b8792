/*
 * Where does a backup go, and what of it is taken back when it fails? It is made in a folder inside the destination:
 * whoever makes that one has the destination to itself, so two backups can't get in each other's way. Only what this one
 * has made is ever removed.
 */
import { mkdirSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { HnswError } from "../../errors.ts";
import { type FolderPaths, makeDurably, pathsOf } from "../disk/folder.ts";
import { syncFile } from "../disk/sqlite.ts";

const UNFINISHED = "backup.unfinished";

export class Destination {
  /** Where the copy is made. */
  readonly unfinished: FolderPaths;
  /** As errors call it. */
  private readonly name: string;
  private readonly place: string;
  /** The uppermost folder that was made for it. */
  private made: string | undefined;
  private begun = false;
  private readonly moved: string[] = [];

  private constructor(name: string) {
    this.name = name;
    this.place = resolve(name);
    this.unfinished = pathsOf(join(this.place, UNFINISHED));
  }

  /** Takes a place that is not there or empty. Throws BAD_OPTION, PATH_FOREIGN or PATH_FAILED; it is as before then. */
  static take(folder: string, name: string): Destination {
    const taken = new Destination(name);
    try {
      taken.made = makeDurably(taken.place);
      taken.refuseInside(folder);
      taken.refuseFull();
      taken.begin();
      taken.refuseFull(); // another backup may have come to its end since
      return taken;
    } catch (error) {
      taken.takeBack();
      if (error instanceof HnswError) throw error;
      const why = (error as Error).message;
      throw new HnswError("PATH_FAILED", `The folder ${name} can't be made: ${why}.`, { cause: error });
    }
  }

  private refuseInside(folder: string): void {
    const way = relative(realpathSync(folder), realpathSync(this.place));
    if (way === "" || (way !== ".." && !way.startsWith(`..${sep}`))) {
      throw new HnswError("BAD_OPTION", `A backup can't lie inside ${folder} itself.`);
    }
  }

  private refuseFull(): void {
    const names = readdirSync(this.place);
    if (!this.begun && names.includes(UNFINISHED)) throw this.underWay();
    if (names.some((name) => name !== UNFINISHED)) {
      throw new HnswError("PATH_FOREIGN", `The folder ${this.name} is not empty: give a backup one of its own.`);
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
    const why = `${this.name} holds ${UNFINISHED}: another backup is under way there, or one was cut off`;
    return new HnswError("PATH_FOREIGN", `The folder ${why}. Wait for it, or empty the folder if there is none.`);
  }

  /** Makes room for a copy; one that was begun before goes. */
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

  /** Removes what was made. */
  takeBack(): void {
    try {
      for (const path of this.moved) rmSync(path, { recursive: true, force: true });
      if (this.begun) rmSync(this.unfinished.folder, { recursive: true, force: true });
      if (this.made === undefined) return;
      for (let at = this.place; at.length >= this.made.length; at = dirname(at)) rmdirSync(at);
    } catch {
      // what can't be removed, or holds something else by now, stays; the failure that led here says more
    }
  }
}
