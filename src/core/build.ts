/* Which build of the core does this engine run, and where does it lie? */
import { HnswError } from "../errors.ts";
import { readOwnFile } from "../runtime/own-file.ts";
import { exportsOf } from "./exports.ts";

export type Variant = "relaxed" | "baseline";
export type Build = "release" | "debug";

/** (module (func (result v128) (i32x4.relaxed_dot_i8x16_i7x16_add_s …))): validates where relaxed SIMD exists. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // header
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type: () → v128
  ...[0x03, 0x02, 0x01, 0x00], // function
  ...[0x0a, 0x13, 0x01, 0x11, 0x00], // code
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f], // three splats
  ...[0xfd, 0x93, 0x02, 0x0b], // i32x4.relaxed_dot_i8x16_i7x16_add_s, end
);

const BUNDLED =
  "If your program is bundled, keep the package out of the bundle (`--external hnsw-workers`), or give `open` the `core`.";

/** The fastest build of the core that this engine can run. */
export function bestVariant(): Variant {
  return WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "baseline";
}

/** Compiles a build of the core, for memory that threads share or not. Post the module to workers: it shares its code. */
export async function compileCore(build: Build, variant: Variant, shared = true): Promise<WebAssembly.Module> {
  const url = fileOf(build, variant, shared);
  try {
    return await WebAssembly.compile(await readOwnFile(url));
  } catch (cause) {
    const message = `The WebAssembly core could not be loaded from ${url.href}. ${BUNDLED}`;
    throw new HnswError("UNSUPPORTED", message, { cause });
  }
}

/** Whole names of what is published: by these, bundlers find files and bring them along. */
function fileOf(build: Build, variant: Variant, shared: boolean): URL {
  const name = `${build}.${variant}${shared ? "" : ".unshared"}`;
  switch (name) {
    case "release.relaxed":
      return new URL("../../build/core.release.relaxed.wasm", import.meta.url);
    case "release.relaxed.unshared":
      return new URL("../../build/core.release.relaxed.unshared.wasm", import.meta.url);
    case "release.baseline":
      return new URL("../../build/core.release.baseline.wasm", import.meta.url);
    case "release.baseline.unshared":
      return new URL("../../build/core.release.baseline.unshared.wasm", import.meta.url);
    default: {
      const { url: here } = import.meta; // of a checkout only: in words that no bundler follows
      return new URL(`../../build/core.${name}.wasm`, here);
    }
  }
}

/** Whether a build of the core is for memory that threads share: then it takes no other. */
export function isForSharedMemory(module: WebAssembly.Module): boolean {
  try {
    exportsOf(module, new WebAssembly.Memory({ initial: 17, maximum: 17 }));
    return false;
  } catch {
    return true;
  }
}
