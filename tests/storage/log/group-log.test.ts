/* Is a log read to its end when a damaged page has rows out of order, and never in circles? */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteFile } from "../../../src/storage/disk/sqlite.ts";
import { GroupLog } from "../../../src/storage/log/group-log.ts";
import { createJournal } from "../../../src/storage/recovery/create.ts";
import { newPartitions } from "../../../src/storage/snapshots/catalog.ts";
import { Folder } from "../../support/folder.ts";
import { refusalOf } from "../../support/indexes.ts";

const SHAPE = { dimensions: 2, metric: "l2", M: 16, seed: 1, partitions: 1 } as const;
const FIRSTS = [1, 3, 5, 7, 9];
const CELLS = 8; // where a page of rows has the offsets of its cells, 2 bytes each
const ZEROS = 0x0400; // an offset where everything is 0: a cell there is an empty row with id 0

/** A folder with a journal of groups of 2 ops, in which some rows, by their places in the page, are such cells. */
async function damaged(folder: Folder, rows: number[]): Promise<string> {
  mkdirSync(folder.path);
  const journal = join(folder.path, "journal.sqlite");
  await createJournal(journal, { shape: SHAPE, fields: {} }, newPartitions(1), []);
  const page = await SqliteFile.using(journal, "write", (file) => {
    const groups = FIRSTS.map((first) => ({ partition: 0, first, count: 2, payload: Uint8Array.of(first) }));
    new GroupLog(file).append(groups);
    file.settle();
    const table = "SELECT rootpage AS number FROM sqlite_master WHERE name = 'journal'";
    const { number } = file.db.query<{ number: number }, []>(table).get()!;
    return (number - 1) * file.pragma("page_size");
  });
  const bytes = readFileSync(journal);
  for (const row of rows) bytes.writeUInt16BE(ZEROS, page + CELLS + 2 * row);
  writeFileSync(journal, bytes);
  return journal;
}

/** The first ops of the groups that are read, and how the reading ended. */
async function read(journal: string): Promise<{ firsts: number[]; problems: string[] }> {
  return await SqliteFile.using(journal, "read", (file) => {
    const firsts: number[] = [];
    const problems: string[] = [];
    try {
      for (const group of new GroupLog(file).readFrom(0)) {
        if ("problem" in group) problems.push(`${group.first}: ${group.problem}`);
        else firsts.push(group.first);
      }
    } catch (error) {
      problems.push((error as Error).message.replace(journal, "journal"));
    }
    return { firsts, problems };
  });
}

test("a row out of order is skipped, and what follows it is read", async () => {
  using folder = new Folder();
  expect(await read(await damaged(folder, [3]))).toEqual({ firsts: [1, 3, 5, 9], problems: ["7: out of order"] });
});

test("whichever rows are out of order, the others come once and in their order, or the log ends", async () => {
  for (let which = 1; which < 2 ** FIRSTS.length; which++) {
    using folder = new Folder();
    const rows = FIRSTS.map((_, row) => row).filter((row) => which & (1 << row));
    const { firsts } = await read(await damaged(folder, rows));
    const sound = FIRSTS.filter((_, row) => !rows.includes(row));
    expect(
      sound.filter((first) => firsts.includes(first)),
      `damaged: ${rows}`,
    ).toEqual(firsts);
  }
});

test("such a folder is refused, and a salvage ends", async () => {
  for (const rows of [[3], [1, 2], [3, 4]]) {
    using folder = new Folder();
    await damaged(folder, rows);
    const options = { dimensions: 2, workers: 0 };
    expect((await refusalOf(() => folder.open(options))).code).toBe("PATH_DAMAGED");
    await using parts = await folder.open({ ...options, onDamage: "salvage" });
    expect(parts.index.recovery!.problems).not.toBeEmpty();
  }
});
