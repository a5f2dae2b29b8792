/* Do imports in src/ point downward: face → parts → scheduler, pool, linking → core? */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";

const SRC = new URL("../../src/", import.meta.url);

/** From the top down. A file may import from its own layer and from those below it. */
const LAYERS: string[][] = [
  ["cli"],
  ["cli/backup", "cli/export", "cli/import", "cli/inspect", "cli/verify"],
  ["cli/sources"],
  ["cli/matrix"],
  ["cli/command", "cli/jsonl", "cli/lines", "cli/npy", "cli/output", "cli/progress"],
  ["cli/amounts", "cli/failures"],
  ["index", "open-copy", "search"],
  ["open", "search-index"],
  ["vector-index", "worker", "journal-worker", "snapshot-worker"],
  ["journal/opening"],
  ["journal/keeper", "journal/recovery", "snapshots/starting"],
  ["journal/messages", "journal/replay", "journal/salvage"],
  [
    ...["journal/backup", "journal/inspection", "journal/loading", "journal/rounds", "journal/verification"],
    ...["journal/writer", "snapshots/travelling"],
  ],
  ["space", "checking", "journal/filling"],
  ["flushing", "spreading"],
  ["stats"],
  ["handle", "pool"],
  ["journal/link"],
  [
    "linking",
    "waiting-line",
    "walking",
    "journal/acknowledgements",
    "journal/findings",
    "journal/recovered",
    "journal/snapshot-file",
    "snapshots/taking",
  ],
  ["journal/destination", "journal/frames", "filtering", "joining", "refusals"],
  ["core", "control", "protocol", "vectors", "journal/folder"],
  ["journal/board", "journal/entries", "journal/lock", "journal/mark", "journal/store"],
  ["journal/checksum", "journal/magic", "seating", "threads"],
  ["spawning", "web-spawning"],
  ["options", "keys", "busy", "yielding", "scheduler/assignment", "scheduler/batching", "scheduler/stealing"],
  ["snapshots/source", "parent", "platform", "waking", "web-parent"],
  ["errors", "core-file", "../assembly/layout"],
];

interface Import {
  from: string;
  target: string;
  typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((file) => file.replaceAll("\\", "/").slice(0, -3));

const textOf = (file: string) => readFileSync(new URL(`${file}.ts`, SRC), "utf8");

/** A comment may mention what code must not. */
const codeOf = (file: string) => textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

function importsOf(from: string): Import[] {
  const statements = codeOf(from).matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)";/gm);
  return Array.from(statements, ([, type, path]) => {
    const target = path!.startsWith(".") ? relative(from, path!) : path!;
    return { from, target, typeOnly: type !== undefined };
  });
}

/** "./keys.ts" as seen from "scheduler/x" is "scheduler/keys". */
function relative(from: string, path: string): string {
  const url = new URL(path, new URL(`${from}.ts`, SRC));
  const target = url.pathname.slice(SRC.pathname.length, -3);
  return url.pathname.startsWith(SRC.pathname)
    ? target
    : `../${url.pathname.split("/").slice(-2).join("/").slice(0, -3)}`;
}

const layerOf = (file: string) => LAYERS.findIndex((layer) => layer.includes(file));
const imports = files.flatMap(importsOf);

test("every file has its layer", () => {
  expect(files.filter((file) => layerOf(file) < 0)).toEqual([]);
  expect(imports.length).toBeGreaterThan(50);
});

/** What a file imports, and what that imports. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  for (const { target, typeOnly } of importsOf(file)) {
    if (typeOnly || reached.has(target)) continue;
    reached.add(target);
    if (files.includes(target)) reachedFrom(target, reached);
  }
  return reached;
}

describe("imports", () => {
  test("point downward", () => {
    const upward = imports
      .filter(({ from, target }) => layerOf(target) >= 0 && layerOf(from) > layerOf(target))
      .map(({ from, target, typeOnly }) => `${from} → ${target}${typeOnly ? " (types)" : ""}`);
    expect(upward).toEqual([]);
  });

  test("make no circle", () => {
    const targets = new Map(files.map((file) => [file, importsOf(file).map(({ target }) => target)]));
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) throw new Error(`a circle: ${[...path, file].join(" → ")}`);
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    };
    for (const file of files) visit(file, []);
  });

  test("of the core's sources are its layout and nothing else", () => {
    const outside = imports.filter(({ target }) => target.startsWith("../"));
    expect(outside.length).toBeGreaterThan(0);
    expect(new Set(outside.map(({ target }) => target))).toEqual(new Set(["../assembly/layout"]));
  });

  test("of packages are the loader's, by core.ts only, the bars of the program, and Bun's own", () => {
    const packages = imports.filter(
      ({ target, typeOnly }) => layerOf(target) < 0 && !typeOnly && !target.startsWith("node:"),
    );
    expect(packages.map(({ from, target }) => [from, target]).sort()).toEqual([
      ["cli/progress", "cli-progress"],
      ["core", "@assemblyscript/loader"],
    ]);
  });

  test("of SQLite come when an index is opened with a path, not before: other runtimes have none", () => {
    const waits = files.filter((file) => codeOf(file).includes('await import("bun:sqlite")'));
    expect(waits.sort()).toEqual(["journal/lock", "journal/store"]);
  });
});

test("nothing of the program is part of the library", () => {
  const parts = ["index", "worker", "journal-worker", "snapshot-worker"].flatMap((entry) => [...reachedFrom(entry)]);
  expect(parts.filter((file) => file.startsWith("cli"))).toEqual([]);
  expect(parts).toContain("core");
});

test("scheduler files import nothing: policy is pure", () => {
  expect(imports.filter(({ from }) => from.startsWith("scheduler/"))).toEqual([]);
  for (const file of files.filter((name) => name.startsWith("scheduler/"))) {
    expect(codeOf(file), file).not.toMatch(/performance|Date|Math\.random|Atomics|await|process/);
  }
});

test("errors.ts imports nothing", () => {
  expect(imports.filter(({ from }) => from === "errors")).toEqual([]);
});

test("only core.ts makes memories and instances", () => {
  const pattern = /new WebAssembly\.|WebAssembly\.(compile|instantiate|validate)|instantiateSync|\.grow\(/;
  expect(files.filter((file) => pattern.test(codeOf(file)))).toEqual(["core"]);
});

test("one file starts threads, one talks to whoever started them, and only pool and keeper have any", () => {
  const threads = imports.filter(({ target }) => target === "node:worker_threads").map(({ from }) => from);
  expect(threads.sort()).toEqual(["parent", "spawning"]);
  const started = imports.filter(({ target }) => target === "spawning" || target === "web-spawning");
  expect(new Set(started.filter(({ typeOnly }) => !typeOnly).map(({ from }) => from))).toEqual(new Set(["threads"]));
  const users = imports.filter(({ target, typeOnly }) => target === "threads" && !typeOnly).map(({ from }) => from);
  expect(users.sort()).toEqual(["journal/keeper", "pool"]);
});

test("index.ts re-exports and does nothing else", () => {
  expect(
    codeOf("index")
      .trim()
      .split(/;\s*/)
      .filter((statement) => statement !== "" && !statement.startsWith("export ")),
  ).toEqual([]);
});
