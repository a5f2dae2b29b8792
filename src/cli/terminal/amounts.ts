/* How are counts and bytes written for a reader? */
import { escaped } from "../../errors.ts";

/** 12,345 ops */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** 1.2 MiB */
export function bytesOf(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toLocaleString("en-US", { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}

/** Rows of cells in columns, a line each, text to the left, numbers to the right. */
export function table(rows: (string | number)[][]): string[] {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en-US") : escaped(cell))),
  );
  const widths = texts[0]!.map((_, i) => Math.max(...texts.map((row) => row[i]!.length)));
  const line = (row: string[], r: number) =>
    row.map((cell, i) => {
      const isNumber = typeof rows[Math.max(r, 1)]?.[i] === "number"; // a heading is aligned like its column
      return isNumber ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
    });
  return texts.map((row, r) => `  ${line(row, r).join("  ").trimEnd()}`);
}
