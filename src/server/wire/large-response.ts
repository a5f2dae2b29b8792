/*
 * How does a large response reach a client that reads slowly, or not at all? Piece by piece, as it is read; what is left of it counts
 * among the bytes that all requests may hold together, so clients that stop reading get others refused, not the process ended.
 */
import type { ByteBudget } from "./body.ts";

const LARGE = 262_144; // characters
const PIECE = 65_536;

/** Throws Refusal where there is no room for it. */
export function bodyFor(text: string, budget: ByteBudget): string | ReadableStream<Uint8Array> {
  if (text.length < LARGE) return text;
  const release = budget.take(text.length, "response");
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      let end = Math.min(at + PIECE, text.length);
      if (isFirstOfTwo(text.charCodeAt(end - 1))) end++;
      controller.enqueue(encoder.encode(text.slice(at, end)));
      at = end;
      if (at < text.length) return;
      text = "";
      release();
      controller.close();
    },
    cancel() {
      text = "";
      release();
    },
  });
}

const isFirstOfTwo = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
