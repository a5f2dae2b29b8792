/* Which texts of a value are embedded? Those at paths as LangGraph writes them: "$", "a.b", "list[*].text", "list[-1]". */
import { HnswError } from "../index.ts";

/** The texts at all paths. A path that leads nowhere in this value has none. */
export function textsAt(value: unknown, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    return stepsOf(path)
      .reduce((values, step) => values.flatMap((one) => inside(one, step)), [value])
      .flatMap(textOf);
  });
}

/** "list[*].text" is "list", "[*]", "text". Wildcards of properties and `{a,b}` are refused. */
export function stepsOf(path: string): string[] {
  if (path === "$") return [];
  const steps = path.replaceAll("[", ".[").split(".");
  if (path.startsWith("[")) steps.shift();
  if (steps.every((step) => /^(\[(\*|-?\d+)\]|[^[\]{}*]+)$/.test(step))) return steps;
  throw new HnswError("BAD_OPTION", `"${path}" is no path to texts: "$", "a.b", "list[*].text" and "list[0]" are.`);
}

function inside(value: unknown, step: string): unknown[] {
  if (step.startsWith("[")) {
    if (!Array.isArray(value)) return [];
    return step === "[*]" ? value : [value.at(Number(step.slice(1, -1)))];
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
  return [(value as Record<string, unknown>)[step]];
}

function textOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return [typeof value === "object" ? JSON.stringify(value) : String(value)];
}
