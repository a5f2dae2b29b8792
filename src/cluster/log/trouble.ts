/* What if the servers do not do what they are asked? They are asked again for a while; then the caller hears of it, by these codes. */
import { HnswError, messageOf } from "../../errors.ts";

/** Of errors of JetStream: limits of a stream, an account or a server are reached. */
export const FULL_CODES: readonly number[] = [10023, 10047, 10077, 10122];

/** Tries until a server takes it. Rejects with CLUSTER_UNREACHABLE, or at once with an HnswError or what a server says for good. */
export async function eventually<T>(timeoutMs: number, trouble: string, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof HnswError) throw error;
      if (performance.now() > end) throw unreachable(trouble, error);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

export function unreachable(message: string, cause?: unknown): HnswError {
  const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
  return new HnswError("CLUSTER_UNREACHABLE", `${message}${why}.`, { cause });
}

export function lost(why: string): HnswError {
  return new HnswError("CLUSTER_LOST", `The log is not the one that this member has applied: ${why}.`);
}
