/* Does the reference name all that is exported, with the defaults and ranges that hold? */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HnswError, type OpenOptions, open } from "../../src/index.ts";
import { ROOT } from "./blocks.ts";

const REFERENCE = readFileSync(join(ROOT, "docs/REFERENCE.md"), "utf8").replace(/^### `(\w+)`$/gm, "### $1");
/** Of what those two entries export; others may have types of the same names. */
const OTHER_ROOMS = /^src\/(adapters|cli|dropin|server)\//;
const SOURCES = [...new Bun.Glob("src/**/*.ts").scanSync(ROOT)]
  .filter((file) => !OTHER_ROOMS.test(file))
  .map((file) => readFileSync(join(ROOT, file), "utf8"));
/** What is nothing but what its text says, or made of what is described elsewhere. */
const IN_WORDS = ["Settings", "AttachTicket", "Entry", "MetadataType"];

/** Cells of the table rows under a heading, by what the first one names. */
function rowsOf(heading: string): Map<string, string[]> {
  const section = REFERENCE.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`the reference has no "${heading}"`);
  const rows = section.match(/^\| `.*\|$/gm) ?? [];
  return new Map(
    rows.map((row) => {
      const [first, ...others] = row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim());
      return [/^`(\w+)/.exec(first!)![1]!, others];
    }),
  );
}

const headings = [...REFERENCE.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);

function exportsOf(entry: string): string[] {
  const lists = readFileSync(join(ROOT, entry), "utf8").matchAll(/^export (?:type )?\{([^}]*)\}/gm);
  return [...lists].flatMap(([, names]) => names!.split(",").map((name) => name.trim().replace("type ", "")));
}

/**
 * Public properties, getters and methods of an interface or class, those that it inherits among them: lines that are
 * indented once, and what its constructor declares. Empty for other types.
 */
function membersOf(name: string): string[] {
  const alias = new RegExp(`^export type ${name} = (\\w+) &`, "m");
  const stated = SOURCES.map((source) => alias.exec(source)?.[1]).find((found) => found !== undefined);
  if (stated !== undefined) return membersOf(stated);
  const pattern = new RegExp(`^(?:export )?(?:interface|class) ${name}\\b(?: extends (\\w+))?.*?\\{\\n(.*?)^\\}`, "ms");
  const [, base, body] = SOURCES.map((source) => pattern.exec(source)).find((found) => found !== null) ?? [];
  if (body === undefined) return [];
  const open = body.replace(/^ {2}\/\*\* @internal.*\*\/\n.*\n/gm, "");
  const lines = open.matchAll(/^ {2}(?:readonly |get |async )*(\w+)\??(?:<.*>)?(?:\(|: )/gm);
  const parameters = /^ {2}constructor\(([\s\S]*?)\) \{/m.exec(body)?.[1] ?? "";
  const properties = parameters.matchAll(/(?<!private |protected )readonly (\w+):/g);
  const own = Array.from([...lines, ...properties], ([, member]) => member!).filter((name) => name !== "constructor");
  return [...new Set([...own, ...(base === undefined ? [] : membersOf(base))])].sort();
}

/** What a class implements, of what is described here. */
function faceOf(name: string): string[] {
  const pattern = new RegExp(`^export class ${name}\\b[^{]*?\\bimplements ([^{]*?)\\{$`, "m");
  const listed = SOURCES.map((source) => pattern.exec(source)?.[1]).find((found) => found !== undefined) ?? "";
  return headings.filter((heading) => new RegExp(`\\b${heading}\\b`).test(listed) && heading.endsWith("Like"));
}

const names = new Set(
  ["index", "search", "server/server", "client/client"]
    .flatMap((entry) => exportsOf(`src/${entry}.ts`))
    .filter(Boolean),
);

test("every export is described", () => {
  const described = new Set([...headings, ...rowsOf("Functions").keys(), "HnswError", "HnswErrorCode"]);
  expect([...names].filter((name) => !described.has(name))).toEqual([]);
  expect(names.size).toBeGreaterThan(20);
});

describe("every member is described, and nothing else, of", () => {
  for (const name of headings.filter((heading) => !IN_WORDS.includes(heading))) {
    const members = membersOf(name);
    if (members.length === 0) continue;
    test(name, () => {
      const own = rowsOf(name).keys();
      // What it shares with others may be described there.
      const shared = faceOf(name).flatMap((face) => [...rowsOf(face).keys()]);
      expect([...new Set([...own, ...shared])].sort()).toEqual(members);
    });
  }
});

test("every error has its row", () => {
  const errors = SOURCES.find((source) => source.includes("export type HnswErrorCode"))!;
  const codes = [...errors.matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) => code!);
  expect([...rowsOf("Errors").keys()].sort()).toEqual(codes.sort());
  expect(codes.length).toBeGreaterThan(20);
});

test("defaults are those of an index that was given none", async () => {
  await using index = await open({ dimensions: 3 });
  const { batching, stealing, ...options } = index.options;
  const memoryLimit = "no limit below 4 GiB per partition";
  const given = {
    dimensions: "required",
    workers: "one per core",
    memoryLimit,
    path: "none: in memory",
    fields: "none",
    ef: "follows `recall`",
  };
  for (const [heading, settings, byHand] of [
    ["OpenOptions", options, given],
    ["BatchingPolicy", batching, {}],
    ["StealingPolicy", stealing, {}],
  ] as const) {
    const rows = rowsOf(heading);
    const defaults = Object.entries(settings).map(([name, value]) => [name, written(value)]);
    const expected = { ...Object.fromEntries(defaults), ...byHand };
    expect(Object.fromEntries(defaults.map(([name]) => [name, rows.get(name!)?.[0]]))).toEqual(expected);
  }
});

test("ranges are those that a refusal names", async () => {
  const refusal = async (options: Partial<OpenOptions>) => {
    const error = await open({ dimensions: 3, ...options }).catch((error: unknown) => error);
    return error instanceof HnswError ? error.message : "it was not refused";
  };
  let compared = 0;
  const wrong = async (heading: string, given: (name: string) => Partial<OpenOptions>) => {
    for (const [name, [, range = ""]] of rowsOf(heading)) {
      if (!/^[\d,]+ to [\d,]+$/.test(range)) continue;
      expect(await refusal(given(name))).toContain(`from ${range.replaceAll(",", "")}`);
      compared++;
    }
  };
  await wrong("OpenOptions", (name) => ({ path: name === "snapshotAfterBytes" ? "./unused" : undefined, [name]: -1 }));
  await wrong("BatchingPolicy", (name) => ({ batching: { [name]: -1 } }));
  await wrong("StealingPolicy", (name) => ({ stealing: { [name]: -1 } }));
  expect(compared).toBeGreaterThan(15);
});

function written(value: unknown): string {
  if (typeof value === "string") return `\`"${value}"\``;
  return typeof value === "number" ? value.toLocaleString("en-US") : String(value);
}
