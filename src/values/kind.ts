/* Of which built-in class is a value? Whatever realm it was made in: under jest and `node:vm` each has its own classes. */

/** @internal "Uint8Array", "WebAssembly.Memory", "Object". */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** @internal As errors call it: "null", "string", "BigInt64Array". */
export function nameOf(value: unknown): string {
  return typeof value === "object" && value !== null ? kindOf(value) : value === null ? "null" : typeof value;
}
