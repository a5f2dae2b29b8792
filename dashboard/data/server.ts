/* How does the page ask the server? By fetch, with the key in a header; the key stays in this tab. */
import { parse, print, type Value } from "./json.ts";

const PLACE = "hnsw-workers key";

/** What the server refused, or that it could not be reached (status 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const keyNow = (): string | null => sessionStorage.getItem(PLACE);

/** Null forgets it. */
export function setKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, key);
}

/** `path` is relative to where the dashboard is mounted. Rejects with Refused. */
export async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const key = keyNow();
  const headers: Record<string, string> = {
    ...(key === null ? {} : { "api-key": key }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const text = body === undefined ? null : print(body);
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body: text, signal: signal ?? null, cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, "The server can't be reached.");
  }
  if (response.ok) return response;
  throw new Refused(response.status, messageIn(await response.text()) ?? `The server returned ${response.status}.`);
}

function messageIn(text: string): string | null {
  try {
    const { status } = parse(text) as { status?: { error?: string } };
    return status?.error ?? null;
  } catch {
    return null;
  }
}

/** The `result` of what the server returned. Rejects with Refused. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  return (parse(await response.text()) as { result: Value }).result as T;
}

export const inPath = (name: string) => encodeURIComponent(name);

/** What the caller may do. */
export interface Session {
  /** Everywhere; null where `collections` says more. */
  right: Right | null;
  collections: Record<string, Right>;
  /** Whether the caller may start the demo's load. */
  demo: boolean;
}
export type Right = "read" | "write" | "manage";

export function mayWrite(session: Session | null, collection: string): boolean {
  const right = session?.right ?? session?.collections[collection];
  return right === "write" || right === "manage";
}
