// Where does a result go? To the terminal as a table, and to a JSON file with everything it was made from.

import { join } from "node:path";
import { SEEDS } from "../datasets/seeds.ts";
import { describeMachine } from "./machine.ts";
import type { Spread } from "./statistics.ts";

/** First column flush left, figures flush right. */
export function printTable(head: string[], rows: string[][]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  console.log(line(head));
  console.log(widths.map((width) => "-".repeat(width)).join("  "));
  for (const row of rows) console.log(line(row));
}

/** The median, and the extremes where there are any. */
export function range({ median, min, max }: Spread, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)}-${format(max)})`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A ratio or milliseconds. */
export function times(value: number): string {
  return value.toFixed(2);
}

/** Where a result goes that nobody has named a file for. */
export function resultPath(suite: string): string {
  const date = new Date().toISOString().replaceAll(":", "").slice(0, 17);
  return join(import.meta.dir, "..", "results", `${suite}-${date}.json`);
}

export async function saveResult(suite: string, file: string, result: object): Promise<void> {
  const saved = { suite, date: new Date().toISOString(), machine: describeMachine(), seeds: SEEDS, ...result };
  await Bun.write(file, `${JSON.stringify(saved, null, 2)}\n`);
  console.log(`\nsaved to ${file}`);
}
