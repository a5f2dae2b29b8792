/* `export`: how do entries get out of a folder? As lines of JSON, each vector bit for bit. */
import type { Space } from "../../api/space.ts";
import type { Where } from "../../documents/types.ts";
import { HnswError, messageOf } from "../../errors.ts";
import { lockToRead } from "../../storage/disk/folder.ts";
import { lineOf } from "../formats/jsonl.ts";
import { counted } from "../terminal/amounts.ts";
import { LineWriter } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import type { Arguments, Command } from "./command.ts";
import { openCopy } from "./open-copy.ts";

const NO_GRAPHS = { workers: 0, flatBelow: 1_000_000 }; // nothing is searched, so nothing needs linking

export const exportSpaces: Command = {
  summary: "writes keys, vectors and documents as lines of JSON",
  takes: ["PATH"],
  options: {
    space: { value: "S", help: "the space to write" },
    all: { help: 'write every space, with a "space" in each line' },
    where: { value: "JSON", help: "write only entries that match, as `space.entries({ where })` does" },
    output: { value: "FILE", help: "write to a file instead of stdout" },
    json: { help: "with --output: print a report as JSON" },
  },
  notes:
    'A line is {"key":…,"vector":[…],"metadata":…,"expiresAt":…}, the last two where there are any; a bigint key is\n' +
    '{"bigint":"123"}. Each number of a vector is the shortest one that reads back as the same 32-bit float. Locks the\n' +
    "folder and changes nothing in it. If a server has it open, make a backup and export from that.",
  async run(args) {
    args.oneOf("space", "all");
    const output = args.text("output") ?? null;
    if (args.has("json") && output === null) throw args.wrong("--json needs --output");
    const written = await writeTo(new LineWriter(output), args);
    if (output === null) return null;
    const line = `${output}: ${counted(written.vectors, "vector")} of ${counted(written.spaces, "space")}`;
    return { lines: [line], report: { path: args.at(0), output, ...written } };
  },
};

async function writeTo(writer: LineWriter, args: Arguments): Promise<{ spaces: number; vectors: number }> {
  try {
    using progress = new Progress();
    const path = args.at(0);
    const where = whereOf(args);
    await using copy = await openCopy(await lockToRead(path), NO_GRAPHS);
    const { index } = copy;
    const only = args.text("space");
    const names = index.spaces().sort();
    if (only !== undefined && !names.includes(index.space(only).name)) {
      throw new HnswError("BAD_SPACE", `There is no space "${only}" in ${path}.`);
    }
    const spaces = (only === undefined ? names : [only]).map((name) => index.space(name));
    const total = spaces.reduce((sum, { size }) => sum + size, 0);
    progress.start("writing", total);
    let vectors = 0;
    for (const space of spaces) vectors += await write(space, where, only === undefined, writer, progress);
    await writer.finish();
    return { spaces: spaces.length, vectors };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

function whereOf(args: Arguments): Where | undefined {
  const text = args.text("where");
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw args.wrong(`--where must be JSON: ${messageOf(error)}`);
  }
}

const EVERYTHING = ["vector", "metadata", "expiresAt"] as const;

async function write(
  space: Space,
  where: Where | undefined,
  named: boolean,
  writer: LineWriter,
  progress: Progress,
): Promise<number> {
  let count = 0;
  for await (const { key, vector, ...others } of space.entries({ where, include: EVERYTHING })) {
    await writer.line(lineOf(key, vector, named ? space.name : undefined, others));
    progress.by(1);
    count++;
  }
  return count;
}
