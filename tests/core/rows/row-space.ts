/* How do tests put rows into a space of the core, and ask it with filters? */
import { E_MORE, NOT_FOUND, OK, OK_WAKE, WITH_ROW } from "../../../assembly/layout.ts";
import type { Build } from "../../../src/core/build.ts";
import * as calls from "../../../src/core/calls.ts";
import type { PartitionSettings, Seat } from "../../../src/core/seat.ts";
import { FIELD_TYPES, FieldTable, type FieldType, type FieldValue } from "../../../src/documents/fields.ts";
import { programOf } from "../../../src/documents/program.ts";
import { encodeRow, type RowContents } from "../../../src/documents/row.ts";
import type { Condition } from "../../../src/documents/where.ts";
import type { Key } from "../../../src/values/keys.ts";
import { CoreSpace, partition } from "../harness.ts";

export const typeNumber = (type: FieldType) => FIELD_TYPES.indexOf(type) + 1;

/** What goes into a row, by the names of fields. */
export interface RowLike {
  text?: string | null;
  values?: { [name: string]: FieldValue | undefined };
  expiresAt?: number | null;
}

export class RowSpace extends CoreSpace {
  fields: FieldTable;

  constructor(seat: Seat, name: string, types: { [name: string]: FieldType }) {
    super(seat, name);
    this.fields = new FieldTable(Object.entries(types));
    this.define();
  }

  private define(): void {
    const types = this.fields.list.map(({ type }) => typeNumber(type));
    const status = calls.defineFields(this.seat, types);
    if (status !== OK) throw new Error(`defineFields returned ${status}`);
  }

  addField(name: string, type: FieldType): void {
    this.fields = new FieldTable([...this.fields.list.map((field) => [field.name, field.type] as const), [name, type]]);
    this.define();
  }

  encode({ text = null, values = {}, expiresAt = null }: RowLike, hasVector: boolean): Uint8Array {
    const contents: RowContents = { text, hasVector, expiresAt };
    return encodeRow(
      contents,
      this.fields,
      this.fields.list.map(({ name }) => values[name]),
    ).slice();
  }

  /** The status of an add; without a vector the entry has none. */
  tryPut(key: Key, vector: ArrayLike<number> | null, row: Uint8Array): number {
    const bytes = this.seat.putRow(row);
    if (bytes < 0) return bytes;
    if (vector !== null) this.seat.putVector(new Float32Array(vector));
    return this.seat.core.add(this.at, this.incarnation, this.seat.putKey(key), 0, 0, bytes);
  }

  put(key: Key, vector: ArrayLike<number> | null, row: RowLike): void {
    const status = this.tryPut(key, vector, this.encode(row, vector !== null));
    if (status !== OK && status !== OK_WAKE) throw new Error(`add of ${String(key)} returned ${status}`);
  }

  /** The status of replacing the row of a key; `stamp`: of the version that it must be. */
  tryUpdate(key: Key, row: Uint8Array, stamp: calls.Stamp = calls.ANY_STAMP): number {
    const bytes = this.seat.putRow(row);
    return this.seat.core.update(this.at, this.incarnation, this.seat.putKey(key), ...stamp, bytes);
  }

  update(key: Key, row: RowLike, hasVector = true): void {
    const status = this.tryUpdate(key, this.encode(row, hasVector));
    if (status !== OK && status !== OK_WAKE) throw new Error(`update of ${String(key)} returned ${status}`);
  }

  /** Undefined when the key is not there at `now`. */
  read(key: Key, now = calls.NEVER): calls.FoundRow | undefined {
    const space = { address: this.at, incarnation: this.incarnation };
    const found = calls.getRow(this.seat, space, this.seat.putKey(key), now, true);
    if (typeof found === "number") throw new Error(`getRow returned ${found}`);
    return found;
  }

  /** The row of a key in hexadecimal, for comparisons. */
  rowOf(key: Key): string {
    const found = this.read(key);
    return found === undefined ? "no entry" : found.row === null ? "no row" : Buffer.from(found.row).toString("hex");
  }

  /** Begins a filter and carries it out. Returns how many match; `end` must follow. */
  filter(condition: Condition, now = calls.NEVER): number {
    const status = this.tryFilter(programOf(condition), now);
    if (status !== OK) throw new Error(`startFilter returned ${status}`);
    return this.finish();
  }

  tryFilter(program: Uint8Array, now = calls.NEVER): number {
    return calls.startFilter(this.seat, { address: this.at, incarnation: this.incarnation }, program, now);
  }

  finish(): number {
    while (this.seat.core.filterPiece() === E_MORE);
    return this.seat.infoAt(0);
  }

  end(): void {
    calls.endScan(this.seat);
  }

  /** The keys of the matches, in their order. */
  listed(): Key[] {
    const refs: number[] = [];
    calls.relistMatches(this.seat);
    while (calls.listMatches(this.seat, calls.NO_FIELD, ({ ref }) => refs.push(ref)) > 0);
    return refs.map((ref) => calls.keyOfMatch(this.seat, ref));
  }

  /** The keys that match. */
  matching(condition: Condition, now = calls.NEVER): Key[] {
    this.filter(condition, now);
    const keys = this.listed();
    this.end();
    return keys;
  }

  /** The k nearest of the matches of the filter that was begun. `how`: 0 chooses, 1 looks at all, 2 walks the graph. */
  nearest(query: ArrayLike<number>, k: number, ef = 64, how = 0) {
    this.seat.putVector(new Float32Array(query));
    const count = this.seat.core.searchMatches(k, ef, how);
    if (count < 0) throw new Error(`searchMatches returned ${count}`);
    const [way, visited] = [this.seat.infoAt(1), this.seat.infoAt(2)];
    return { hits: this.seat.readHits(count), way, visited };
  }

  /** The row of hit `i` of the last search. */
  hitRow(i: number): Uint8Array {
    this.seat.core.hitAt(i, WITH_ROW);
    return this.seat.takeRow(this.seat.infoAt(1));
  }

  liveAt(now: number): number {
    return this.seat.core.liveAt(this.at, this.incarnation, now);
  }

  isThere(key: Key, now: number): boolean {
    const status = this.seat.core.get(this.at, this.incarnation, this.seat.putKey(key), 0, now);
    if (status !== OK && status !== NOT_FOUND) throw new Error(`get returned ${status}`);
    return status === OK;
  }
}

export async function rowSpace(
  types: { [name: string]: FieldType },
  settings: Partial<PartitionSettings> = {},
  build: Build = "debug",
): Promise<RowSpace> {
  return new RowSpace(await partition({ dimensions: 4, ...settings }, build), "s", types);
}
