/* What can go wrong, and which stable code names it? */

/** Why an `HnswError` was thrown. Codes are part of the public interface: they do not change within a major version. */
export type HnswErrorCode =
  | "BAD_OPTION" // an option or argument is unknown, too many, of the wrong type or out of range
  | "BAD_DIMENSIONS" // the length of a vector is not the index's `dimensions`
  | "BAD_VECTOR" // a vector is not a typed array of numbers or an array of them
  | "NOT_FINITE" // a vector holds NaN or an infinity
  | "NORM_OVERFLOW" // the squared norm of a vector is 2^124 or more
  | "NORM_UNDERFLOW" // under l2 and dot, it is below 1e-35 and not 0
  | "ZERO_VECTOR" // under cosine: a vector has no direction (squared norm below 1e-30)
  | "BAD_KEY" // a key is not a string, safe integer or bigint, or is empty or too long
  | "BAD_METADATA" // a document is not what JSON can keep, or `update` finds no properties to merge
  | "BAD_FIELD" // a document has a value of another type where a field is
  | "BAD_WHERE" // a filter names an unknown field or operator, or compares with a value of another type, or is too large
  | "DOCUMENT_TOO_LARGE" // a document takes more than `maxDocumentBytes` as JSON
  | "DUPLICATE_KEY" // one `addMany` or `deleteMany` names a key twice
  | "BAD_SPACE" // a space name is not a string, or is empty or too long; or there is no such space to export or check
  | "BAD_K" // `k` is not a positive integer
  | "OUT_OF_MEMORY" // `memoryLimit`, or the 4 GiB of a partition, is used up
  | "INPUT_CHANGED" // vectors changed while `addMany` or `searchMany` was still reading them
  | "SPACE_DROPPED" // the space was dropped while the call was waiting
  | "COLLECTION_EXISTS" // a store has a collection or an alias of that name
  | "NO_COLLECTION" // a store has no collection or alias of that name
  | "CLOSED" // the index, or this handle on it, is closed
  | "TIMEOUT" // nothing moved for `timeoutMs`: no worker lives, a thread died with a lock held, or the machine is stuck
  | "TOO_MANY_HANDLES" // no seat is left for another thread
  | "UNSUPPORTED" // the runtime lacks something that the index needs
  | "PATH_IN_USE" // the folder at `path` is open already, in this process or another
  | "PATH_FOREIGN" // the folder at `path` holds something else, or a newer format
  | "PATH_MISMATCH" // the index at `path` was created with other `dimensions`, `metric`, `M`, `seed` or `partitions`
  | "PATH_FAILED" // the folder at `path` can't be created, read or written
  | "PATH_LOST" // the folder at `path` was moved, deleted or replaced while the index was open: nothing is written any more
  | "PATH_DAMAGED" // the content of `path` is not what was written
  | "JOURNAL_FAILED" // the journal can't be written: the op changed nothing, and none is accepted until it can
  | "JOURNAL_UNCERTAIN" // the op is accepted, but may not be on the disk; it is written again as soon as that works
  | "EXPORT_FOREIGN" // `from` was exported with other options or in another format, or is not an export
  | "EXPORT_DAMAGED" // `from` is incomplete, or holds what no index wrote, or its stream failed; then `cause` says how
  | "SNAPSHOT_FAILED" // no snapshot could be taken; what was durable before still is
  | "REMOTE_REFUSED" // client: the server refuses the request: its key, its rate, or what only the server can judge
  | "REMOTE_FAILED" // client: the server can't be reached, or its response is none; what was sent may have been done
  | "CLUSTER_UNREACHABLE" // no server, or no leader of the log, takes the op or says what is there: nothing has changed
  | "CLUSTER_UNCERTAIN" // no acknowledgement came: the op is in the log or not
  | "CLUSTER_FULL" // the log's stream, or its account, takes no more: nothing has changed
  | "CLUSTER_MISMATCH" // the cluster was created with other options, or its stream is not one of this package
  | "CLUSTER_LOST" // the log was deleted, created again or rolled back, or its beginning is gone
  | "CLUSTER_UNSERVED" // no member that holds the space's partition has replied in time, or this one does not hold it
  | "CLUSTER_HALTED" // this member can't apply what is in the log, and has stopped
  | "INTERNAL" // a bug in this package: the op was done as a whole or not at all, as the message says
  | "DAMAGED"; // a partition could not be repaired after a bug; its spaces refuse ops

/** Every error that this package throws or rejects with. */
export class HnswError extends Error {
  override readonly name = "HnswError";
  /** Stable, while messages may change. */
  readonly code: HnswErrorCode;

  constructor(code: HnswErrorCode, message: string, options?: { cause?: unknown }) {
    super(escaped(message), options);
    this.code = code;
  }
}

/**
 * @internal A text that may hold names, keys and paths of others, for a person to read: what could steer a terminal, break
 * a line or turn the direction of writing is shown as `\u001b`. The same text again where there is none.
 */
export function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** @internal The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
