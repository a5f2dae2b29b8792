/* What is a log of accepted ops, to those that write and read it? Storage implements it in a folder. */

/** Numbers of ops stay below: what a log can hold, and a million a second for four years. */
export const MOST_OPS = 2 ** 47;
/**
 * Ids of a partition's spaces stay below: a partition makes 2^30 (SPACES_MADE in core/spaces.ts), and one more for each thread
 * that comes there at once.
 */
export const MOST_SPACES = 2 ** 30 + 2 ** 16;

/** Whether a number that was read is one that counts something, and below that. */
export function isCount(value: unknown, below: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < below;
}

/** One group commit: the ops `first` … `first + count − 1` of a partition. */
export interface Group {
  partition: number;
  first: number;
  count: number;
  payload: Uint8Array;
}

/** A group that can't be what was written. */
export interface BadGroup extends Omit<Group, "payload"> {
  problem: string;
}

/**
 * A log can't be written for lack of room. An HnswError with PATH_LOST means that its folder is not the one that was
 * opened; any other error, that it failed.
 */
export class LogFull extends Error {}

export interface OpLog {
  /** Keeps groups, all or none: when it returns, they are durable. One that begins with the same op is replaced. */
  append(groups: Group[]): void;
  /** Every group of a partition that holds an op after number `after`, in order. Throws what can't be read at all. */
  readFrom(partition: number, after?: number): Iterable<Group | BadGroup>;
  /** Number of the last op of a partition that the log still holds, or 0. */
  lastSequence(partition: number): number;
  close(): void;
}

/** A lower bound of what is durable, kept beside the log: a log that ends before it has lost ops. */
export interface Mark {
  /** Notes each partition's last durable op. Never throws: the mark may say less than is durable, but never more. */
  write(durable: (partition: number) => number): void;
}
