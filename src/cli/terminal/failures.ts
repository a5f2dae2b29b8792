/* What can fail on the command line, and what does the user read then? One line: `CODE: what is wrong`. */
import { escaped, HnswError, messageOf } from "../../errors.ts";

export class UsageError extends Error {}
export class OutputClosed extends Error {}
/** A file can't be read or written, or does not hold what its name promises. */
export class FileError extends Error {}

export function lineFor(error: unknown): string | null {
  if (error instanceof OutputClosed) return null;
  return escaped(`${codeOf(error)}: ${messageOf(error).replace(/\s*[\r\n]+\s*/g, " ")}`);
}

export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError || (error instanceof HnswError && error.code === "BAD_OPTION") ? 2 : 1;
}

function codeOf(error: unknown): string {
  if (error instanceof HnswError) return error.code;
  if (error instanceof UsageError) return "USAGE";
  return error instanceof FileError ? "BAD_FILE" : "INTERNAL";
}
