/* What does a request hold? Its body is read up to a limit, as JSON in UTF-8; all bodies together have one as well. */
import { isDeeperThan, parse, type Value } from "./json.ts";
import { badFormat, busy, Refusal } from "./refusals.ts";

const DEEPEST = 64;
const MOST_IN_FLIGHT = 268_435_456; // bytes of all bodies that are read or whose writes are not done

/** Memory of bodies, as long as something needs it. */
export class BodyBudget {
  private used = 0;

  /** Throws Refusal. Returns what gives the bytes back. */
  take(bytes: number): () => void {
    if (this.used + bytes > MOST_IN_FLIGHT) throw busy("Too many requests: their bodies take too much memory");
    this.used += bytes;
    return () => {
      this.used -= bytes;
      bytes = 0;
    };
  }
}

/** Undefined where there is none. Throws Refusal. */
export async function readBody(
  request: Request,
  limit: number,
  take: (bytes: number) => void,
): Promise<Value | undefined> {
  if (request.body === null) return undefined;
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of whole(request.body)) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge(limit);
    take(chunk.length);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) {
    throw new Refusal(415, "Content type error: a body must be application/json");
  }
  return parsed(chunks);
}

/** A client that goes in the middle of a body is no failure of the server. */
export async function* whole(body: Request["body"]): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch(() => {
        throw badFormat("it was cut off");
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function parsed(chunks: readonly Uint8Array[]): Value {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let value: Value;
  try {
    const pieces = chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
    value = parse(pieces.join("") + decoder.decode());
  } catch (error) {
    throw badFormat(error instanceof RangeError ? "it is nested too deeply" : "it is not JSON in UTF-8");
  }
  if (isDeeperThan(value, DEEPEST)) throw badFormat(`it is nested deeper than ${DEEPEST} levels`);
  return value;
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, `Payload too large: a body may take ${limit} bytes`, { connection: "close" });
}
