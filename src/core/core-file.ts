/* What does a `.wasm` of this package hold for TypeScript? A module, as isolate platforms import it. Types only. */
declare const core: WebAssembly.Module;
export default core;
