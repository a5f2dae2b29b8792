/* What does a match have in a field? Its column says so; while that is being filled, its document does. */
import * as calls from "../core/calls.ts";
import type { Seat } from "../core/seat.ts";
import { type Field, type FieldValue, type Scalar, valueIfFits } from "../documents/fields.ts";
import { decodeText, valueInRow } from "../documents/row.ts";
import type { Host } from "./host.ts";
import { documentIn } from "./rows.ts";

/** AGAIN, where numbers are values. */
export const BUSY = Symbol("busy");

export class FieldValues {
  /** Keywords, each read once per code. */
  private readonly texts = new Map<string, string>();
  private readonly isBuilding: boolean;

  constructor(
    private readonly host: Host,
    private readonly seat: Seat,
    private readonly field: Field,
  ) {
    this.isBuilding = host.fields.all.some(({ name, building }) => building && name === field.name);
  }

  /** A scalar as it is compared, a boolean as 0 or 1; undefined for a list, for null and where there is none. */
  comparedOf(match: calls.Listed): string | number | undefined | typeof BUSY {
    const value = this.isBuilding ? this.inDocument(match.ref) : this.inColumn(match);
    if (value === null || Array.isArray(value)) return undefined;
    return typeof value === "boolean" ? Number(value) : (value as string | number | undefined | typeof BUSY);
  }

  /** Every value, once each: one, or those of a list. */
  valuesOf(match: calls.Listed): Iterable<Scalar> | typeof BUSY {
    const isList = match.form === calls.FORM_LIST && !this.isBuilding;
    const value = this.isBuilding ? this.inDocument(match.ref) : isList ? this.inRow(match.ref) : this.inColumn(match);
    if (value === BUSY) return BUSY;
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? new Set(value as Scalar[]) : [value as Scalar];
  }

  /** Undefined also for a list. */
  private inColumn({ ref, form, value }: calls.Listed): Scalar | undefined | typeof BUSY {
    const { seat, field } = this;
    if (form !== calls.FORM_ONE) return undefined;
    if (field.type === "boolean") return value === 1;
    if (field.type !== "keyword") return value;
    const name = `${calls.generationOf(ref)} ${value}`;
    const known = this.texts.get(name);
    if (known !== undefined) return known;
    const bytes = calls.keywordAt(seat, ref, field.number, value);
    if (typeof bytes === "number") {
      this.host.again(bytes, seat);
      return BUSY;
    }
    const text = decodeText(bytes);
    this.texts.set(name, text);
    return text;
  }

  private inRow(ref: number): FieldValue | undefined | typeof BUSY {
    const row = this.rowAt(ref);
    return row === BUSY ? BUSY : row === null ? undefined : valueInRow(row, this.field);
  }

  private inDocument(ref: number): FieldValue | undefined | typeof BUSY {
    const row = this.rowAt(ref);
    if (row === BUSY) return BUSY;
    const document = documentIn(row);
    return document === undefined ? undefined : valueIfFits(this.field, document).value;
  }

  private rowAt(ref: number): Uint8Array | null | typeof BUSY {
    const found = calls.matchAt(this.seat, ref, { row: true, vector: false });
    if (typeof found !== "number") return found.row;
    this.host.again(found, this.seat);
    return BUSY;
  }
}
