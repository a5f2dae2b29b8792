// How long does the first write to each page of WebAssembly memory take? No snapshot is loaded into it in less. A child
// process.

const PAGE = 4096; // of the system; one of WebAssembly has 16 of them
const WASM_PAGE = 65_536;

export interface FreshMemoryTask {
  bytes: number;
}

export interface FreshMemoryMeasurement {
  /** To write a byte to each page, for the first time and again. */
  firstMs: number;
  againMs: number;
}

function measure({ bytes }: FreshMemoryTask): FreshMemoryMeasurement {
  const view = new Uint8Array(new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE) }).buffer);
  return { firstMs: touch(view), againMs: touch(view) };
}

function touch(view: Uint8Array): number {
  const start = performance.now();
  for (let at = 0; at < view.length; at += PAGE) view[at] = 1;
  return performance.now() - start;
}

if (import.meta.main) console.log(JSON.stringify(measure(JSON.parse(process.argv[2] ?? "{}"))));
