// How does a page look in a terminal? Its tables with the extremes and details that the document leaves out.

import type { Block, Page } from "../experiment.ts";
import { type Table, texts } from "../kit/table.ts";

export function terminal({ findings, body }: Pick<Page, "findings" | "body">): string {
  const claims = findings.map(({ claim, measured, verdict }) => `${verdict}: ${claim}\n  ${measured}`);
  return [...body.map(blockText), ...claims].join("\n\n");
}

export function blockText(block: Block): string {
  return typeof block === "string" ? withoutLinks(block) : aligned(block);
}

function withoutLinks(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1");
}

function aligned(table: Table): string {
  const { lines, right } = texts(table, "terminal");
  const widths = right.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const [head = "", ...rows] = lines.map((line) =>
    line.map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join("  "),
  );
  return [head, widths.map((width) => "-".repeat(width)).join("  "), ...rows].join("\n");
}
