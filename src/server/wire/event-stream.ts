/* How does a client hear of something again and again? By server-sent events, once a second, until it goes or there are no more. */
import { Refusal } from "./refusals.ts";

const MOST_STREAMS = 64;
const EVENT_MS = 1000;

let streams = 0;

export interface Event {
  data: object;
  /** Whether no other comes. */
  isLast?: boolean;
}

/** A client that reads too slowly misses some. `ended` is called once. Throws Refusal. */
export function eventStream(next: () => Promise<Event>, ended: () => void = () => {}): Response {
  if (streams >= MOST_STREAMS) throw new Refusal(429, `Too many requests: ${MOST_STREAMS} event streams are open`);
  streams++;
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval>;
  let isOpen = true;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    streams--;
    clearInterval(timer);
    ended();
  };
  const send = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if ((controller.desiredSize ?? 0) <= 0) return;
    try {
      const { data, isLast = false } = await next();
      if (isOpen) controller.enqueue(encoder.encode(`data: ${JSON.stringify(data)}\n\n`));
      if (!isLast) return;
    } catch {
      // The store is closed.
    }
    if (isOpen) controller.close();
    end();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        timer = setInterval(() => void send(controller), EVENT_MS);
        await send(controller);
      },
      cancel: end,
    },
    { highWaterMark: 4 },
  );
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}
