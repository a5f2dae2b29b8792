/* What does the server report once a second, and what was reported over the last minutes? Server-sent events, by fetch. */
import type { Live } from "../../src/server/wire/live.ts";
import { Refused, send } from "./server.ts";

export interface Feed {
  state: "connecting" | "live" | "lost" | "refused";
  /** Of the last minutes, oldest first. */
  events: readonly Live[];
}

const KEPT = 300; // five minutes
const AGAIN_MS = 2000;

/** Calls `changed` with what is known at every change, until the returned function is called. */
export function follow(changed: (feed: Feed) => void): () => void {
  const ended = new AbortController();
  let events: Live[] = [];
  const say = (state: Feed["state"]) => {
    if (!ended.signal.aborted) changed({ state, events });
  };
  void (async () => {
    while (!ended.signal.aborted) {
      try {
        const response = await send("GET", "v1/events", undefined, ended.signal);
        for await (const event of eventsIn(response.body!)) {
          // A server that was started again counts from 0.
          if (events.length > 0 && event.uptimeMs < events.at(-1)!.uptimeMs) events = [];
          events = [...events.slice(1 - KEPT), event];
          say("live");
        }
      } catch (error) {
        if (error instanceof Refused && (error.status === 401 || error.status === 403)) return say("refused");
      }
      say("lost");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  })();
  return () => ended.abort();
}

async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Live> {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      const data = part
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5));
      if (data.length > 0) yield JSON.parse(data.join("\n")) as Live;
    }
  }
}
