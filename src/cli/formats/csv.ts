/*
 * How is a row of a .csv file an entry? By the names in its first row: one column holds the keys, one the vectors as arrays
 * such as [0.1,-2], and the others the properties of the documents. (RFC 4180: cells with commas, quotes or line breaks are
 * quoted, quotes in them doubled.)
 */
import type { FieldType } from "../../documents/fields.ts";
import { FileError } from "../terminal/failures.ts";
import { KEYS, VECTORS } from "./column-names.ts";
import type { Row } from "./jsonl.ts";
import { linesOf } from "./lines.ts";

const MOST_CHARACTERS = 1 << 22; // of a row

export interface CsvColumns {
  vector: string | undefined;
  key: string | undefined;
  integerKeys: boolean;
  /** Cells of these are numbers, truth values or dates; others stay text. */
  fields: Readonly<Record<string, FieldType>>;
}

/** A row and the line where it begins; `read` throws FileError. */
export interface CsvRow {
  number: number;
  read(): Row;
}

/** Throws FileError. */
export async function* csvRowsOf(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  columns: CsvColumns,
  onRead: (bytes: number) => void,
): AsyncGenerator<CsvRow> {
  let layout: Layout | null = null;
  for await (const { cells, number } of recordsOf(chunks, name, onRead)) {
    if (layout === null) layout = layoutOf(cells, columns, name);
    else {
      const known = layout;
      yield { number, read: () => rowOf(cells, known, columns) };
    }
  }
  if (layout === null) throw new FileError(`${name}: has no first row with the names of its columns`);
}

async function* recordsOf(chunks: AsyncIterable<Uint8Array>, name: string, onRead: (bytes: number) => void) {
  let begun = "";
  let first = 0;
  for await (const { line, number } of linesOf(chunks, name, onRead)) {
    if (begun === "") {
      first = number;
      if (line === "") continue;
    }
    const text = begun === "" ? (number === 1 ? line.replace(/^\ufeff/, "") : line) : `${begun}\n${line}`;
    if (text.length > MOST_CHARACTERS) throw new FileError(`${name}, line ${first}: a quote is not closed`);
    const cells = cellsOf(text, `${name}, line ${first}`);
    begun = cells === null ? text : "";
    if (cells !== null) yield { cells, number: first };
  }
  if (begun !== "") throw new FileError(`${name}, line ${first}: a quote is not closed`);
}

/** Null: the last cell goes on in the next line. */
function cellsOf(text: string, where: string): string[] | null {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    if (text[at] !== '"') {
      const comma = text.indexOf(",", at);
      const end = comma < 0 ? text.length : comma;
      cells.push(text.slice(at, end));
      at = end;
    } else {
      let end = at + 1;
      while (text[end] !== '"' || text[end + 1] === '"') {
        if (end >= text.length) return null;
        end += text[end] === '"' ? 2 : 1;
      }
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
    }
    if (at >= text.length) return cells;
    if (text[at] !== ",") throw new FileError(`${where}: something follows the quote of cell ${cells.length}`);
  }
}

interface Layout {
  names: string[];
  vector: number;
  key: number;
}

function layoutOf(names: string[], columns: CsvColumns, name: string): Layout {
  if (new Set(names).size !== names.length) throw new FileError(`${name}: two columns have one name`);
  const find = (what: string, given: string | undefined, usual: string[]) => {
    const wanted = given === undefined ? usual : [given];
    const found = wanted.map((each) => names.indexOf(each)).find((i) => i >= 0);
    if (found !== undefined) return found;
    throw new FileError(`${name}: no column is named ${wanted.join(" or ")}: give --${what}-column`);
  };
  return { names, vector: find("vector", columns.vector, VECTORS), key: find("key", columns.key, KEYS) };
}

function rowOf(cells: string[], { names, vector, key }: Layout, { integerKeys, fields }: CsvColumns): Row {
  if (cells.length !== names.length) throw new FileError(`${cells.length} cells, and ${names.length} columns`);
  const metadata: Record<string, unknown> = {};
  for (const [i, cell] of cells.entries()) {
    if (i !== vector && i !== key && cell !== "") metadata[names[i]!] = cellValue(cell, names[i]!, fields);
  }
  const row: Row = { key: integerKeys ? integerOf(cells[key]!) : cells[key]!, vector: vectorOf(cells[vector]!) };
  if (Object.keys(metadata).length > 0) row.metadata = metadata;
  return row;
}

function vectorOf(cell: string): number[] {
  try {
    const found: unknown = JSON.parse(cell);
    if (Array.isArray(found) && found.every((value) => typeof value === "number")) return found;
  } catch {}
  throw new FileError("its vector is not an array of numbers such as [0.1,-2]");
}

function integerOf(cell: string): number {
  const number = Number(cell);
  if (/^-?\d+$/.test(cell) && Number.isSafeInteger(number)) return number;
  throw new FileError(`its key "${cell}" is not a safe integer`);
}

function cellValue(cell: string, name: string, fields: CsvColumns["fields"]): unknown {
  const type = Object.hasOwn(fields, name) ? fields[name] : "keyword";
  if (type === "number") {
    const value = Number(cell);
    if (cell.trim() !== "" && Number.isFinite(value)) return value;
    throw new FileError(`"${cell}" is not a number, as ${name} must be`);
  }
  if (type !== "boolean") return type === "date" && /^\d+$/.test(cell) ? Number(cell) : cell;
  if (/^(true|false)$/i.test(cell)) return cell.toLowerCase() === "true";
  throw new FileError(`"${cell}" is not true or false, as ${name} must be`);
}
