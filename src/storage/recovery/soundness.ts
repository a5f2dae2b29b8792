/*
 * Is every page of a SQLite file sound? SQLite reads all of it in one call. A thread makes that call for all but small
 * files, and the event loop of the thread that opens a folder runs on.
 */
import { statSync } from "node:fs";
import { startThread } from "../../runtime/thread.ts";
import { Damage } from "../disk/damage.ts";
import type { Mode, SqliteFile } from "../disk/sqlite.ts";

/** The whole work of a snapshot thread that gets it first: to look at every page of a file. */
export interface ExamineMessage {
  examine: string;
  mode: Mode;
}

/** After "ready". */
export interface FromExaminer {
  type: "examined";
  problem: string | null;
}

const SMALL = 1024 * 1024; // bytes that are read sooner than a thread starts

/** Rejects with Damage when a page of an open file is broken: some lead queries in circles that do not end. */
export async function expectSound(file: SqliteFile, mode: Mode): Promise<void> {
  const { path } = file;
  if (statSync(path).size <= SMALL) {
    file.expectSound();
    return;
  }
  let problem: string | null;
  try {
    problem = await examined(path, mode);
  } catch {
    file.expectSound(); // no thread can be started
    return;
  }
  if (problem !== null) throw new Damage(problem);
}

function examined(path: string, mode: Mode): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const thread = startThread(
      "snapshot-thread",
      "The thread that examines the journal",
      { examine: path, mode },
      {
        heard: (message) => resolve((message as FromExaminer).problem),
        ended: (failure) => reject(failure),
      },
    );
    thread.ready.then(() => thread.keepAlive(true), reject);
  });
}
