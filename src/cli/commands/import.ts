/* `import`: how do entries get from a file into a folder? In batches, each added or replaced in the order of the file. */
import { open } from "../../api/open.ts";
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { HnswError } from "../../errors.ts";
import type { Shape } from "../../options/shape.ts";
import type { Metric } from "../../values/metric.ts";
import { foreignFormatOf, openForeign } from "../formats/foreign.ts";
import { isParquet, openParquet } from "../formats/parquet.ts";
import { type Batch, formatOf, openCsv, openLines, openMatrix, type Source } from "../formats/sources.ts";
import { counted } from "../terminal/amounts.ts";
import { FileError } from "../terminal/failures.ts";
import { Progress } from "../terminal/progress.ts";
import { addBatch } from "./add-batch.ts";
import type { Arguments, Command } from "./command.ts";
import { fieldsOf } from "./fields.ts";
import { importFromQdrant } from "./import-qdrant.ts";
import { shapeOf } from "./shape.ts";

export const importVectors: Command = {
  summary:
    "adds vectors and documents from lines of JSON, .npy, .fvecs, .bvecs, .parquet, raw floats, or a file of usearch or hnswlib",
  takes: ["PATH", "FILE"],
  options: {
    space: { value: "S", help: "the space to add to" },
    all: { help: 'add each line of JSON to the "space" that it names' },
    keys: { value: "FILE", help: "for files of vectors: one key per line; without it keys are 0, 1, 2, …" },
    "integer-keys": { help: "the keys in that file, or of .csv, are integers" },
    "key-column": { value: "C", help: "of .csv and .parquet: the column of the keys; default key or id" },
    "vector-column": {
      value: "C",
      help: "of .csv and .parquet: the column of the vectors; default vector or embedding",
    },
    dimensions: { value: "N", help: "floats per vector of a new index; other files than .f32 know them" },
    metric: { value: "M", help: "cosine, l2 or dot, for a new index; default cosine" },
    fields: { value: "F", help: "fields to add, such as tags:keyword,createdAt:date" },
    "from-qdrant": { value: "URL", help: "FILE is a collection of the Qdrant server there" },
    vector: { value: "NAME", help: "with --from-qdrant: which one of points with several vectors" },
  },
  notes:
    "FILE is lines of JSON as `export` writes them (- for stdin; or a folder of .jsonl files), .npy (a matrix of little-\n" +
    "endian floats, 4 or 8 bytes each, row after row), .f32 (nothing but such floats of 4 bytes), .fvecs, .bvecs or .parquet (with the package hyparquet), or what\n" +
    "usearch (.usearch) or hnswlib (.hnswlib, of a graph) has saved, under the keys that it has, or .csv with a column of vectors such as\n" +
    "[0.1,-2], whose other columns are documents: numbers where --fields says so, else text. A key that the space\n" +
    "has already is replaced. A line that is refused ends the import; those before it stay. PATH is created if it does\n" +
    "not exist. --from-qdrant needs no --space; one that was cut off goes on where it was, at its end points are counted and a\n" +
    "sample of searches is compared. A key for that server is taken from QDRANT_API_KEY.",
  async run(args) {
    if (args.has("from-qdrant")) return await importFromQdrant(args);
    if (args.has("vector")) throw args.wrong("--vector needs --from-qdrant");
    const start = performance.now();
    args.oneOf("space", "all");
    const [path, file] = [args.at(0), args.at(1)];
    const format = formatOf(file);
    const isKnown = foreignFormatOf(file) !== null || !["lines", "f32"].includes(format);
    const shape = await shapeOf(path, args.has("dimensions") || isKnown);
    const source = await sourceOf(args, shape?.dimensions);
    const imported = await add(path, args, source, shape);
    const report = { path, file, imported, ms: performance.now() - start };
    const where = args.has("all") ? "" : ` in space "${args.text("space")}"`;
    return { lines: [`${path}: ${counted(imported, "vector")} added${where}`], report };
  },
};

