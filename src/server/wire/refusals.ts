/* Which status and which words does a failure have? The words are those that clients of Qdrant look for. */
import { HnswError, type HnswErrorCode, messageOf } from "../../errors.ts";

/** What ends a request with another status than 200. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
    /** What the index refused with. */
    readonly code?: HnswErrorCode,
  ) {
    super(message);
  }
}

export const wrongInput = (message: string) => new Refusal(400, `Wrong input: ${message}`);
export const badFormat = (message: string) => new Refusal(400, `Format error in JSON body: ${message}`);
export const notServed = (name: string) => new Refusal(400, `Wrong input: ${name} is not served here`);
export const noCollection = (name: string) =>
  new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`, {}, "NO_COLLECTION");
export const noPoint = (id: unknown) => new Refusal(404, `Not found: No point with id ${id} found`);
export const busy = (message: string) => new Refusal(429, message, { "retry-after": "1" });

const STATUS: Partial<Record<HnswErrorCode, number>> = {
  NO_COLLECTION: 404,
  COLLECTION_EXISTS: 409,
  SPACE_DROPPED: 409,
  OUT_OF_MEMORY: 507,
  ...{ CLOSED: 503, TIMEOUT: 503, TOO_MANY_HANDLES: 503, JOURNAL_FAILED: 503, JOURNAL_UNCERTAIN: 503 },
  ...{ PATH_LOST: 500, PATH_FAILED: 500, PATH_DAMAGED: 500, PATH_IN_USE: 500, PATH_FOREIGN: 500, PATH_MISMATCH: 500 },
  ...{ REMOTE_REFUSED: 502, REMOTE_FAILED: 502, INTERNAL: 500, DAMAGED: 500, SNAPSHOT_FAILED: 500, UNSUPPORTED: 500 },
};

/** The refusal that stands for anything that was thrown. What is no refusal of ours says nothing of its insides. */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof HnswError)) return new Refusal(500, "Service internal error: see the log of the server");
  const status = STATUS[error.code] ?? 400;
  if (status === 500) return new Refusal(500, `Service internal error: ${error.code}`, {}, error.code);
  const headers: Record<string, string> = status === 503 ? { "retry-after": "1" } : {};
  const message = `${status === 400 ? "Wrong input: " : ""}${messageOf(error)} (${error.code})`;
  return new Refusal(status, message, headers, error.code);
}
