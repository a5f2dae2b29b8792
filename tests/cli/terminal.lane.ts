/*
 * Keys, names, paths and heads with control characters: does any output or error of the program, or message of an error,
 * hand them to a terminal as they are?
 */
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { headerBytes, readHeader } from "../../src/cli/formats/npy.ts";
import { lineFor } from "../../src/cli/terminal/failures.ts";
import { type HnswError, open } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { opened, refusalOf } from "../support/indexes.ts";
import { run } from "./program.ts";

/** Escape, a C1 control, delete, a line separator, and what turns the direction of text round. */
const CONTROLS = "\u001b[31m\u0007\r\u009b32m\u007f\u2028\u202e\u2066";
const NAME = `red${CONTROLS}`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const OPTIONS = { dimensions: 2, workers: 0, partitions: 1 } as const;

function expectPlain(text: string): void {
  expect(RAW.test(text) ? JSON.stringify(text.match(RAW)![0]) : "", text).toBe("");
}

async function made(folder: Folder, path = folder.path): Promise<void> {
  await using parts = await folder.open({ ...OPTIONS, path });
  await parts.index.space(NAME).addMany(
    [NAME, 1, 2n],
    [
      [1, 0],
      [0, 1],
      [1, 1],
    ],
  );
}

describe("the program prints none", () => {
  const commands: Record<string, (folder: Folder) => string[]> = {
    inspect: ({ path }) => ["inspect", path],
    "inspect --json": ({ path }) => ["inspect", path, "--json"],
    "verify --json": ({ path }) => ["verify", path, "--json"],
    "export of all": ({ path }) => ["export", path, "--all"],
    "export of one": ({ path }) => ["export", path, "--space", NAME],
    "export of one that is not there": ({ path }) => ["export", path, "--space", `${NAME}?`],
    "backup into what is not empty": ({ path, root }) => {
      const full = join(root, `copy${CONTROLS}`);
      mkdirSync(full);
      writeFileSync(join(full, "x"), "");
      return ["backup", path, full];
    },
    "a command that is not there": () => [NAME],
    "an option that is not there": () => ["inspect", "a", `--${NAME}`],
    "a folder that is not there": ({ root }) => ["inspect", join(root, NAME)],
    "a file that is not there": ({ path, root }) => ["import", path, join(root, `${NAME}.jsonl`), "--space", "s"],
    "a number that is none": ({ path }) => ["import", path, "-", "--space", "s", "--dimensions", NAME],
  };
  for (const [name, args] of Object.entries(commands)) {
    test(`in ${name}`, async () => {
      using folder = new Folder();
      await made(folder);
      const { out, err } = await run(args(folder));
      expect(out + err).not.toBe("");
      expectPlain(out);
      expectPlain(err);
    });
  }

  test("in what it says of lines and keys that it can't import", async () => {
    using folder = new Folder();
    const lines = {
      "a space that is none": `{"space":${JSON.stringify(NAME.padEnd(2000, "x"))},"key":1,"vector":[1,2]}`,
      "a key that is too long": `{"space":"s","key":${JSON.stringify(NAME.padEnd(2000, "x"))},"vector":[1,2]}`,
      "no JSON": `{"key":${NAME}`,
    };
    for (const line of Object.values(lines)) {
      const { code, err } = await run(["import", folder.path, "-", "--all", "--dimensions", "2"], `${line}\n`);
      expect(code).toBe(1);
      expectPlain(err);
    }
    writeFileSync(join(folder.root, "keys"), `${NAME}\n`);
    writeFileSync(join(folder.root, "x.f32"), new Uint8Array(8));
    const args = ["import", folder.path, join(folder.root, "x.f32"), "--space", "s", "--dimensions", "2"];
    const { err } = await run([...args, "--keys", join(folder.root, "keys"), "--integer-keys"]);
    expectPlain(err);
  });

  test("of a folder whose own name has some", async () => {
    using folder = new Folder();
    const path = join(folder.root, NAME);
    await made(folder, path);
    for (const command of ["inspect", "verify"]) {
      const { code, out, err } = await run([command, path]);
      expect(code).toBe(0);
      expectPlain(out + err);
    }
  });
});

describe("the head of an .npy file", () => {
  function headOf(dict: string): Uint8Array {
    const text = `${dict}\n`;
    const head = Buffer.alloc(12 + Buffer.byteLength(text));
    head.write("\x93NUMPY", "latin1");
    head[6] = 2;
    head.writeUInt32LE(Buffer.byteLength(text), 8);
    head.write(text, 12);
    return head;
  }

  function failureOf(dict: string): string {
    const head = headOf(dict);
    try {
      readHeader(head.subarray(0, headerBytes(head)));
    } catch (error) {
      return lineFor(error)!;
    }
    throw new Error("it was read");
  }

  test("is shown without its control characters", () => {
    expectPlain(failureOf(`{'descr': '${CONTROLS}', 'fortran_order': False, 'shape': (1, 2), }`));
    expectPlain(failureOf(`{'descr': '<f4', 'fortran_order': False, 'shape': ('${CONTROLS}', 2, 3), }`));
  });

  test.each(["[", "("])("that nests %s a hundred thousand deep is malformed", (bracket) => {
    const deep = bracket.repeat(100_000);
    for (const dict of [`{'descr': ${deep}`, `{'shape': (${deep}`, `{${deep}`])
      expect(failureOf(dict)).toBe("BAD_FILE: the header of the .npy file is malformed");
  });

  test("is not read if it is endless", () => {
    const dict = (shape: string) => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
    expect(failureOf(dict(`(${"9, ".repeat(100_000)})`))).toMatch(/^BAD_FILE: its header of \d+ bytes is not/);
    expect(failureOf(dict(`(${"9, ".repeat(10_000)})`))).toContain("the shape is (9,9,9,9,9,9,9,9,…), not");
    expect(failureOf(dict(`(${"9".repeat(500)}, 2)`))).toContain("the shape is (Infinity,2), not");
  });
});

describe("errors of an index say none", () => {
  const calls: Record<string, (index: Awaited<ReturnType<typeof open>>) => unknown> = {
    "a key twice": (index) =>
      index.space("s").addMany(
        [NAME, NAME],
        [
          [1, 2],
          [1, 2],
        ],
      ),
    "a space that is not there": (index) => index.check(NAME),
    "an option that is not there": (index) => index.space("s").search([1, 2], { [NAME]: 1 } as never),
    "a value of an option": (index) => index.space("s").search([1, 2], { ef: NAME as never }),
    "an option of open": () => open({ dimensions: 2, [NAME]: 1 } as never),
    "a value of open": () => open({ dimensions: 2, metric: NAME as never }),
    "a path": () => open({ dimensions: 2, path: `/dev/null/${NAME}` }),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(name, async () => {
      await using parts = await opened(OPTIONS);
      const { message }: HnswError = await refusalOf(() => call(parts.index));
      expectPlain(message);
    });
  }
});
