/* Does the program show its help, and does it refuse wrong arguments with exit code 2? */
import { describe, expect, test } from "bun:test";
import { failureOf, outOf, run } from "./program.ts";

describe("help", () => {
  test("lists the commands", async () => {
    const text = await outOf(["--help"]);
    for (const command of ["inspect", "verify", "export", "import", "backup", "mcp"])
      expect(text).toContain(`  ${command} `);
    expect(await outOf(["help"])).toBe(text);
  });

  test.each(["inspect", "verify", "export", "import", "backup", "mcp"])("of %s shows its options", async (command) => {
    const text = await outOf([command, "--help"]);
    expect(text).toStartWith(`hnsw-workers ${command} PATH`);
    expect(text).toContain("  --json");
    expect((await run([command, "-h"])).out).toBe(text);
  });
});

test("--version is that of the package", async () => {
  const { version } = await Bun.file(new URL("../../package.json", import.meta.url)).json();
  expect(await outOf(["--version"])).toBe(`${version}\n`);
});

const WRONG: [args: string[], says: string][] = [
  [[], "no command was given; `hnsw-workers --help` lists them"],
  [["destroy"], 'there is no command "destroy"; `hnsw-workers --help` lists them'],
  [["constructor"], 'there is no command "constructor"; `hnsw-workers --help` lists them'],
  [["inspect"], "PATH is missing; see `hnsw-workers inspect --help`"],
  [["inspect", ""], "PATH must not be empty; see `hnsw-workers inspect --help`"],
  [["verify", "a", "b"], '"b" is one argument too many; see `hnsw-workers verify --help`'],
  [["backup", "a"], "DEST is missing; see `hnsw-workers backup --help`"],
  [["export", "a"], "give either --space or --all; see `hnsw-workers export --help`"],
  [["export", "a", "--all", "--space", "s"], "give either --space or --all; see `hnsw-workers export --help`"],
  [["export", "a", "--all", "--json"], "--json needs --output; see `hnsw-workers export --help`"],
  [["import", "/nowhere/a", "x.jsonl"], "give either --space or --all; see `hnsw-workers import --help`"],
  [
    ["import", "/nowhere/a", "x.npy", "--space", "s", "--integer-keys"],
    "--integer-keys needs --keys; see `hnsw-workers import --help`",
  ],
  [
    ["import", "/nowhere/a", "x.jsonl", "--space", "s", "--keys", "k"],
    "--keys is for files without keys: .npy, .npz, .f32, .fvecs and .bvecs; see `hnsw-workers import --help`",
  ],
  [["import", "/nowhere/a", "x.npy", "--all"], "--all is for lines of JSON; see `hnsw-workers import --help`"],
  [
    ["import", "/nowhere/a", "x.f32", "--space", "s"],
    "/nowhere/a is new: give --dimensions; see `hnsw-workers import --help`",
  ],
  [
    ["import", "/nowhere/a", "-", "--space", "s"],
    "/nowhere/a is new: give --dimensions; see `hnsw-workers import --help`",
  ],
  [
    ["import", "/nowhere/a", "-", "--space", "s", "--dimensions", "3.5"],
    '--dimensions must be a whole number, not "3.5"; see `hnsw-workers import --help`',
  ],
];

describe("wrong usage", () => {
  for (const [args, says] of WRONG) {
    test(`of ${args.join(" ") || "nothing"}`, async () => {
      expect(await failureOf(args)).toBe(`2 USAGE: ${says}`);
    });
  }

  test("of an unknown option", async () => {
    expect(await failureOf(["inspect", "a", "--jason"])).toMatch(/^2 USAGE: .*--jason/);
  });

  test("of an option of `open` is refused by `open`", async () => {
    const import_ = (...more: string[]) => failureOf(["import", "/nowhere/a", "-", "--space", "s", ...more]);
    expect(await import_("--dimensions", "0")).toStartWith("2 BAD_OPTION: `dimensions` must be");
    expect(await import_("--dimensions", "3", "--metric", "taxi")).toStartWith("2 BAD_OPTION: `metric` must be");
  });
});

test.each(["inspect", "verify", "export", "backup"])("%s needs a folder with an index", async (command) => {
  const rest = command === "export" ? ["--all"] : command === "backup" ? ["/nowhere/b"] : [];
  const missing = "1 PATH_FAILED: The folder /nowhere/a can't be read: it does not exist.";
  expect(await failureOf([command, "/nowhere/a", ...rest])).toBe(missing);
  const other = import.meta.dir;
  expect(await failureOf([command, other, ...rest])).toBe(`1 PATH_FOREIGN: The folder ${other} holds no index.`);
});
