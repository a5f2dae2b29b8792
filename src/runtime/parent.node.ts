/* How does a thread of this package talk to the one that started it? `parent.web.ts` is the same for browsers. */
import { parentPort } from "node:worker_threads";

export function fromParent<Message>(heard: (message: Message) => void): void {
  parentPort!.on("message", heard);
}

export function toParent(message: unknown): void {
  parentPort!.postMessage(message);
}

export function endThread(): void {
  process.exit(0);
}
