/* What can go wrong, and which stable code names it? */

/** Why an `HnswError` was thrown. Codes are part of the public interface: they do not change within a major version. */
export type HnswErrorCode =
  /** An option of `open`, `search`, `attach` or `export` is unknown, of the wrong type or out of range. */
  | "BAD_OPTION"
  /** The length of a vector is not the index's `dimensions`. */
  | "BAD_DIMENSIONS"
  /** A vector is not a Float32Array, a Float64Array or an array of numbers. */
  | "BAD_VECTOR"
  /** A vector holds NaN or an infinity. */
  | "NOT_FINITE"
  /** The squared norm of a vector is 2^124 or more. */
  | "NORM_OVERFLOW"
  /** Under cosine: a vector has no direction (squared norm below 1e-30). */
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
  /** Nothing moved for `timeoutMs`: no worker is alive, a thread ended while it held a lock, or the machine is stuck. */
  | "TIMEOUT"
  /** No seat is left for another thread. */
  | "TOO_MANY_HANDLES"
  /** The runtime lacks something that the index needs. */
  | "UNSUPPORTED"
  /** The folder at `path` is open already, in this process or another. */
  | "PATH_IN_USE"
  /** The folder at `path` holds something else, or a newer format. */
  | "PATH_FOREIGN"
  /** The index at `path` was created with other `dimensions`, `metric`, `M`, `seed` or `partitions`. */
  | "PATH_MISMATCH"
  /** The folder at `path` can't be created, read or written. */
  | "PATH_FAILED"
  /** The content of `path` is not what was written. */
  | "PATH_DAMAGED"
  /** The journal can't be written: the op changed nothing, and none is accepted until the disk takes the waiting ones. */
  | "JOURNAL_FAILED"
  /** The op is accepted, but not known to be on the disk. It is written again as soon as that works. */
  | "JOURNAL_UNCERTAIN"
  /** `from` was exported with other options or in another format, or is not an export. */
  | "EXPORT_FOREIGN"
  /** `from` is incomplete or was changed, or its stream failed; then `cause` says how. */
  | "EXPORT_DAMAGED"
  /** No snapshot could be taken. What was durable before still is. */
  | "SNAPSHOT_FAILED"
  /** A bug in this package. The op was done as a whole or not at all, as the message says, and the index works on. */
  | "INTERNAL"
  /** A partition could not be repaired after a bug; its spaces refuse ops. */
  | "DAMAGED";

/** Every error that this package throws or rejects with. */
export class HnswError extends Error {
  override readonly name = "HnswError";
  /** Stable, while messages may change. The README explains each code, under Errors. */
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
