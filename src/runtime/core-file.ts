/* What does the import of a `.wasm` of this package give? Types only. */
import type { WasmImport } from "./types.ts";

declare const core: WasmImport;
export default core;
