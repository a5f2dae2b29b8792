/* `verify`: is a folder whole? Checks every checksum, and every invariant of the index that it holds. */
import { join } from "node:path";
import { readStoredName } from "../../engine/collection-handle.ts";
import type { TableOf } from "../../engine/handle.ts";
import { messageOf } from "../../errors.ts";
import { lockToRead } from "../../storage/disk/folder.ts";
import { isStore, readCatalog } from "../../storage/tools/backup-store.ts";
import { checkBytes, type Extent, extentOf } from "../../storage/tools/verify.ts";
import { Catalog } from "../../store/catalog.ts";
import type { SpaceStats } from "../../values/reports.ts";
import { GROUPS, placeOf } from "../../values/store-layout.ts";
import { bytesOf, counted } from "../terminal/amounts.ts";
import { Progress } from "../terminal/progress.ts";
import type { Command } from "./command.ts";
import { openCopy } from "./open-copy.ts";

interface Verdict extends Partial<Extent> {
  ok: boolean;
  path: string;
  problems: string[];
  /** Of the index that the folder holds; null if none could be loaded. */
  spaces: number | null;
  vectors: number | null;
  ms: number;
}

export const verify: Command = {
  summary: "checks every checksum and every invariant of the index, or of each collection of a store",
  takes: ["PATH"],
  options: {},
  notes:
    "Locks the folder and changes nothing in it. If a server has it open, make a backup and verify that. Reads all of\n" +
    "the journal and both generations of snapshots, loads an index in memory from them, and walks its graphs. The exit\n" +
    "code is 1 when anything is wrong.",
  async run(args) {
    if (isStore(args.at(0))) return await verifyStore(args.at(0));
    const verdict = await verdictOn(args.at(0));
    return { lines: describe(verdict), report: verdict, failed: !verdict.ok };
  },
};

/** One index after the other. Those that share one have its verdict, each with its own spaces and vectors. */
async function verifyStore(path: string) {
  const start = performance.now();
  const lines: string[] = [];
  const collections: Record<string, Verdict> = {};
  const catalog = Catalog.parse(readCatalog(path));
  for (const [name, { number, group }] of catalog.collections) {
    if (group !== null) continue;
    const verdict = await verdictOn(join(path, placeOf({ number, group })));
    collections[name] = verdict;
    lines.push(...describe({ ...verdict, path: `${path}, ${name}` }));
  }
  for (const group of catalog.groups.keys()) {
    const tables = catalog.tablesOf(group);
    const counts = new Map<number, { spaces: number; vectors: number }>();
    const tableOf: TableOf = (stored) => tables.get(readStoredName(stored)?.collection ?? 0) ?? null;
    const verdict = await verdictOn(join(path, GROUPS, `${group}`), tableOf, ({ name, live }) => {
      const owner = readStoredName(name)?.collection ?? 0;
      const { spaces, vectors } = counts.get(owner) ?? { spaces: 0, vectors: 0 };
      counts.set(owner, { spaces: spaces + 1, vectors: vectors + live });
    });
    const names: string[] = [];
    for (const [name, definition] of catalog.collections) {
      if (definition.group !== group) continue;
      const none = verdict.spaces === null ? { spaces: null, vectors: null } : { spaces: 0, vectors: 0 };
      collections[name] = { ...verdict, ...(counts.get(definition.number) ?? none) };
      names.push(name);
    }
    lines.push(...describe({ ...verdict, path: `${path}, ${names.join(", ")}` }));
  }
  const ok = Object.values(collections).every((verdict) => verdict.ok);
  return { lines, report: { ok, path, collections, ms: performance.now() - start }, failed: !ok };
}

/** `tableOf`: where collections share the index. `onSpace` gets each space. */
async function verdictOn(
  path: string,
  tableOf?: TableOf,
  onSpace: (space: SpaceStats) => void = () => {},
): Promise<Verdict> {
  const start = performance.now();
  const folder = await lockToRead(path);
  const problems = new Set<string>(); // the recovery may find the same again
  const { paths, shape, damage } = folder;
  let found: { spaces: number; vectors: number } | null = null;
  let extent: Partial<Extent> = {};
  if (shape === null) {
    problems.add(damage!);
    folder.lock.release();
  } else {
    using progress = new Progress();
    try {
      const whole = await extentOf(paths);
      extent = whole;
      progress.start("reading snapshots", whole.snapshotBytes);
      const wrong = await checkBytes(paths, shape.partitions, (bytes) => progress.by(bytes));
      for (const problem of wrong) problems.add(problem);
      progress.start("loading an index", whole.newestBytes + whole.journalBytes);
    } catch (error) {
      problems.add(`${paths.journal}: ${messageOf(error)}`); // SQLite can't read it; the recovery finds what is lost
    }
    await using copy = await openCopy(folder, {
      ...{ salvaging: true, onRead: (bytes: number) => progress.by(bytes) },
      ...(tableOf === undefined ? {} : { tableOf }),
    });
    for (const problem of copy.recovery.problems) problems.add(problem);
    progress.start("checking graphs", 0);
    await copy.index.flush();
    const { problems: broken, unreachable } = await copy.index.check();
    for (const problem of broken) problems.add(problem);
    if (unreachable > 0) problems.add(`${counted(unreachable, "vector")} could not be reached in the graphs`);
    const { spaces } = copy.index.stats();
    for (const space of spaces) onSpace(space);
    found = { spaces: spaces.length, vectors: spaces.reduce((sum, { live }) => sum + live, 0) };
  }
  const { spaces = null, vectors = null } = found ?? {};
  const ok = problems.size === 0;
  return { ok, path, problems: [...problems], ...extent, spaces, vectors, ms: performance.now() - start };
}

function describe({ path, problems, ...found }: Verdict): string[] {
  const { groups = 0, ops = 0, journalBytes = 0, snapshots = 0, files = 0, snapshotBytes = 0, spaces, vectors } = found;
  const index = spaces === null ? "none" : `${counted(vectors!, "vector")} in ${counted(spaces, "space")}`;
  return [
    `${path}: ${problems.length === 0 ? "sound" : counted(problems.length, "problem")}`,
    `  journal    ${counted(ops, "op")} in ${counted(groups, "group")}, ${bytesOf(journalBytes)}`,
    `  snapshots  ${snapshots.toLocaleString("en-US")} in ${counted(files, "file")}, ${bytesOf(snapshotBytes)}`,
    `  index      ${index}`,
    ...problems,
  ];
}
