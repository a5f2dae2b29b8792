/* Which room may import which? Imports go down the list; rooms on one line do not import each other. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

const ROOT = new URL("../", import.meta.url).pathname;

/** From the top floor down. A room is a folder; a file that lies in none is a room by itself. */
const FLOORS: Record<string, string[]> = {
  src: [
    "cli | cli/commands | cli/mcp | cli/formats | cli/terminal",
    "client",
    "server | server/routes | server/spaces | server/points | server/wire",
    "adapters dropin",
    "index search",
    "store",
    "cluster | cluster/snapshots | cluster/replica | cluster/peers | cluster/placement | cluster/log | cluster/ops",
    "api",
    "storage | storage/threads | storage/tools | storage/upgrade | storage/recovery | storage/snapshots | storage/log | storage/disk",
    "journal",
    "sync",
    "snapshot",
    "engine",
    "workers",
    "recall",
    "core",
    "options",
    "documents",
    "foreign",
    "values",
    "runtime",
    "scheduler errors",
  ],
  dashboard: ["main", "pages", "parts", "data"],
  assembly: [
    "index",
    "abi",
    "upkeep",
    "snapshot",
    "space",
    "bulk",
    "graph",
    "rows",
    "vectors journal",
    "memory",
    "layout",
  ],
  bench: [
    "run",
    "one quick publish",
    "experiments install",
    "experiments/*",
    "report",
    "experiment",
    "peers simulator",
    "kit",
    "datasets",
  ],
};

/** What crosses a wall today: to be mended, one by one. */
const EXCEPTIONS: string[] = [];

interface Import {
  from: string;
  target: string;
  typeOnly: boolean;
}

