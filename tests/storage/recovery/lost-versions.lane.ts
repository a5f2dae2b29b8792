/*
 * Some of a journal is lost, at any place. Does a salvage leave each document beside the vector that it was stored with? An
 * update is in the journal without the vector, which may be among what was lost.
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Space } from "../../../src/index.ts";
import { pathsOf } from "../../../src/storage/disk/paths.ts";
import { Recovery } from "../../../src/storage/recovery/recovery.ts";
import { Folder } from "../../support/folder.ts";
import { opened } from "../../support/indexes.ts";
import { random } from "../../support/vectors.ts";

interface Note {
  n: number;
}

const SEED = 4104;
const OPTIONS = { dimensions: 2, metric: "l2", workers: 0, partitions: 1, fields: { n: "number" } } as const;
const KEYS = ["a", "b", "c"];

/** What was stored under a key, in words. */
type Pairs = Map<string, Set<string>>;
const pairOf = (vector: ArrayLike<number> | undefined, n: number | undefined) =>
  `${vector && [...Array.from(vector)]} ${n}`;

/** Each op is a group of its own. Resolves to every pair of a vector and a document that there ever was, and the last ones. */
async function fill(
  space: Space<string, Note>,
  from: number,
  ops: number,
  ever: Pairs,
  now: Map<string, [number, number]>,
) {
  const { below } = random(SEED + from);
  for (let i = from; i < from + ops; i++) {
    const key = KEYS[below(KEYS.length)]!;
    const old = now.get(key);
    const how = below(10);
    if (how === 0) {
      await space.delete(key);
      now.delete(key);
    } else if (how < 4 || old === undefined) {
      await space.add(key, [i, i], { n: i });
      now.set(key, [i, i]);
    } else {
      await space.update(key, { n: i });
      now.set(key, [old[0], i]);
    }
    const is = now.get(key);
    if (is !== undefined) ever.get(key)!.add(pairOf([is[0], is[0]], is[1]));
  }
}

async function folderOf(ops: number, checkpoints: number[]) {
  const folder = new Folder();
  const { index } = await folder.open(OPTIONS);
  const space = index.space("s") as unknown as Space<string, Note>;
  const ever: Pairs = new Map(KEYS.map((key) => [key, new Set()]));
  const now = new Map<string, [number, number]>();
  let from = 0;
  for (const to of [...checkpoints, ops]) {
    await fill(space, from, to - from, ever, now);
    if (to < ops) await index.checkpoint();
    from = to;
  }
  const crashed = folder.crashed();
  await index.close();
  folder[Symbol.dispose]();
  return { folder: crashed, ever, now };
}

/** Changes the journal of a copy, and loads what a salvage keeps of it; `open` would write it to a new folder as well. */
async function salvaged(folder: Folder, change: (journal: Database) => void) {
  using copy = folder.crashed();
  const journal = new Database(join(copy.path, "journal.sqlite"));
  journal.run("PRAGMA synchronous = OFF");
  change(journal);
  journal.close();
  await using parts = await opened(OPTIONS);
  const { M, seed } = parts.index.options;
  const shape = { dimensions: 2, metric: "l2", M, seed, partitions: 1 } as const;
  const recovery = new Recovery(parts.handle, pathsOf(copy.path), true);
  const { problems } = await recovery.load(shape, null, "read");
  const space = parts.index.space("s") as unknown as Space<string, Note>;
  const found = new Map<string, string>();
  for await (const { key, vector, metadata } of space.entries({ include: ["vector", "metadata"] })) {
    found.set(key, pairOf(vector, metadata?.n));
    expect(await space.count({ where: { n: metadata!.n } }), key).toBe(1);
  }
  return { found, problems };
}

function expectPairs(found: Map<string, string>, ever: Pairs, context: string): void {
  for (const [key, pair] of found)
    expect({ key, pair, known: ever.get(key)!.has(pair), context }).toMatchObject({ known: true });
}

const rowsOf = (journal: Database) =>
  journal.query<{ id: number; first: number }, []>("SELECT id, first FROM journal ORDER BY first").all();

test("whichever ops are lost, no document is beside a vector that it was not stored with", async () => {
  const { folder, ever, now } = await folderOf(40, []);
  using _ = folder;
  const whole = await salvaged(folder, () => {});
  expect(whole.found).toEqual(new Map([...now].map(([key, [v, n]]) => [key, pairOf([v, v], n)])));
  let leftOut = 0;
  let ops = 0;
  await salvaged(folder, (journal) => {
    ops = rowsOf(journal).length;
  });
  for (let at = 1; at < ops - 1; at++) {
    for (const length of [1, 3]) {
      const { found, problems } = await salvaged(folder, (journal) => {
        for (const { id } of rowsOf(journal).slice(at, at + length))
          journal.run("DELETE FROM journal WHERE id = ?", [id]);
      });
      expectPairs(found, ever, `${length} of ${ops} ops lost from ${at} on, seed ${SEED}`);
      expect(problems).not.toEqual([]);
      if (problems.some((problem) => problem.includes("updates of metadata are left out"))) leftOut++;
    }
  }
  expect(leftOut).toBeGreaterThan(ops / 2);
}, 60_000);

test("a group that is damaged is as good as lost", async () => {
  const { folder, ever } = await folderOf(24, []);
  using _ = folder;
  for (let at = 1; at < 20; at++) {
    const { found } = await salvaged(folder, (journal) => {
      journal.run("UPDATE journal SET checksum = zeroblob(8) WHERE id = ?", [rowsOf(journal)[at]!.id]);
    });
    expectPairs(found, ever, `group ${at} damaged, seed ${SEED}`);
  }
}, 60_000);

test("what a snapshot holds is not in doubt: updates behind it are done", async () => {
  const { folder, now } = await folderOf(40, [14, 28]);
  using _ = folder;
  const { found, problems } = await salvaged(folder, (journal) => {
    const rows = rowsOf(journal);
    expect(rows[0]!.first).toBeGreaterThan(1); // the older snapshot holds what was before
    journal.run("DELETE FROM journal WHERE id = ?", [rows[3]!.id]);
  });
  expect(problems.join()).not.toContain("left out");
  expect(found).toEqual(new Map([...now].map(([key, [v, n]]) => [key, pairOf([v, v], n)])));
});