async function sourceOf(args: Arguments, dimensionsOfIndex: number | undefined): Promise<Source> {
  const file = args.at(1);
  if (isParquet(file)) return await parquetOf(args, file);
  const format = formatOf(file);
  const keys = args.text("keys");
  const foreign = foreignFormatOf(file);
  if (foreign !== null) {
    if (keys !== undefined) throw args.wrong(`a file of ${foreign} holds its keys: --keys is for .npy and .f32`);
    if (args.has("all")) throw args.wrong("--all is for lines of JSON");
    return await openForeign(file, foreign);
  }
  if (/\.csv$/i.test(file)) {
    if (keys !== undefined) throw args.wrong("a .csv file holds its keys: --keys is for .npy and .f32");
    if (args.has("all")) throw args.wrong("--all is for lines of JSON");
    const [key, vector] = [args.text("key-column"), args.text("vector-column")];
    return await openCsv(file, { key, vector, integerKeys: args.has("integer-keys"), fields: fieldsOf(args) });
  }
  for (const name of ["key-column", "vector-column"])
    if (args.has(name)) throw args.wrong(`--${name} is for .csv and .parquet`);
  if (args.has("integer-keys") && keys === undefined) throw args.wrong("--integer-keys needs --keys");
  if (format === "lines") {
    if (keys !== undefined) throw args.wrong("lines of JSON hold their keys: --keys is for .npy and .f32");
    return await openLines(file);
  }
  if (args.has("all")) throw args.wrong("--all is for lines of JSON");
  const keyFile = keys === undefined ? null : { path: keys, integers: args.has("integer-keys") };
  if (format !== "f32") return await openMatrix(file, 0, keyFile);
  const dimensions = args.integer("dimensions") ?? dimensionsOfIndex;
  if (dimensions === undefined) throw noDimensions(args);
  if (dimensions < 1) throw args.wrong("--dimensions must be 1 or more");
  return await openMatrix(file, dimensions, keyFile);
}

async function parquetOf(args: Arguments, file: string): Promise<Source> {
  if (args.has("keys")) throw args.wrong("a .parquet file holds its keys: --keys is for .npy and .f32");
  if (args.has("all")) throw args.wrong("--all is for lines of JSON");
  return await openParquet(file, { key: args.text("key-column"), vector: args.text("vector-column") });
}

function noDimensions(args: Arguments): Error {
  return args.wrong(`${args.at(0)} is new: give --dimensions`);
}

async function add(path: string, args: Arguments, source: Source, shape: Shape | null): Promise<number> {
  const dimensions = args.integer("dimensions") ?? shape?.dimensions ?? source.dimensions;
  if (dimensions === undefined) throw noDimensions(args);
  if (source.dimensions !== undefined && source.dimensions !== dimensions) {
    const message = `${args.at(1)} has ${source.dimensions} dimensions, the index has ${dimensions}.`;
    throw new HnswError("BAD_DIMENSIONS", message);
  }
  const metric = (args.text("metric") as Metric | undefined) ?? source.metric; // `open` refuses any other
  let imported = 0;
  try {
    const fields = fieldsOf(args);
    await using index = await open({ path, dimensions, durability: "relaxed", fields, ...(metric && { metric }) });
    using progress = new Progress();
    progress.start("adding", source.total);
    for await (const batch of source.batches((read) => progress.by(read))) {
      await addBatch(spaceOf(index, args, batch), batch, () => imported++);
    }
  } catch (error) {
    if (imported > 0) throw after(error, imported);
    throw error;
  }
  return imported;
}

function spaceOf(index: VectorIndex, args: Arguments, { space: named, placeOf }: Batch): Space {
  const wanted = args.text("space");
  if (wanted !== undefined && (named === undefined || named === wanted)) return index.space(wanted);
  if (wanted === undefined && named !== undefined) return index.space(named);
  const message = wanted === undefined ? "names no space" : `is for space "${named}": use --all`;
  throw new FileError(`${placeOf(0)} ${message}`);
}

/** The same error, with a sentence on how far the import came. */
function after(error: unknown, imported: number): unknown {
  const progress = ` ${counted(imported, "vector was", "vectors were")} added before.`;
  if (error instanceof HnswError) return new HnswError(error.code, error.message + progress, { cause: error });
  return error instanceof FileError ? new FileError(`${error.message}.${progress}`) : error;
}
