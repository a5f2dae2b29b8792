/* What does a request hold? Its body is read up to a limit, as JSON in UTF-8; all bodies together have one as well. */
import { Slice } from "../../runtime/event-loop.ts";
import type { Value } from "./json.ts";
import { parseInSlices } from "./parse-in-slices.ts";
import { badFormat, busy, Refusal } from "./refusals.ts";

const DEEPEST = 64;
/** Bytes. So many of a request that is only begun may count before they are sent: thousands of such requests have room. */
const SHORT = 65_536;
const MOST_IN_FLIGHT = 268_435_456; // bytes of all bodies that are read or whose writes are not done, and of large responses

const MOST_OF_RESPONSES = 201_326_592; // of these: clients that do not read leave room for the bodies of others

/** Memory of bodies and responses, as long as something needs it. */
export class ByteBudget {
  private readonly used = { body: 0, response: 0 };

  /** Throws Refusal. Returns what gives the bytes back. */
  take(bytes: number, of: "body" | "response"): () => void {
    const { used } = this;
    const all = used.body + used.response + bytes;
    if (all > MOST_IN_FLIGHT || (of === "response" && used.response + bytes > MOST_OF_RESPONSES)) {
      throw busy("Too many requests: what is on its way takes too much memory");
    }
    used[of] += bytes;
    return () => {
      used[of] -= bytes;
      bytes = 0;
    };
  }
}

/** Undefined where there is none. `limit`: bytes. Throws Refusal, also when it is not whole after `timeoutMs`. */
export async function readBody(
  request: Request,
  limit: number,
  timeoutMs: number,
  take: (bytes: number) => void,
): Promise<Value | undefined> {
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > limit) throw tooLarge(limit);
  const isShort = length > 0 && length <= SHORT && !request.headers.has("transfer-encoding");
  const chunks = isShort
    ? [await wholeOf(request, length, timeoutMs, take)]
    : await chunksOf(request, timeoutMs, take, limit);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytes > limit) throw tooLarge(limit); // a request that a program made may hold more than it says
  if (bytes === 0) return undefined;
  if (!/^application\/[\w.+-]+\+json$/.test(typeOf(request))) checkType(request, ["application/json"]);
  return await parsed(chunks);
}

/** In one go, which costs less than a stream. Its memory counts before it is there. */
async function wholeOf(request: Request, length: number, timeoutMs: number, take: (bytes: number) => void) {
  take(length);
  return new Uint8Array(await within(timeoutMs, request.arrayBuffer()));
}

async function chunksOf(request: Request, timeoutMs: number, take: (bytes: number) => void, limit: number) {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const end = performance.now() + timeoutMs;
  for await (const chunk of pieces(request.body, () => end - performance.now())) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge(limit);
    take(chunk.length);
    chunks.push(chunk);
  }
  return chunks;
}

/** A form of a page can send some types across sites, and none of these. Throws Refusal. */
export function checkType(request: Request, types: readonly string[]): void {
  if (types.includes(typeOf(request))) return;
  throw new Refusal(415, `Content type error: a body must be ${types.join(" or ")}`);
}

/** Without its parameters. */
function typeOf(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/**
 * A body as it comes. `patience`: milliseconds in which the next piece must be there. Throws Refusal: a client that goes in the
 * middle of a body, or waits there, is no failure of the server.
 */
export async function* pieces(body: Request["body"], patience: () => number): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let isWaiting = false;
  try {
    for (;;) {
      isWaiting = true;
      const next = await within(patience(), iterator.next());
      isWaiting = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    const ended = iterator.return?.().catch(() => {});
    if (!isWaiting) await ended; // else that settles when the client sends on, or never
  }
}

async function within<T>(ms: number, piece: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow()), Math.max(0, ms));
  });
  const cut = () => {
    throw badFormat("it was cut off");
  };
  try {
    return await Promise.race([piece.catch(cut), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function parsed(chunks: readonly Uint8Array[]): Promise<Value> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const slice = new Slice();
  try {
    const pieces: string[] = [];
    for (const chunk of chunks) {
      pieces.push(decoder.decode(chunk, { stream: true }));
      if (slice.isOver) await slice.next();
    }
    return await parseInSlices(pieces.join("") + decoder.decode(), DEEPEST, slice);
  } catch (error) {
    throw badFormat(
      error instanceof RangeError ? `it is nested deeper than ${DEEPEST} levels` : "it is not JSON in UTF-8",
    );
  }
}

function tooSlow(): Refusal {
  return new Refusal(408, "Request timeout: the body did not come in time", { connection: "close" });
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, `Payload too large: a body may take ${limit} bytes`, { connection: "close" });
}
