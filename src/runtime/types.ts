/*
 * How do our types name what a runtime has, in a program that may have the DOM's types, Bun's, Node's, another platform's
 * or none? By what is found under a global name. Types only.
 */

/** Instances of a global class; never where the program has no types for it. */
export type Instance<Name extends string> =
  typeof globalThis extends Record<Name, abstract new (...args: never) => infer Found> ? Found : never;

/** A compiled module, and no path to one; any object where the program has no types for WebAssembly. */
export type Module = typeof globalThis extends {
  WebAssembly: { Module: abstract new (...args: never) => infer Found };
}
  ? Found & object
  : object;

/**
 * What the import of a `.wasm` gives: its path in Bun, and by bundlers that treat it as a file; the compiled module on
 * isolate platforms, where a program can't make one.
 */
export type WasmImport = typeof globalThis extends { WebAssembly: { Module: infer Class } }
  ? Class extends new (
      bytes: ArrayBuffer,
    ) => unknown
    ? string
    : Module
  : string;
