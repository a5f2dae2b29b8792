/* Which reader does a file need, by its name, and which options does that one take? */
import { openArrow } from "../formats/arrow.ts";
import { type ChromaSource, isChroma, openChroma } from "../formats/chroma.ts";
import type { Columns } from "../formats/columns.ts";
import { foreignFormatOf, openForeign } from "../formats/foreign.ts";
import { openNpz } from "../formats/npz.ts";
import { openParquet } from "../formats/parquet.ts";
import { formatOf, openCsv, openLines, openMatrix, type Source } from "../formats/sources.ts";
import { FileError } from "../terminal/failures.ts";
import type { Arguments } from "./command.ts";
import { fieldsOf } from "./fields.ts";

/** A kind of files, and the options that are for it alone. */
interface Kind {
  options: readonly string[];
  /** Whether a file says how many dimensions it has. */
  knowsDimensions: boolean;
  open(args: Arguments, file: string, dimensionsOfIndex: number | undefined): Promise<Source>;
}

/** Options that are not for every kind, and what they are for. */
const FOR: Record<string, string> = {
  all: "lines of JSON",
  keys: "files without keys: .npy, .npz, .f32, .fvecs and .bvecs",
  "integer-keys": "--keys, and for .csv",
  "key-column": ".csv, .parquet, .arrow and .npz",
  "vector-column": ".csv, .parquet, .arrow and .npz",
  collection: "folders of Chroma",
  text: "folders of Chroma",
};
const COLUMNS = ["key-column", "vector-column"];

const columnsOf = (args: Arguments): Columns => ({ key: args.text("key-column"), vector: args.text("vector-column") });

const LINES: Kind = {
  ...{ options: ["all"], knowsDimensions: false },
  open: (_, file) => openLines(file),
};

const MATRIX: Kind = {
  ...{ options: ["keys", "integer-keys"], knowsDimensions: true },
  open(args, file) {
    return openMatrix(file, 0, keyFileOf(args));
  },
};

const RAW: Kind = {
  ...{ options: MATRIX.options, knowsDimensions: false },
  async open(args, file, dimensionsOfIndex) {
    const dimensions = args.integer("dimensions") ?? dimensionsOfIndex;
    if (dimensions === undefined) throw noDimensions(args);
    if (dimensions < 1) throw args.wrong("--dimensions must be 1 or more");
    return await openMatrix(file, dimensions, keyFileOf(args));
  },
};

const CSV: Kind = {
  ...{ options: ["integer-keys", ...COLUMNS], knowsDimensions: true },
  open: (args, file) =>
    openCsv(file, { ...columnsOf(args), integerKeys: args.has("integer-keys"), fields: fieldsOf(args) }),
};

const PARQUET: Kind = {
  ...{ options: COLUMNS, knowsDimensions: true },
  open: (args, file) => openParquet(file, columnsOf(args)),
};

const ARROW: Kind = {
  ...{ options: COLUMNS, knowsDimensions: true },
  open: (args, file) => openArrow(file, columnsOf(args)),
};

const NPZ: Kind = {
  ...{ options: [...COLUMNS, ...MATRIX.options], knowsDimensions: true },
  open: (args, file) => openNpz(file, columnsOf(args), keyFileOf(args)),
};

const FOREIGN: Kind = {
  ...{ options: [], knowsDimensions: true },
  open: (_, file) => openForeign(file, foreignFormatOf(file)!),
};

const CHROMA: Kind = {
  ...{ options: ["collection", "text"], knowsDimensions: true },
  open: (args, file) => openChroma(file, args.text("collection"), args.text("text") ?? "text"),
};

/** Throws FileError for what is known and can't be read. */
function kindOf(file: string): Kind {
  if (/\.lance\/*$/i.test(file)) {
    throw new FileError(
      `${file}: tables of LanceDB are not read; export it as .parquet or .arrow: see "Coming from LanceDB"`,
    );
  }
  if (isChroma(file)) return CHROMA;
  if (foreignFormatOf(file) !== null) return FOREIGN;
  const ending = /\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase();
  const kinds: Record<string, Kind> = {
    csv: CSV,
    parquet: PARQUET,
    npz: NPZ,
    arrow: ARROW,
    arrows: ARROW,
    feather: ARROW,
  };
  if (ending !== undefined && Object.hasOwn(kinds, ending)) return kinds[ending]!;
  const format = formatOf(file);
  return format === "lines" ? LINES : format === "f32" ? RAW : MATRIX;
}

export const knowsDimensions = (file: string) => kindOf(file).knowsDimensions;

/** The space that is named by nothing but what is imported; undefined: it has no name. */
export const nameOf = (source: Source): string | undefined => (source as Partial<ChromaSource>).name;

/** Rejects with UsageError, FileError, or UNSUPPORTED where a package is missing. */
export async function sourceOf(args: Arguments, dimensionsOfIndex: number | undefined): Promise<Source> {
  const kind = kindOf(args.at(1));
  for (const [option, what] of Object.entries(FOR)) {
    if (args.has(option) && !kind.options.includes(option)) throw args.wrong(`--${option} is for ${what}`);
  }
  const needsKeys = args.has("integer-keys") && kind.options.includes("keys") && !args.has("keys");
  if (needsKeys) throw args.wrong("--integer-keys needs --keys");
  return await kind.open(args, args.at(1), dimensionsOfIndex);
}

function keyFileOf(args: Arguments) {
  const path = args.text("keys");
  return path === undefined ? null : { path, integers: args.has("integer-keys") };
}

export function noDimensions(args: Arguments): Error {
  return args.wrong(`${args.at(0)} is new: give --dimensions`);
}
