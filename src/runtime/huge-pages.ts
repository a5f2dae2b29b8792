/* In which pages does Linux provide memory? The advice that it is given, where Bun can call libc. */

const MADV_HUGEPAGE = 14;
const MADV_NOHUGEPAGE = 15;
const MADV_POPULATE_WRITE = 23; // since Linux 5.14
const HUGE_PAGE = 2 ** 21;
const PROVIDED_AT_ONCE = 4 * HUGE_PAGE; // takes 3 ms
/** What a small index takes: too little for huge pages. */
export const SMALL_BYTES = 16 * 2 ** 20;

interface Linux {
  /** Gives advice on `bytes` of memory from an address on, both in whole pages. */
  advise(address: number, bytes: number, advice: number): void;
  addressOf(view: Uint8Array): number;
}

/** Null where Linux or its libc is missing. */
async function findLinux(): Promise<Linux | null> {
  if (process.platform !== "linux") return null;
  try {
    const { dlopen, ptr } = await import("bun:ffi");
    const { symbols } = dlopen("libc.so.6", { madvise: { args: ["u64", "u64", "i32"], returns: "i32" } });
    const advise: Linux["advise"] = (address, bytes, advice) => symbols.madvise(BigInt(address), BigInt(bytes), advice);
    return { advise, addressOf: ptr };
  } catch {
    return null; // another libc, or no right to load it
  }
}

async function adviseHugePages(memories: WebAssembly.Memory[], from: number, bytes: number): Promise<void> {
  const linux = await findLinux();
  for (const { buffer } of memories) {
    if (linux === null || buffer instanceof ArrayBuffer) continue; // not shared: it may move when it grows
    const start = linux.addressOf(new Uint8Array(buffer)) + from;
    const aligned = Math.ceil(start / HUGE_PAGE) * HUGE_PAGE;
    linux.advise(aligned, Math.max(0, bytes - from - HUGE_PAGE), MADV_HUGEPAGE);
  }
}

async function populate({ buffer }: WebAssembly.Memory, from: number, to: number, pause: () => Promise<void>) {
  const linux = await findLinux();
  if (linux === null) return;
  const start = linux.addressOf(new Uint8Array(buffer));
  linux.advise(start + from, to - from, MADV_NOHUGEPAGE);
  for (let at = from; at < to; at += PROVIDED_AT_ONCE) {
    linux.advise(start + at, Math.min(PROVIDED_AT_ONCE, to - at), MADV_POPULATE_WRITE);
    await pause();
  }
  linux.advise(start + from, to - from, MADV_HUGEPAGE);
}

const nothing = async () => {};

/**
 * Asks Linux for huge pages from byte `from` on, in memories that may grow to `bytes` each. In pages of 4 KiB the first
 * touch of fresh memory costs more than the work on it, when a flat space is filled or a large index is opened.
 */
export const askForHugePages: typeof adviseHugePages = typeof Bun === "undefined" ? nothing : adviseHugePages;

/**
 * Has Linux provide bytes `from` to `to` of a memory, which are about to be written, in calls of 8 MiB with a `pause`
 * after each. In small pages: a virtual machine that returns free memory to its host does so by huge pages, and touching
 * one again takes 5 ms, 512 small ones 0.7. Linux may merge them into huge pages later.
 */
export const provideMemory: typeof populate = typeof Bun === "undefined" ? nothing : populate;
