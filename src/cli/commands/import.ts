/* `import`: how do entries get from a file into a folder? In batches, each added or replaced in the order of the file. */
import { resolve } from "node:path";
import { open } from "../../api/open.ts";
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import { HnswError } from "../../errors.ts";
import type { Shape } from "../../options/shape.ts";
import type { Metric } from "../../values/metric.ts";
import { isChroma } from "../formats/chroma.ts";
import type { Batch, Source } from "../formats/sources.ts";
import { counted } from "../terminal/amounts.ts";
import { FileError } from "../terminal/failures.ts";
import { Progress } from "../terminal/progress.ts";
import { addBatch } from "./add-batch.ts";
import type { Arguments, Command } from "./command.ts";
import { fieldsOf } from "./fields.ts";
import { ImportNote, stateOf } from "./import-note.ts";
import { importFromQdrant } from "./import-qdrant.ts";
import { EntrySample } from "./import-sample.ts";
import { knowsDimensions, nameOf, noDimensions, sourceOf } from "./import-source.ts";
import { shapeOf } from "./shape.ts";

const ROWS_A_NOTE = 10_000;

/** How far an import came that has not ended. */
interface Note {
  /** Of what is read: another one starts from the beginning. */
  state: string;
  rows: number;
}

export const importVectors: Command = {
  summary:
    "adds vectors and documents from lines of JSON, .csv, .parquet, files of vectors, or of usearch, hnswlib or Chroma",
  takes: ["PATH", "FILE"],
  options: {
    space: { value: "S", help: "the space to add to" },
    all: { help: 'add each line of JSON to the "space" that it names' },
    keys: { value: "FILE", help: "for files of vectors alone: one key per line; without it keys are 0, 1, 2, …" },
    "integer-keys": { help: "the keys in that file, or of .csv, are integers" },
    "key-column": { value: "C", help: "of .csv, .parquet, .arrow and .npz: the column of the keys; default key or id" },
    "vector-column": {
      value: "C",
      help: "of .csv, .parquet, .arrow and .npz: the column of the vectors; default vector or embedding",
    },
    dimensions: { value: "N", help: "floats per vector of a new index; needed for .f32 and stdin" },
    metric: { value: "M", help: "cosine, l2 or dot, for a new index; default cosine" },
    fields: { value: "F", help: "fields to add, such as tags:keyword,createdAt:date" },
    "from-qdrant": { value: "URL", help: "FILE is a collection of the Qdrant server there" },
    collection: {
      value: "C",
      help: "of Chroma: the collection, where there are several; also the space, without --space",
    },
    text: { value: "NAME", help: "of Chroma: the property that gets a record's text; default text" },
    vector: { value: "NAME", help: "with --from-qdrant: which one of points with several vectors" },
  },
  notes:
    "FILE is lines of JSON as `export` writes them (- for stdin; or a folder of .jsonl files), .npy (a matrix of little-\n" +
    "endian floats, 4 or 8 bytes each, row after row), .npz, .f32 (nothing but such floats of 4 bytes), .fvecs, .bvecs,\n" +
    ".parquet (with the package hyparquet), .arrow, .arrows or .feather (with the package @uwdata/flechette), or what\n" +
    "usearch (.usearch) or hnswlib (.hnswlib, of a graph) has saved, under the keys that it has, or .csv with a column of\n" +
    "vectors such as [0.1,-2], whose other columns are documents: numbers where --fields says so, else text; or a folder\n" +
    "of Chroma's PersistentClient. A key that the space has already is replaced. A line that is refused ends the import;\n" +
    "those before it stay. PATH is created if it does not exist. An import that was cut off goes on where it was when the\n" +
    "same command runs again; at its end entries are counted, and a sample is read back and searched for. Neither\n" +
    "--from-qdrant nor a folder of Chroma needs --space. A key for a Qdrant server is taken from QDRANT_API_KEY.",
  async run(args) {
    if (args.has("from-qdrant")) return await importFromQdrant(args);
    if (args.has("vector")) throw args.wrong("--vector needs --from-qdrant");
    const start = performance.now();
    const [path, file] = [args.at(0), args.at(1)];
    if (!isChroma(file)) args.oneOf("space", "all");
    const shape = await shapeOf(path, args.has("dimensions") || knowsDimensions(file));
    const source = await sourceOf(args, shape?.dimensions);
    const found = await add(path, args, source, shape);
    const { imported, expected, sample } = found;
    const failed = sample.differing > 0 || (expected !== null && expected !== imported);
    const report = { path, file, ...found, ms: performance.now() - start };
    return { lines: linesOf(path, spaceNameOf(args, source), found), report, failed };
  },
};

