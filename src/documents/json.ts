/* What of a user's value is kept as JSON? A copy of ours, each property read once; what JSON would drop or alter is refused. */
import { HnswError } from "../errors.ts";
import { nameOf } from "../values/kind.ts";

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const DEEPEST = 64;

/**
 * @internal A copy of a document. A property that is `undefined` counts as absent; −0 becomes 0. `maxBytes`: of its JSON; the copying
 * ends once it can't be less. Throws BAD_METADATA with the path of what is wrong, or DOCUMENT_TOO_LARGE.
 */
export function ownCopy(value: unknown, maxBytes: number, name = "metadata"): Json {
  return new Copying(maxBytes, name).copy(value, null);
}

class Copying {
  /** The objects and arrays that lie around the value at hand, and the names by which they lead to it. */
  private readonly around: object[] = [];
  private readonly trail: (string | number)[] = [];
  private left: number;

  constructor(
    private readonly maxBytes: number,
    private readonly name: string,
  ) {
    this.left = maxBytes;
  }

  copy(value: unknown, at: string | number | null): Json {
    if (--this.left < 0) throw tooLarge(this.maxBytes); // each value takes a character at least
    switch (typeof value) {
      case "string":
        this.left -= value.length;
        if (this.left < 0) throw tooLarge(this.maxBytes);
        return value;
      case "number":
        if (!Number.isFinite(value)) throw this.refusal(at, `is ${value}, which JSON can't say`);
        return value + 0;
      case "boolean":
        return value;
      case "object":
        if (value === null) return null;
        return Array.isArray(value) ? this.copyArray(value, at) : this.copyObject(value, at);
      case "bigint":
        throw this.refusal(at, "is a bigint, which JSON can't say: make it a string");
      default:
        throw this.refusal(at, `is ${value === undefined ? "undefined" : `a ${typeof value}`}, which JSON drops`);
    }
  }

  private copyArray(array: readonly unknown[], at: string | number | null): Json[] {
    this.enter(array, at);
    const { length } = array;
    if (Object.keys(array).length > length) throw this.refusal(null, "is an array with properties, which JSON drops");
    const copy: Json[] = [];
    for (let i = 0; i < length; i++) copy.push(this.copy(array[i], i));
    this.leave();
    return copy;
  }

  private copyObject(object: object, at: string | number | null): { [name: string]: Json } {
    if (!isPlain(object)) {
      const cure = nameOf(object) === "Date" ? "`toISOString()` or `getTime()`" : "a plain object of what it holds";
      throw this.refusal(at, `is a ${classOf(object)}, which JSON alters: give ${cure}`);
    }
    this.enter(object, at);
    if (Object.getOwnPropertySymbols(object).length > 0) {
      throw this.refusal(null, "has a symbol as a name, which JSON drops");
    }
    const copy: { [name: string]: Json } = {};
    for (const name of Object.keys(object)) {
      const value: unknown = Reflect.get(object, name);
      if (value === undefined) continue;
      this.left -= name.length;
      setOwn(copy, name, this.copy(value, name));
    }
    this.leave();
    return copy;
  }

  private enter(container: object, at: string | number | null): void {
    if (this.around.includes(container)) throw this.refusal(at, "contains itself");
    if (this.around.length === DEEPEST) throw this.refusal(at, `lies deeper than ${DEEPEST} levels`);
    this.around.push(container);
    if (at !== null) this.trail.push(at);
  }

  private leave(): void {
    this.around.pop();
    this.trail.pop();
  }

  private refusal(at: string | number | null, what: string): HnswError {
    const trail = at === null ? this.trail : [...this.trail, at];
    return new HnswError("BAD_METADATA", `\`${this.name}${trail.map(step).join("")}\` ${what}.`);
  }
}

function step(name: string | number): string {
  if (typeof name === "number") return `[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** @internal */
export function tooLarge(maxBytes: number, bytes?: number): HnswError {
  const found = bytes === undefined ? "more" : `${bytes}`;
  const message = `A document may take ${maxBytes} bytes as JSON, this one takes ${found}: raise \`maxDocumentBytes\`.`;
  return new HnswError("DOCUMENT_TOO_LARGE", message);
}

/** @internal Also `__proto__` becomes a property like any other. */
export function setOwn(object: { [name: string]: Json }, name: string, value: Json): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** @internal Whether an object has no class, in whatever realm it was made. */
export function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function classOf(object: object): string {
  const maker: unknown = object.constructor;
  return typeof maker === "function" && maker.name !== "" ? maker.name : nameOf(object);
}
