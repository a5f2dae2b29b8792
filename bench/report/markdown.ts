// How does a page look in Markdown? Tables as Biome and people leave them: columns padded, figures to the right.

import type { Block } from "../experiment.ts";
import { type Table, texts } from "../kit/table.ts";

export function markdown(body: Block[]): string {
  return body.map((block) => (typeof block === "string" ? block : padded(block))).join("\n\n");
}

function padded(table: Table): string {
  const { lines, right } = texts(table, "document");
  const widths = right.map((_, i) => Math.max(3, ...lines.map((line) => line[i]!.length)));
  const [head = "", ...rows] = lines.map((line) =>
    rowOf(line.map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))),
  );
  const rule = rowOf(widths.map((width, i) => (right[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width))));
  return [head, rule, ...rows].join("\n");
}

/** A table of words, too long to be padded. */
export function words(head: string[], rows: string[][]): string {
  const lines = rows.map((cells) => rowOf(cells.map((cell) => cell.replaceAll("|", "\\|"))));
  return [rowOf(head), rowOf(head.map(() => "---")), ...lines].join("\n");
}

function rowOf(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}