interface Imported {
  /** Entries, of this run and of those that it goes on with. */
  imported: number;
  resumedAfter: number;
  /** How many the source said that it has. */
  expected: number | null;
  sample: { entries: number; differing: number };
}

async function add(path: string, args: Arguments, source: Source, shape: Shape | null): Promise<Imported> {
  const [file, space] = [args.at(1), spaceNameOf(args, source)];
  const given = args.integer("dimensions") ?? shape?.dimensions ?? source.dimensions;
  const dimensions = given ?? (await source.firstDimensions?.());
  if (dimensions === undefined) throw noDimensions(args);
  if (source.dimensions !== undefined && source.dimensions !== dimensions) {
    const message = `${file} has ${source.dimensions} dimensions, the index has ${dimensions}.`;
    throw new HnswError("BAD_DIMENSIONS", message);
  }
  const metric = (args.text("metric") as Metric | undefined) ?? source.metric; // `open` refuses any other
  let added = 0;
  try {
    // Commits, or a note could be on the disk before the entries that it counts.
    await using index = await open({ path, dimensions, fields: fieldsOf(args), ...(metric && { metric }) });
    const note = await ImportNote.open<Note>(index, [file === "-" ? null : resolve(file), space ?? null]);
    const state = stateOfSource(args);
    const before = state !== null && note.found?.state === state ? note.found.rows : 0;
    const sample = new EntrySample();
    using progress = new Progress();
    progress.start("adding", source.total);
    let [rows, noted] = [0, before];
    for await (const batch of source.batches((read) => progress.by(read))) {
      const target = spaceOf(index, space, batch);
      sample.offer(target.name, batch);
      rows += batch.keys.length;
      if (rows <= before) continue;
      await addBatch(target, batch, () => added++);
      if (state === null || rows - noted < ROWS_A_NOTE) continue;
      await note.write({ state, rows });
      noted = rows;
    }
    const differing = await sample.differing(index);
    await note.end();
    const found = { entries: sample.size, differing };
    return { imported: rows, resumedAfter: before, expected: source.rows ?? null, sample: found };
  } catch (error) {
    if (added > 0) throw after(error, added);
    throw error;
  }
}

/** Undefined: each line names its own. */
function spaceNameOf(args: Arguments, source: Source): string | undefined {
  if (args.has("all")) return undefined;
  return args.text("space") ?? nameOf(source);
}

/** Changes when what is read does; null: it can be read once. */
function stateOfSource(args: Arguments): string | null {
  const [file, keys] = [args.at(1), args.text("keys")];
  if (file === "-") return null;
  return [args.written, stateOf(file), keys === undefined ? "" : stateOf(keys)].join("\n");
}

function spaceOf(index: VectorIndex, wanted: string | undefined, { space: named, placeOf }: Batch): Space {
  if (wanted !== undefined && (named === undefined || named === wanted)) return index.space(wanted);
  if (wanted === undefined && named !== undefined) return index.space(named);
  const message = wanted === undefined ? "names no space" : `is for space "${named}": use --all`;
  throw new FileError(`${placeOf(0)} ${message}`);
}

function linesOf(path: string, space: string | undefined, { imported, resumedAfter, expected, sample }: Imported) {
  const resumed = resumedAfter === 0 ? "" : `, ${resumedAfter.toLocaleString("en-US")} of them before`;
  const where = space === undefined ? "" : ` in space "${space}"`;
  const lines = [`${path}: ${counted(imported, "vector")} added${where}${resumed}`];
  if (expected !== null && expected !== imported) lines.push(`there were to be ${counted(expected, "vector")}`);
  const { entries, differing } = sample;
  if (differing > 0) lines.push(`${differing} of ${counted(entries, "entry", "entries")} that were read back differ`);
  else if (entries > 0) lines.push(`${counted(entries, "entry", "entries")} read back: the same floats and distances`);
  return lines;
}

/** The same error, with a sentence on how far the import came. */
function after(error: unknown, imported: number): unknown {
  const progress = ` ${counted(imported, "vector was", "vectors were")} added before.`;
  if (error instanceof HnswError) return new HnswError(error.code, error.message + progress, { cause: error });
  return error instanceof FileError ? new FileError(`${error.message}.${progress}`) : error;
}
