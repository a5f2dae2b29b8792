// What is in a table? Its columns, described once; report/markdown.ts and report/terminal.ts render them.

import type { Figure } from "./statistics.ts";

/** Nothing: it was not measured. */
type Cell = string | Figure | null | undefined;
/** How a number is written. */
type Unit = (value: number) => string;

type CellKey<Row> = { [Key in keyof Row]-?: Row[Key] extends Cell ? Key : never }[keyof Row];

/** A detail is for the terminal alone; extremes are shown there anyway, in the document only where a column says so. */
type Column<Row> = [
  title: string,
  cell: CellKey<Row> | ((row: Row) => Cell),
  unit?: Unit,
  shown?: "detail" | "with extremes",
];

export interface Table {
  columns: { title: string; unit: Unit | undefined; shown: "detail" | "with extremes" | undefined }[];
  rows: Cell[][];
}

/** Columns without a unit hold words. */
export function table<Row>(rows: readonly Row[], columns: Column<Row>[]): Table {
  return {
    columns: columns.map(([title, , unit, shown]) => ({ title, unit, shown })),
    rows: rows.map((row) => columns.map(([, cell]) => (typeof cell === "function" ? cell(row) : (row[cell] as Cell)))),
  };
}

/** Every cell as text, the titles first; `right`: whether a column holds figures. */
export function texts(
  { columns, rows }: Table,
  medium: "terminal" | "document",
): { lines: string[][]; right: boolean[] } {
  const isShown = (_: unknown, i: number) =>
    columns[i]!.shown !== "detail" ||
    (medium === "terminal" && rows.some((row) => row[i] !== null && row[i] !== undefined));
  const lines = rows.map((row) =>
    row.map((cell, i) => {
      const { unit = String, shown } = columns[i]!;
      return text(cell, unit, medium === "terminal" || shown === "with extremes");
    }),
  );
  return {
    lines: [columns.map(({ title }) => title), ...lines].map((line) => line.filter(isShown)),
    right: columns.map(({ unit }) => unit !== undefined).filter(isShown),
  };
}

function text(cell: Cell, unit: Unit, extremes: boolean): string {
  if (cell === null || cell === undefined) return "-";
  if (typeof cell === "string") return cell;
  if (typeof cell === "number") return unit(cell);
  const [median, min, max] = [unit(cell.median), unit(cell.min), unit(cell.max)];
  return extremes && min !== max ? `${median} (${min}–${max})` : median;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** Three significant digits. */
export function short(value: number): string {
  return value >= 100 ? whole(value) : Number(value.toPrecision(3)).toString();
}

export function fourDigits(value: number): string {
  return value.toFixed(4);
}

export function mebibytes(bytes: number): string {
  return short(bytes / 2 ** 20);
}
