/*
 * Which fields does the index have, on every thread that has it open? Names never reach the core: they lie on a board that
 * the threads share. The thread that opened the index writes it, the others read it again when its version has changed.
 *
 *   [version u32, odd while it is written][bytes u32] and the fields as JSON, UTF-8
 */
import { FIELD_TYPES, FieldTable, type FieldType } from "../documents/fields.ts";

const HEADER_BYTES = 8;
const BOARD_BYTES = 65536; // 64 names of 256 characters, and what goes with them
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface BoardField {
  name: string;
  type: FieldType;
  /** Of its columns, unless that is its place in the list. */
  number?: number;
  /** Whether rows are there whose values of it are not in its column yet. */
  building: boolean;
  /** Documents that were there before the field and have a value of another type: they match nothing. */
  mismatches: number;
}

/** The fields of an index, as one thread sees them. */
export interface FieldList {
  /** What a `where` is read by. */
  readonly table: FieldTable;
  readonly all: readonly BoardField[];
  /** Whether the columns of some fields have gaps. */
  readonly isBuilding: boolean;
  /** For the thread that opened the index. */
  write(list: readonly BoardField[]): void;
}

/** Fields that no other thread sees. */
export class OwnFields implements FieldList {
  table: FieldTable;

  constructor(public all: readonly BoardField[] = []) {
    this.table = tableOf(all);
  }

  get isBuilding(): boolean {
    return this.all.some(({ building }) => building);
  }

  write(list: readonly BoardField[]): void {
    this.all = list;
    if (list.length !== this.table.size) this.table = tableOf(list);
  }
}

function tableOf(list: readonly BoardField[]): FieldTable {
  return new FieldTable(list.map(({ name, type, number }) => [name, type, number]));
}

export class FieldBoard implements FieldList {
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
  private readonly words: Int32Array;
  private seen = 0;
  private list: readonly BoardField[] = [];
  private fields = new FieldTable();

  /** `shared`: whether other threads get it; or the board that another thread has made. */
  constructor(given: SharedArrayBuffer | ArrayBuffer | { shared: boolean }) {
    if ("shared" in given) this.buffer = new (given.shared ? SharedArrayBuffer : ArrayBuffer)(BOARD_BYTES);
    else this.buffer = given;
    this.words = new Int32Array(this.buffer, 0, HEADER_BYTES / 4);
  }

  get table(): FieldTable {
    this.refresh();
    return this.fields;
  }

  get all(): readonly BoardField[] {
    this.refresh();
    return this.list;
  }

  get isBuilding(): boolean {
    return this.all.some(({ building }) => building);
  }

  write(list: readonly BoardField[]): void {
    const text = encoder.encode(JSON.stringify(list));
    Atomics.add(this.words, 0, 1);
    new Uint8Array(this.buffer, HEADER_BYTES, text.length).set(text);
    Atomics.store(this.words, 1, text.length);
    Atomics.add(this.words, 0, 1);
  }

  private refresh(): void {
    for (let version = Atomics.load(this.words, 0); version !== this.seen; version = Atomics.load(this.words, 0)) {
      if (version % 2 !== 0) continue; // it is written within microseconds
      const bytes = new Uint8Array(this.buffer, HEADER_BYTES, Atomics.load(this.words, 1)).slice();
      if (Atomics.load(this.words, 0) !== version) continue;
      this.list = JSON.parse(decoder.decode(bytes));
      if (this.list.length !== this.fields.size) this.fields = tableOf(this.list);
      this.seen = version;
    }
  }
}

/** As the core numbers types. */
export function typeNumbers(fields: readonly { type: FieldType }[]): number[] {
  return fields.map(({ type }) => FIELD_TYPES.indexOf(type) + 1);
}
