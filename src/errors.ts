/* What can go wrong, and by which stable code does a caller tell it apart? */

/** Why an `HnswError` was thrown. Codes are part of the public interface: they do not change within a major version. */
export type HnswErrorCode =
  /** An option of `open`, `search`, `attach` or `export` is unknown, of the wrong type or out of range. */
  | "BAD_OPTION"
  /** A vector's length is not the index's `dimensions`. */
  | "BAD_DIMENSIONS"
  /** Not a Float32Array, Float64Array or array of numbers. */
  | "BAD_VECTOR"
  /** A vector holds NaN or an infinity. */
  | "NOT_FINITE"
  /** The vector's squared norm is 2^124 or more. */
  | "NORM_OVERFLOW"
  /** Under cosine: the vector has no direction (squared norm below 1e-30). */
  | "ZERO_VECTOR"
  /** A key is not a string, safe integer or bigint, or is empty or too long. */
  | "BAD_KEY"
  /** One `addMany` or `deleteMany` names a key twice. */
  | "DUPLICATE_KEY"
  /** A space name is not a string, or is empty or too long. */
  | "BAD_SPACE"
  /** `k` is not a positive integer. */
  | "BAD_K"
  /** `memoryLimit`, or the 4 GiB of a partition, is used up. */
  | "OUT_OF_MEMORY"
  /** A vector changed while `addMany` was still reading it. */
  | "INPUT_CHANGED"
  /** The space was dropped while the call was waiting. */
  | "SPACE_DROPPED"
  /** The index, or this handle on it, is closed. */
  | "CLOSED"
  /** Nothing moved for `timeoutMs`: no worker is alive, a thread ended with a lock held, or the machine is stuck. */
  | "TIMEOUT"
  /** No seat is left for another thread. */
  | "TOO_MANY_HANDLES"
  /** The runtime lacks something the index needs. */
  | "UNSUPPORTED"
  /** The folder at `path` is open already, in this process or another. */
  | "PATH_IN_USE"
  /** The folder at `path` holds something else, or a newer format. */
  | "PATH_FOREIGN"
  /** The index at `path` was made with other `dimensions`, `metric`, `M`, `seed` or `partitions`. */
  | "PATH_MISMATCH"
  /** The folder at `path` can't be made, read or written. */
  | "PATH_FAILED"
  /** What lies at `path` is not what was written. */
  | "PATH_DAMAGED"
  /** The disk refuses the journal: nothing has changed, and nothing is accepted until it takes what waits. */
  | "JOURNAL_FAILED"
  /** The op is accepted, but it is not known to be on the disk: it is written again as soon as that works. */
  | "JOURNAL_UNCERTAIN"
  /** What an index was to start from was made with other options, in another format, or is no export. */
  | "SNAPSHOT_FOREIGN"
  /** What an index was to start from is cut off or changed, or its stream failed: then `cause` says how. */
  | "SNAPSHOT_DAMAGED"
  /** No snapshot could be taken; what was durable before still is. */
  | "SNAPSHOT_FAILED"
  /** A bug in this package: the op is in as a whole or not at all, as the message says, and the index works on. */
  | "INTERNAL"
  /** A partition could not be put right after a bug; its spaces refuse ops. */
  | "DAMAGED";

/** Every error that this package throws or rejects with. */
export class HnswError extends Error {
  override readonly name = "HnswError";
  /** Tells errors apart; messages may change, codes do not. What each means stands in the README, under Errors. */
  readonly code: HnswErrorCode;

  constructor(code: HnswErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @internal The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
