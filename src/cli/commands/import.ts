/* `import`: how do vectors get from a file into a folder? In batches, each added or replaced in the order of the file. */
import { existsSync, readdirSync } from "node:fs";
import { open } from "../../api/open.ts";
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { HnswError, type HnswErrorCode } from "../../errors.ts";
import type { Shape } from "../../options/shape.ts";
import { findFolder, shapeIn } from "../../storage/disk/folder.ts";
import type { Metric } from "../../values/metric.ts";
import { type Command, type Given, JSON_OPTION } from "../command.ts";
import { FileError } from "../failures.ts";
import { type Batch, openSource, type Source } from "../formats/sources.ts";
import { counted } from "../terminal/amounts.ts";
import { print, printJson } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";

/** What a single vector or key can be refused for. */
const OF_A_ROW: HnswErrorCode[] = [
  ...(["BAD_KEY", "BAD_DIMENSIONS", "BAD_VECTOR", "NOT_FINITE", "NORM_OVERFLOW", "ZERO_VECTOR"] as const),
];

export const importVectors: Command = {
  summary: "adds keys and vectors from lines of JSON, .npy or raw floats",
  places: ["PATH", "FILE"],
  options: {
    space: { value: "S", help: "the space to add to" },
    all: { help: 'add to the "space" that each line of JSON names' },
    keys: { value: "FILE", help: "with .npy and .f32: a key per line; otherwise keys are 0, 1, 2, …" },
    "integer-keys": { help: "the keys in that file are integers" },
    dimensions: { value: "N", help: "floats per vector, where PATH is new; a .npy file knows them" },
    metric: { value: "M", help: "cosine, l2 or dot, where PATH is new; cosine unless given" },
    json: JSON_OPTION,
  },
  notes:
    "FILE is lines of JSON as `export` writes them (- for stdin), .npy (a matrix of little-endian floats, 4 or 8 bytes\n" +
    "each, row after row), or .f32 (such floats of 4 bytes and nothing else). What is there under a key is replaced. A\n" +
    "line that is refused ends the import: what stands before it is in. PATH is made if it is not there.",
  async run(given) {
    const start = performance.now();
    given.oneOf("space", "all");
    const [path, file] = [given.place(0), given.place(1)];
    const shape = await shapeOf(path, given.has("dimensions") || /\.npy$/i.test(file));
    const source = await openSource(given, shape?.dimensions);
    const imported = await fill(path, given, source, shape);
    const report = { path, file, imported, ms: performance.now() - start };
    const where = given.has("all") ? "" : ` in space "${given.text("space")}"`;
    await (given.has("json") ? printJson(report) : print(`${path}: ${counted(imported, "vector")} added${where}\n`));
    return 0;
  },
};

/** What PATH was made for; null when it is new. Rejects with what is wrong with it. */
async function shapeOf(path: string, canDoWithout: boolean): Promise<Shape | null> {
  if (!existsSync(path)) return null;
  try {
    return shapeIn(await findFolder(path));
  } catch (error) {
    // Empty, or its making was cut off: `open` knows whether it can be made there.
    const isNew = error instanceof HnswError && error.code === "PATH_FOREIGN";
    if (isNew && (canDoWithout || readdirSync(path).length === 0)) return null;
    throw error;
  }
}

async function fill(path: string, given: Given, source: Source, shape: Shape | null): Promise<number> {
  const dimensions = given.integer("dimensions") ?? shape?.dimensions ?? source.dimensions;
  if (dimensions === undefined) throw given.wrong(`${path} is new: give --dimensions`);
  if (source.dimensions !== undefined && source.dimensions !== dimensions) {
    const message = `${given.place(1)} has ${source.dimensions} dimensions, the index has ${dimensions}.`;
    throw new HnswError("BAD_DIMENSIONS", message);
  }
  const metric = given.text("metric") as Metric | undefined; // `open` refuses any other
  let imported = 0;
  try {
    await using index = await open({ path, dimensions, durability: "relaxed", ...(metric && { metric }) });
    using progress = new Progress();
    progress.start("adding", source.total);
    for await (const batch of source.batches((read) => progress.by(read))) {
      await put(spaceOf(index, given, batch), batch, () => imported++);
    }
  } catch (error) {
    if (imported > 0) throw after(error, imported);
    throw error;
  }
  return imported;
}

function spaceOf(index: VectorIndex, given: Given, { space: named, placeOf }: Batch): Space {
  const asked = given.text("space");
  if (asked !== undefined && (named === undefined || named === asked)) return index.space(asked);
  if (asked === undefined && named !== undefined) return index.space(named);
  const message = asked === undefined ? "names no space" : `is of space "${named}": use --all`;
  throw new FileError(`${placeOf(0)} ${message}`);
}

async function put(space: Space, { keys, vectors, placeOf }: Batch, added: () => void): Promise<void> {
  try {
    await space.addMany(keys, vectors);
    for (const _ of keys) added();
  } catch (error) {
    if (!(error instanceof HnswError) || !OF_A_ROW.includes(error.code)) throw error;
    await putEach(space, keys, vectors, placeOf, added); // none of them is in: those before the bad one go in, and it is named
  }
}

async function putEach(
  space: Space,
  keys: Batch["keys"],
  vectors: Batch["vectors"],
  placeOf: Batch["placeOf"],
  added: () => void,
): Promise<void> {
  for (const [i, key] of keys.entries()) {
    try {
      await space.add(key, vectors[i]!);
      added();
    } catch (error) {
      if (!(error instanceof HnswError)) throw error;
      throw new HnswError(error.code, `${placeOf(i)}: ${error.message}`, { cause: error });
    }
  }
}

/** The same error, that says how far the import came. */
function after(error: unknown, imported: number): unknown {
  const told = ` ${counted(imported, "vector was", "vectors were")} added before.`;
  if (error instanceof HnswError) return new HnswError(error.code, error.message + told, { cause: error });
  return error instanceof FileError ? new FileError(`${error.message}.${told}`) : error;
}
