/* What can fail on the command line, and what does the user read then? One line: `CODE: what is wrong`. */
import { HnswError, messageOf } from "../errors.ts";

/** The program was called wrongly. */
export class UsageError extends Error {}

/** A file that was named can't be read or written, or is not what its name says. */
export class FileError extends Error {}

/** Whoever read the output wants no more of it. */
export class OutputClosed extends Error {}

/** Null: nothing needs to be said. */
export function wordsOf(error: unknown): string | null {
  if (error instanceof OutputClosed) return null;
  return `${codeOf(error)}: ${messageOf(error).replace(/\s*[\r\n]+\s*/g, " ")}`;
}

export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError || (error instanceof HnswError && error.code === "BAD_OPTION") ? 2 : 1;
}

function codeOf(error: unknown): string {
  if (error instanceof HnswError) return error.code;
  if (error instanceof UsageError) return "USAGE";
  return error instanceof FileError ? "BAD_FILE" : "INTERNAL";
}
