/* What does a WebAssembly binary declare? As much of the binary format (WebAssembly 2.0, section 5.5) as tests ask. */

const SECTION = { types: 1, imports: 2, functions: 3, exports: 7, data: 11 };
const KINDS = ["function", "table", "memory", "global"] as const;
const VALUE_TYPES: Record<number, string> = { 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" };

export interface Limits {
  shared: boolean;
  initial: number;
  maximum: number | undefined;
}

export interface Import {
  from: string;
  name: string;
  kind: (typeof KINDS)[number];
  limits?: Limits;
}

export interface Export {
  name: string;
  kind: (typeof KINDS)[number];
  index: number;
}

export interface FunctionType {
  parameters: string[];
  results: string[];
}

class Reader {
  at: number;
  constructor(
    readonly bytes: Uint8Array,
    start: number,
  ) {
    this.at = start;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** An unsigned LEB128 number. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }

  valueTypes(): string[] {
    return this.list(() => VALUE_TYPES[this.byte()] ?? "reference");
  }

  limits(): Limits {
    const flags = this.byte();
    const initial = this.number();
    return { shared: (flags & 2) !== 0, initial, maximum: flags & 1 ? this.number() : undefined };
  }
}

function readImport(reader: Reader): Import & { type: number } {
  const from = reader.text();
  const name = reader.text();
  const kind = KINDS[reader.byte()]!;
  if (kind === "function") return { from, name, kind, type: reader.number() };
  if (kind === "memory") return { from, name, kind, type: -1, limits: reader.limits() };
  throw new Error(`${from}.${name} imports a ${kind}`);
}

/** What tests ask of a module. */
export function parseModule(bytes: Uint8Array) {
  const sections = new Map<number, number>();
  for (let at = 8; at < bytes.length; ) {
    const reader = new Reader(bytes, at);
    const id = reader.byte();
    const length = reader.number();
    sections.set(id, reader.at);
    at = reader.at + length;
  }
  function section<T>(id: number, read: (reader: Reader) => T): T[] {
    const start = sections.get(id);
    if (start === undefined) return [];
    const reader = new Reader(bytes, start);
    return reader.list(() => read(reader));
  }
  const types = section(SECTION.types, (reader): FunctionType => {
    reader.byte();
    return { parameters: reader.valueTypes(), results: reader.valueTypes() };
  });
  const imported = section(SECTION.imports, readImport);
  const functions = [
    ...imported.filter((entry) => entry.kind === "function").map((entry) => entry.type),
    ...section(SECTION.functions, (reader) => reader.number()),
  ];
  const exports = section(SECTION.exports, (reader): Export => {
    return { name: reader.text(), kind: KINDS[reader.byte()]!, index: reader.number() };
  });
  const data = sections.get(SECTION.data);
  return {
    imports: imported.map(({ type: _, ...entry }): Import => entry),
    exports,
    dataSegments: data === undefined ? 0 : new Reader(bytes, data).number(),
    typeOfFunction: (index: number): FunctionType => types[functions[index]!]!,
  };
}
