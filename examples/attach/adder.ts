/* The other thread: adds vectors to the index that main.ts opened. */
import { type AttachTicket, attach } from "../../src/index.ts";

declare const self: {
  onmessage: ((event: MessageEvent<AttachTicket>) => void) | null;
  postMessage(data: number): void;
};

self.onmessage = async ({ data: ticket }) => {
  const index = attach(ticket);
  const space = index.space("shared");
  for (let i = 0; i < 100; i++) {
    await space.add(
      `reading-${i}`,
      Array.from({ length: 8 }, (_, j) => Math.sin(i + j)),
    );
  }
  await index.close(); // gives the seat back; the index itself stays open
  self.postMessage(100);
};
