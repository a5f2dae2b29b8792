/* What happens when bytes on the disk are not the ones that were written? */
import { escaped, HnswError, messageOf } from "../../errors.ts";

/** What is on the disk is not what was written. The message names the file, without a full stop. */
export class Damage extends Error {}

/** Why a file could not be read, without a full stop. */
export function unreadable(error: unknown, path: string): string {
  return error instanceof Damage ? error.message : `${path} can't be read: ${messageOf(error)}`;
}

export function damaged(problem: string): HnswError {
  const cure = 'restore the folder from a backup, or keep what is readable with `open({ onDamage: "salvage" })`';
  return new HnswError("PATH_DAMAGED", `${problem}: ${cure}.`);
}

/** What a caller gets for an error met in a folder. `what` could not be done, where the system gave no better reason. */
export function pathError(error: unknown, what: string): HnswError {
  if (error instanceof HnswError) return error;
  if (error instanceof Damage) return damaged(error.message);
  return new HnswError("PATH_FAILED", `${what}: ${messageOf(error)}.`, { cause: error });
}

export class Findings {
  readonly problems: string[] = [];
  /** Whether any of it cost data. */
  lossy = false;

  constructor(private readonly salvaging: boolean) {}

  /** Damage that something else makes up for. */
  harmless(problem: string): void {
    this.problems.push(escaped(problem));
  }

  /** Damage that costs data. Throws PATH_DAMAGED unless salvaging. */
  lost(problem: string): void {
    if (!this.salvaging) throw damaged(problem);
    this.problems.push(escaped(problem));
    this.lossy = true;
  }
}
