/* Does an import show how far it is, on a terminal and only there? */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { OF_BUN, taskOf } from "../migration/sources.ts";
import { Folder } from "../support/folder.ts";
import { outputOf } from "../support/process.ts";
import { PROGRAM, run } from "./program.ts";

const VECTORS = 600;
const DROPINS = join(import.meta.dir, "../dropin/given");
const given = (name: string) => join(import.meta.dir, "given", name);

/** Of other programs' files, what follows PATH. */
const FILES: Record<string, string[]> = {
  usearch: [join(DROPINS, "f32.usearch")],
  hnswlib: [join(DROPINS, "graph.hnswlib"), "--metric", "l2"],
  "Arrow IPC": [given("rows.arrow")],
  ".npz": [given("texts.npz")],
};

interface Shown {
  code: number;
  text: string;
  /** What the bar said, each once. */
  percentages: number[];
}

/** Runs the program as a person does. */
async function onTerminal(args: string[]): Promise<Shown> {
  let text = "";
  const decoder = new TextDecoder();
  const data = (_: unknown, bytes: Uint8Array) => {
    text += decoder.decode(bytes, { stream: true });
  };
  const job = Bun.spawn([process.execPath, PROGRAM, ...args], { terminal: { cols: 100, rows: 30, data } });
  const code = await job.exited;
  job.terminal?.close();
  return { code, text, percentages: Array.from(text.matchAll(/(\d+) %/g), ([, share]) => Number(share)) };
}

function expectBar({ code, text, percentages }: Shown): void {
  expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining("adding") });
  expect(percentages).toEqual(percentages.toSorted((a, b) => a - b));
  expect([percentages[0], percentages.at(-1)]).toEqual([0, 100]);
}

test.each(Object.keys(OF_BUN))("%s", async (kind) => {
  using folder = new Folder();
  const source = await OF_BUN[kind]!(taskOf(folder.root, VECTORS));
  try {
    expectBar(await onTerminal(["import", folder.path, ...source.import]));
  } finally {
    await source[Symbol.asyncDispose]?.();
  }
});

test.each(Object.entries(FILES))("%s", async (_, args) => {
  using folder = new Folder();
  expectBar(await onTerminal(["import", folder.path, ...args, "--space", "s"]));
});

test("a folder of Chroma", async () => {
  using folder = new Folder();
  await outputOf(["tar", "-xzf", given("chroma-1.5.9.tar.gz"), "-C", folder.root]);
  expectBar(await onTerminal(["import", folder.path, folder.root, "--collection", "l2-one"]));
});

test("without a terminal there is none", async () => {
  using folder = new Folder();
  const { import: args } = await OF_BUN.fvecs!(taskOf(folder.root, VECTORS));
  const { code, err } = await run(["import", folder.path, ...args]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
});
