/* Which build of the core does this engine run, and how is it loaded? */
import { HnswError } from "../errors.ts";
import { readOwnFile, readOwnFileNow } from "../runtime/own-file.ts";
import { type CoreFile, placeOfCore } from "../runtime/places.ts";
import { keepsOrder } from "../runtime/platform.ts";
import { exportsOf } from "./exports.ts";

/** Which instructions it may use: with relaxed SIMD or without. */
export type Instructions = "relaxed" | "baseline";
/** `ordered`: for processors that may show a thread's stores to others in another order (assembly/memory/order.ts). */
export type Variant = Instructions | `${Instructions}.ordered`;
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
  const instructions = WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "baseline";
  return keepsOrder ? instructions : `${instructions}.ordered`;
}

/** Threads that share no memory need no order, and debug builds are made for one only. */
function fileOf(build: Build, variant: Variant, shared: boolean): CoreFile {
  const instructions = variant.replace(".ordered", "") as Instructions;
  if (!shared) return `core.${build}.${instructions}.unshared.wasm`;
  return build === "debug" ? `core.debug.${instructions}.wasm` : `core.release.${variant}.wasm`;
}

/** Compiles a build of the core, for memory that threads share or not. Post the module to workers: it shares its code. */
export async function compileCore(build: Build, variant: Variant, shared = true): Promise<WebAssembly.Module> {
  const place = placeOfCore(fileOf(build, variant, shared));
  try {
    return await WebAssembly.compile(await readOwnFile(place));
  } catch (cause) {
    throw notLoaded(place, cause);
  }
}

const compiled = new Map<string, WebAssembly.Module>();

/** The same for memory that is not shared, before it returns. Compiled once: programs open many small indexes so. */
export function compileCoreNow(build: Build, variant: Variant): WebAssembly.Module {
  const file = fileOf(build, variant, false);
  const known = compiled.get(file);
  if (known !== undefined) return known;
  const place = placeOfCore(file);
  try {
    const module = new WebAssembly.Module(readOwnFileNow(place));
    compiled.set(file, module);
    return module;
  } catch (cause) {
    throw notLoaded(place, cause);
  }
}

function notLoaded(place: URL | string, cause: unknown): HnswError {
  return new HnswError("UNSUPPORTED", `The WebAssembly core could not be loaded from ${place}. ${BUNDLED}`, { cause });
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
