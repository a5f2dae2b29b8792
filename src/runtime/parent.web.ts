/*
 * How does a Web Worker talk to the thread that started it? The build for browsers has this in place of `parent.node.ts`;
 * `threads.web.ts` is the other side. The first message names the lock that this thread holds as long as it lives.
 */

/** Of a worker's global scope; the types of Bun lack it. */
declare function close(): void;

export function fromParent<Message>(heard: (message: Message) => void): void {
  const begin = ({ data: life }: MessageEvent) => {
    addEventListener("message", ({ data }) => heard(data));
    void navigator.locks.request(life, () => {
      postMessage(life);
      return new Promise(() => {});
    });
  };
  addEventListener("message", begin, { once: true });
}

export function toParent(message: unknown): void {
  postMessage(message);
}

export function endThread(): void {
  close();
}

// Browsers report only errors to the thread that started a worker.
addEventListener("unhandledrejection", (event) => {
  throw (event as Event & { reason: unknown }).reason;
});
