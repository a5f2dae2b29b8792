/* `export`: how do keys and vectors get out of a folder? As lines of JSON, each vector bit for bit. */

import type { Space } from "../../api/space.ts";
import { HnswError } from "../../errors.ts";
import { lockToRead } from "../../storage/disk/folder.ts";
import type { Command, Given } from "../command.ts";
import { lineOf } from "../formats/jsonl.ts";
import { openCopy } from "../open-copy.ts";
import { counted } from "../terminal/amounts.ts";
import { LineWriter, print, printJson } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";

const NO_GRAPHS = { workers: 0, flatBelow: 1_000_000 }; // nobody searches: linking would be in vain

export const exportSpaces: Command = {
  summary: "writes keys and vectors as lines of JSON",
  places: ["PATH"],
  options: {
    space: { value: "S", help: "the space to write" },
    all: { help: 'write every space, with a "space" in each line' },
    output: { value: "FILE", help: "to a file instead of stdout" },
    json: { help: "with --output: print what was written as JSON" },
  },
  notes:
    'A line is {"key":…,"vector":[…]}; a bigint key is {"bigint":"123"}. Numbers are the shortest that read back as the\n' +
    "same 32-bit floats. Locks the folder and changes nothing in it; to export from one that a server has open, make a\n" +
    "backup and export from that.",
  async run(given) {
    given.oneOf("space", "all");
    const output = given.text("output") ?? null;
    if (given.has("json") && output === null) throw given.wrong("--json needs --output");
    const written = await writeTo(new LineWriter(output), given);
    if (output === null) return 0;
    const text = `${output}: ${counted(written.vectors, "vector")} of ${counted(written.spaces, "space")}\n`;
    await (given.has("json") ? printJson({ path: given.place(0), output, ...written }) : print(text));
    return 0;
  },
};

async function writeTo(writer: LineWriter, given: Given): Promise<{ spaces: number; vectors: number }> {
  try {
    using progress = new Progress();
    const path = given.place(0);
    await using copy = await openCopy(await lockToRead(path), NO_GRAPHS);
    const { index } = copy;
    const only = given.text("space");
    const names = index.spaces().sort();
    if (only !== undefined && !names.includes(index.space(only).name)) {
      throw new HnswError("BAD_SPACE", `There is no space "${only}" in ${path}.`);
    }
    const spaces = (only === undefined ? names : [only]).map((name) => index.space(name));
    progress.start(
      "writing",
      spaces.reduce((sum, { size }) => sum + size, 0),
    );
    let vectors = 0;
    for (const space of spaces) vectors += await write(space, only === undefined, writer, progress);
    await writer.finish();
    return { spaces: spaces.length, vectors };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

async function write(space: Space, named: boolean, writer: LineWriter, progress: Progress): Promise<number> {
  const keys = await space.keys();
  for (const key of keys) {
    const vector = await space.get(key);
    await writer.line(lineOf(key, vector!, named ? space.name : undefined)); // nobody else works on the copy
    progress.by(1);
  }
  return keys.length;
}
