/* Of which built-in class is a value? Whatever realm it was made in: under jest and `node:vm` each has its own classes. */

/** @internal "Uint8Array", "WebAssembly.Memory", "Object". */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
