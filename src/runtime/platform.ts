/* What does the runtime offer? Bun, Node, Deno, browsers and isolates differ here and nowhere else. */

const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };

/** Whether threads can share memory, and wait for it to change without blocking their event loops. */
export const canShare =
  typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false && "waitAsync" in Atomics;

/** Whether there are `node:worker_threads`, or Web Workers that share memory and can be told to have ended. */
export const canStartThreads =
  canShare &&
  ((typeof process !== "undefined" && Boolean(process.versions?.node)) ||
    (crossOriginIsolated === true && typeof Worker === "function" && "locks" in navigator));

/**
 * Whether a message to oneself comes back: in pages and their workers. In isolates a channel belongs to the request
 * that made it, and whoever waits for it in the next one waits forever.
 */
export const hearsItself =
  typeof MessageChannel !== "undefined" &&
  ("document" in globalThis || typeof (globalThis as { importScripts?: unknown }).importScripts === "function");

/** Cores that this process may use, as far as it knows. Node has no `navigator` before version 21. */
export function cores(): number {
  const os = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:os");
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Tells whoever runs the program; never throws. */
export function warn(message: string): void {
  if (typeof process !== "undefined" && process.emitWarning) process.emitWarning(message, "HnswWorkersWarning");
  else console.warn(`hnsw-workers: ${message}`);
}

const MADV_HUGEPAGE = 14;
const MADV_NOHUGEPAGE = 15;
const MADV_POPULATE_WRITE = 23; // since Linux 5.14
const HUGE_PAGE = 2 ** 21;
const PROVIDED_AT_ONCE = 4 * HUGE_PAGE; // takes 3 ms
/** What a small index takes: that stays as small as it is. */
export const SMALL_BYTES = 16 * 2 ** 20;

/** Tells Linux about `bytes` of memory from an address on, both in whole pages. */
type Advise = (address: number, bytes: number, advice: number) => void;

/** Null where Linux or its libc is missing. */
async function adviser(): Promise<{ advise: Advise; addressOf(view: Uint8Array): number } | null> {
  if (process.platform !== "linux") return null;
  try {
    const { dlopen, ptr } = await import("bun:ffi");
    const { symbols } = dlopen("libc.so.6", { madvise: { args: ["u64", "u64", "i32"], returns: "i32" } });
    const advise: Advise = (address, bytes, advice) => symbols.madvise(BigInt(address), BigInt(bytes), advice);
    return { advise, addressOf: ptr };
  } catch {
    return null; // another libc, or no right to load it
  }
}

async function adviseHugePages(memories: WebAssembly.Memory[], from: number, bytes: number): Promise<void> {
  const linux = await adviser();
  for (const { buffer } of memories) {
    if (linux === null || buffer instanceof ArrayBuffer) continue; // not shared: it may grow to another place
    const start = linux.addressOf(new Uint8Array(buffer)) + from;
    const aligned = Math.ceil(start / HUGE_PAGE) * HUGE_PAGE;
    linux.advise(aligned, Math.max(0, bytes - from - HUGE_PAGE), MADV_HUGEPAGE);
  }
}

async function populate(
  { buffer }: WebAssembly.Memory,
  from: number,
  to: number,
  pause: () => Promise<void>,
): Promise<void> {
  const linux = await adviser();
  if (linux === null) return;
  const { advise, addressOf } = linux;
  const start = addressOf(new Uint8Array(buffer));
  advise(start + from, to - from, MADV_NOHUGEPAGE);
  for (let at = from; at < to; at += PROVIDED_AT_ONCE) {
    advise(start + at, Math.min(PROVIDED_AT_ONCE, to - at), MADV_POPULATE_WRITE);
    await pause();
  }
  advise(start + from, to - from, MADV_HUGEPAGE);
}

const nothing = async () => {};

/**
 * Asks Linux for huge pages from byte `from` on of memories that may grow to `bytes` each, where Bun can: in pages of
 * 4 KiB the first touch of fresh memory costs more than what is done with it, in a flat ingest and in opening a large
 * index. Nothing is lost where it is refused.
 */
export const askForHugePages: typeof adviseHugePages = typeof Bun === "undefined" ? nothing : adviseHugePages;

/**
 * Has Linux provide memory that is about to be written to, bytes `from` to `to`, where Bun can, in calls of 8 MiB; a
 * `pause` comes after each. In small pages: a virtual machine that gives free memory back to its host does that by huge
 * pages, and touching one again takes 5 ms, when 512 small ones take 0.7. They may become huge ones later.
 */
export const provideMemory: typeof populate = typeof Bun === "undefined" ? nothing : populate;

/** Whether this is a program that `bun build --compile` has made, with its files inside. */
export const isOneFile = /^file:\/\/\/(\$bunfs|B:\/(~|%7E)BUN)\//.test(import.meta.url);

/** A file that such a program was built with; its name may have got a hash. */
function embedded(url: URL): Blob | undefined {
  const name = url.pathname.split("/").at(-1)!;
  const files = Bun.embeddedFiles as (Blob & { name: string })[];
  return files.find((file) => file.name.replace(/-[0-9a-z]+(?=\.wasm$)/, "") === name);
}

/** The bytes of a file of this package. */
export async function readOwnFile(url: URL): Promise<ArrayBuffer> {
  if (isOneFile) {
    const file = embedded(url);
    if (file === undefined) throw new Error("it was not given to `bun build --compile`");
    return await file.arrayBuffer();
  }
  if (typeof Bun !== "undefined") return await Bun.file(url).arrayBuffer();
  if (url.protocol !== "file:") {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return await response.arrayBuffer();
  }
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(url);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