/** A comment may mention what code must not. */
const codeOf = (file: string) => readFileSync(ROOT + file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

function filesIn(top: string): string[] {
  return readdirSync(ROOT + top, { recursive: true, encoding: "utf8" })
    .map((file) => `${top}/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts") && !file.includes("node_modules"));
}

const FILES = new Set(Object.keys(FLOORS).flatMap(filesIn));

function importsOf(from: string): Import[] {
  const statements = codeOf(from).matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)";|import\("([^"]+)"\)/gm,
  );
  return Array.from(statements, ([, type, path, later]) => ({
    from,
    target: targetOf(from, (path ?? later)!),
    typeOnly: type !== undefined,
  }));
}

/** "./keys.ts" as seen from "src/values/x.ts" is "src/values/keys.ts"; the core's sources leave the ending out. */
function targetOf(from: string, path: string): string {
  if (!path.startsWith(".")) return path;
  const file = posix.join(posix.dirname(from), path);
  return FILES.has(file) ? file : `${file}.ts`;
}

const IMPORTS = [...FILES].flatMap(importsOf);
const importsWithin = (top: string) =>
  IMPORTS.filter(({ from, target }) => from.startsWith(`${top}/`) && target.startsWith(`${top}/`) && FILES.has(target));

/** "src/storage/log/mark.ts" is in "storage/log", "src/errors.ts" in "errors". */
function roomOf(file: string): string {
  const [, ...path] = file.replace(/\.tsx?$/, "").split("/");
  return path.length === 1 ? path[0]! : path.slice(0, -1).join("/");
}

describe.each(Object.entries(FLOORS))("in %s", (top, lines) => {
  const floors = lines.flatMap((line) => line.split(" | ")).map((floor) => floor.split(" "));
  const isOn = (room: string, name: string) =>
    name.endsWith("/*") ? room.startsWith(name.slice(0, -1)) : room === name;
  const floorOf = (room: string) => floors.findIndex((names) => names.some((name) => isOn(room, name)));

  test("every file is in a room of the list", () => {
    expect(filesIn(top).filter((file) => floorOf(roomOf(file)) < 0)).toEqual([]);
  });

  test("imports go down", () => {
    const across = importsWithin(top)
      .map(({ from, target }) => [roomOf(from), roomOf(target)] as const)
      .filter(([from, to]) => from !== to && floorOf(to) <= floorOf(from))
      .map(([from, to]) => `${top}: ${from} → ${to}`);
    expect([...new Set(across)].sort()).toEqual(EXCEPTIONS.filter((line) => line.startsWith(`${top}:`)));
  });

  test("no room imports itself by way of others", () => {
    const ways = new Map<string, Set<string>>();
    for (const { from, target } of importsWithin(top)) {
      const [room, other] = [roomOf(from), roomOf(target)];
      if (room === other || EXCEPTIONS.includes(`${top}: ${room} → ${other}`)) continue;
      ways.set(room, (ways.get(room) ?? new Set()).add(other));
    }
    expectNoCircle(ways);
  });

  test("no file imports itself by way of others", () => {
    const ways = new Map<string, Set<string>>();
    for (const { from, target } of importsWithin(top)) ways.set(from, (ways.get(from) ?? new Set()).add(target));
    if (top !== "assembly") expectNoCircle(ways); // there, asc compiles one module of all files
  });
});

function expectNoCircle(ways: Map<string, Set<string>>): void {
  const done = new Set<string>();
  const visit = (place: string, path: string[]): void => {
    if (path.includes(place)) throw new Error(`a circle: ${[...path, place].join(" → ")}`);
    if (done.has(place)) return;
    for (const next of ways.get(place) ?? []) visit(next, [...path, place]);
    done.add(place);
  };
  for (const place of ways.keys()) visit(place, []);
  expect(done.size).toBeGreaterThan(3);
}

/** What a file imports, and what that imports. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  for (const { target, typeOnly } of importsOf(file)) {
    if (typeOnly || reached.has(target)) continue;
    reached.add(target);
    if (FILES.has(target)) reachedFrom(target, reached);
  }
  return reached;
}

const SOURCES = filesIn("src");
const filesWhere = (pattern: RegExp) => SOURCES.filter((file) => pattern.test(codeOf(file))).sort();

test("of the core's sources, src/ imports the layout and nothing else", () => {
  const outside = IMPORTS.filter(({ from, target }) => from.startsWith("src/") && target.startsWith("assembly/"));
  expect(new Set(outside.map(({ target }) => target))).toEqual(new Set(["assembly/layout.ts"]));
});

test("packages are the core's loader, a cluster's NATS, the program's progress bars and what its commands read and speak", () => {
  const packages = IMPORTS.filter(({ from, target, typeOnly }) => {
    return /^src\/(?!adapters)/.test(from) && !typeOnly && !target.includes(".ts") && !/^(node|bun):/.test(target);
  });
  expect(packages.map(({ from, target }) => [from, target]).sort()).toEqual([
    ...["server/index.js", "server/stdio.js", "types.js"].map((file) => [
      "src/cli/commands/mcp.ts",
      `@modelcontextprotocol/sdk/${file}`,
    ]),
    ["src/cli/formats/parquet.ts", "hyparquet"],
    ["src/cli/terminal/progress.ts", "cli-progress"],
    ["src/cluster/log/log.ts", "@nats-io/jetstream"],
    ["src/cluster/log/log.ts", "@nats-io/transport-node"],
    ["src/cluster/log/side-stream.ts", "@nats-io/jetstream"],
    ["src/core/exports.ts", "@assemblyscript/loader"],
  ]);
});

test("the dashboard imports preact, uplot, and types alone of src/", () => {
  const imports = IMPORTS.filter(
    ({ from, target }) => from.startsWith("dashboard/") && !target.startsWith("dashboard/"),
  );
  const others = imports.filter(({ target }) => !/^(preact|preact\/hooks|uplot)$/.test(target));
  expect(others.filter(({ target, typeOnly }) => !typeOnly || !target.startsWith("src/"))).toEqual([]);
  expect(imports.length).toBeGreaterThan(3);
});

test("an adapter imports the public face, what adapters share, and its own framework", () => {
  const frameworks: Record<string, RegExp> = {
    "src/adapters/langchain.ts": /^@langchain\/core\//,
    "src/adapters/langgraph.ts": /^@langchain\/(core\/|langgraph-checkpoint$)|^src\/adapters\/langgraph-item.ts$/,
    "src/adapters/mastra.ts": /^@mastra\/core\/vector(\/filter)?$|^src\/adapters\/metadata-(filter|matches).ts$/,
    "src/adapters/metadata-matches.ts": /^src\/adapters\/metadata-filter.ts$/,
    "src/adapters/langgraph-item.ts": /^@langchain\/langgraph-checkpoint$/,
  };
  const shared = ["index", "adapters/rehearsal", "adapters/score", "adapters/texts"].map((name) => `src/${name}.ts`);
  const imports = IMPORTS.filter(({ from }) => from.startsWith("src/adapters/"));
  const others = imports.filter(({ from, target }) => !shared.includes(target) && !frameworks[from]?.test(target));
  expect(others).toEqual([]);
  expect(imports.length).toBeGreaterThan(3);
});

test("a drop-in imports the public face, readers of foreign files, and how a program's own files are read", () => {
  const allowed = /^src\/(dropin|foreign)\/|^src\/(index|errors|runtime\/user-file)\.ts$/;
  const imports = IMPORTS.filter(({ from }) => from.startsWith("src/dropin/"));
  expect(imports.filter(({ target }) => !allowed.test(target))).toEqual([]);
  expect(imports.length).toBeGreaterThan(3);
});

test("only storage, the program and runtime touch files; SQLite comes with a path, not before", () => {
  const users = IMPORTS.filter(({ from, target }) => from.startsWith("src/") && /^node:fs|^bun:sqlite/.test(target));
  expect(users.map(({ from }) => from).filter((file) => !/^src\/(storage|cli|runtime)\//.test(file))).toEqual([]);
  expect(filesWhere(/await import\("bun:sqlite"\)/)).toEqual([
    "src/storage/disk/lock.ts",
    "src/storage/disk/sqlite.ts",
  ]);
});

test("only runtime/ distinguishes runtimes; storage and the program are for Bun alone", () => {
  const files = filesWhere(/typeof (Bun|process|navigator)|\b(Bun|process|navigator)\.|globalThis/);
  expect(files.filter((file) => !/^src\/(runtime|storage|cli)\//.test(file))).toEqual([]);
});

test("of storage, api and store know one module each, which is loaded only with a path", () => {
  const imports = IMPORTS.filter(
    ({ from, target }) => from.startsWith("src/api/") && target.startsWith("src/storage/"),
  );
  expect([...new Set(imports.map(({ target }) => target))]).toEqual(["src/storage/open-folder.ts"]);
  expect(imports.filter(({ typeOnly }) => !typeOnly).map(({ from }) => from)).toEqual(["src/api/open.ts"]);
  expect(filesWhere(/await import\("\.\.\/storage\//)).toEqual(["src/api/open.ts", "src/store/store.ts"]);
});

test("nothing of the program is part of the library", () => {
  const entries = ["index", "workers/worker", "storage/threads/journal-thread", "storage/threads/snapshot-thread"];
  const parts = entries.flatMap((entry) => [...reachedFrom(`src/${entry}.ts`)]);
  expect(parts.filter((file) => file.startsWith("src/cli"))).toEqual([]);
  expect(parts).toContain("src/core/seat.ts");
});

test("the library loads a cluster's NATS with its own entry alone", () => {
  const others = ["index", "search", "server/server", "cli/main"].flatMap((entry) => [
    ...reachedFrom(`src/${entry}.ts`),
  ]);
  expect(others.filter((target) => target.startsWith("src/cluster") || target.startsWith("@nats-io"))).toEqual([]);
  expect([...reachedFrom("src/cluster/cluster.ts")]).toContain("@nats-io/jetstream");
});

test("what is written into a cluster's log is read and made without a server, a clock or an index", () => {
  const ops = IMPORTS.filter(({ from }) => from.startsWith("src/cluster/ops/"));
  const others = ops.filter(
    ({ target }) =>
      !/^(node:crypto|assembly\/layout\.ts|src\/(cluster\/ops|documents|options|values|errors))/.test(target),
  );
  expect(others).toEqual([]);
  expect(ops.length).toBeGreaterThan(3);
});

test("the policy of the scheduler is pure", () => {
  expect(IMPORTS.filter(({ from }) => from.startsWith("src/scheduler/"))).toEqual([]);
  const impure = filesWhere(/performance|Date|Math\.random|Atomics|await|process/);
  expect(impure.filter((file) => file.startsWith("src/scheduler/"))).toEqual([]);
});

test("the policy of a cluster's placement is pure", () => {
  const files = ["policy", "presence"].map((name) => `src/cluster/placement/${name}.ts`);
  const others = IMPORTS.filter(({ from, target }) => files.includes(from) && !files.includes(target));
  expect(others).toEqual([]);
  const impure = filesWhere(/performance|Date|Math\.random|Atomics|await|process/);
  expect(impure.filter((file) => files.includes(file))).toEqual([]);
});

test("only core/ makes memories and instances", () => {
  const pattern = /new WebAssembly\.|WebAssembly\.(compile|instantiate|validate)|instantiateSync|\.grow\(/;
  expect(filesWhere(pattern).filter((file) => !file.startsWith("src/core/"))).toEqual([]);
});

test("only core/ calls the exports of the core and reads what they leave in scratch", () => {
  const pattern = /seat!?\.core\b|\.core\.\w|infoAt\(/i;
  expect(filesWhere(pattern).filter((file) => !file.startsWith("src/core/"))).toEqual([]);
});

test("one file starts threads, one talks to the thread that started it, and only pool, keeper and the check of a folder have any", () => {
  const users = (target: string) =>
    IMPORTS.filter((one) => one.target === target && !one.typeOnly)
      .map(({ from }) => from)
      .filter((from) => from.startsWith("src/"))
      .sort();
  expect(users("node:worker_threads")).toEqual(["src/runtime/parent.node.ts", "src/runtime/threads.node.ts"]);
  expect(users("src/runtime/threads.node.ts")).toEqual(["src/runtime/thread.ts"]);
  expect(users("src/runtime/thread.ts")).toEqual([
    "src/storage/keeper.ts",
    "src/storage/recovery/soundness.ts",
    "src/workers/pool.ts",
  ]);
});

test("index.ts and search.ts re-export and do nothing else", () => {
  for (const file of ["src/index.ts", "src/search.ts"]) {
    const statements = codeOf(file).trim().split(/;\s*/);
    expect(statements.filter((statement) => statement !== "" && !statement.startsWith("export "))).toEqual([]);
  }
});

test("tests/unit mirrors src, without threads and folders", () => {
  const units = [...new Bun.Glob("tests/unit/**/*.ts").scanSync(ROOT)];
  const modules = units.map((file) => file.replace(/^tests\/unit/, "src").replace(".test.ts", ".ts"));
  expect(modules.filter((module) => !FILES.has(module))).toEqual([]);
  const needs =
    /"node:(fs|worker_threads|child_process)|bun:sqlite|Bun\.spawn|support\/(helper|process)|support\/folder/;
  expect(units.filter((file) => needs.test(codeOf(file)))).toEqual([]);
  expect(units.length).toBeGreaterThan(20);
});
