/*
 * Another folder lies at `path` while an index is open, or none, or one with another lock or journal: is nothing
 * acknowledged that is not kept, and is nothing touched that belongs to another index?
 */
import { describe, expect, test } from "bun:test";
import { cpSync, existsSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Incident, VectorIndex } from "../../src/index.ts";
import { stateOf } from "../cli/program.ts";
import { Folder } from "../support/folder.ts";
import { expectHolds, expectSound, type Model, refusalOf, uniform, until } from "../support/indexes.ts";

const SEED = 4242;
const ROUNDS = 4;
const SET = uniform(100, 4, SEED);
const OPTIONS = { dimensions: 4, metric: "l2", workers: 0, partitions: 2, timeoutMs: 5000 } as const;

async function addSome(index: VectorIndex, from: number, to: number, model: Model = new Map()): Promise<Model> {
  for (let key = from; key < to; key++) {
    await index.space(`s${key % 3}`).add(key, SET.at(key));
    model.set(key, SET.at(key));
  }
  return model;
}

const partOf = (model: Model, space: number): Model =>
  new Map([...model].filter(([key]) => (key as number) % 3 === space));

/** Fails unless the folder can be opened, is sound, and holds the model. */
async function expectFolderHolds(path: string, model: Model): Promise<void> {
  using folder = new Folder();
  await using parts = await folder.open({ ...OPTIONS, path });
  const { index } = parts;
  expect(index.recovery!.problems).toEqual([]);
  for (const space of [0, 1, 2]) await expectHolds(index.space(`s${space}`), partOf(model, space), path);
  await expectSound(index, path);
}

/** An open index of twenty vectors with snapshots. */
async function opened(folder: Folder) {
  const incidents: Incident[] = [];
  const { index } = await folder.open({ ...OPTIONS, onIncident: (incident) => incidents.push(incident) });
  const model = await addSome(index, 0, 20);
  await index.checkpoint();
  await index.checkpoint();
  return { index, model, incidents };
}

/** Fails unless every call that would write is refused, and an incident names the folder. */
async function expectRefused(index: VectorIndex, folder: Folder, incidents: Incident[]): Promise<void> {
  // What is accepted before the journal thread looks is not acknowledged either.
  const first = await refusalOf(() => index.space("s0").add("late", SET.at(50)));
  expect(["PATH_LOST", "JOURNAL_UNCERTAIN"]).toContain(first.code);
  const calls: Record<string, () => Promise<unknown>> = {
    add: () => index.space("s0").add("later", SET.at(51)),
    addMany: () => index.space("s1").addMany(["x", "y"], SET.part(0, 2).values),
    delete: () => index.space("s0").delete(0),
    deleteMany: () => index.space("s0").deleteMany([0, 3]),
    dropSpace: () => index.dropSpace("s0"),
    checkpoint: () => index.checkpoint(),
    backup: () => index.backup(join(folder.root, "later")),
  };
  const codes: Record<string, string> = {};
  for (const [name, call] of Object.entries(calls)) codes[name] = (await refusalOf(call)).code;
  expect(codes).toEqual(Object.fromEntries(Object.keys(calls).map((name) => [name, "PATH_LOST"])));
  await until(() => incidents.length > 0, "an incident");
  expect(incidents[0]!.message).toContain(folder.path);
  // Reading goes on.
  expect((await index.space("s0").search(SET.at(3), { k: 1 }))[0]!.key).toBe(3);
}

test("a copy of the index's own backup in its place stays as it is", async () => {
  using folder = new Folder();
  const { index, model, incidents } = await opened(folder);
  await index.backup(join(folder.root, "backup"));
  await addSome(index, 20, 30);
  rmSync(folder.path, { recursive: true });
  cpSync(join(folder.root, "backup"), folder.path, { recursive: true });
  const before = stateOf(folder.path);
  await expectRefused(index, folder, incidents);
  await index.close().catch(() => {});
  expect(stateOf(folder.path)).toEqual(before);
  await expectFolderHolds(folder.path, model);
});

test("another index in its place stays as it is, and so does its own, wherever it was moved to", async () => {
  using folder = new Folder();
  using other = new Folder();
  const otherModel: Model = new Map();
  {
    await using parts = await other.open(OPTIONS);
    await addSome(parts.index, 60, 90, otherModel);
  }
  const { index, model, incidents } = await opened(folder);
  await addSome(index, 20, 30, model);
  const moved = join(folder.root, "moved");
  renameSync(folder.path, moved);
  renameSync(other.path, folder.path);
  const before = stateOf(folder.path);
  await expectRefused(index, folder, incidents);
  await index.close().catch(() => {});
  expect(stateOf(folder.path)).toEqual(before);
  await expectFolderHolds(folder.path, otherModel);
  await expectFolderHolds(moved, model);
});

test("where the folder is deleted nothing is acknowledged, and none is created", async () => {
  using folder = new Folder();
  const { index, incidents } = await opened(folder);
  rmSync(folder.path, { recursive: true });
  await expectRefused(index, folder, incidents);
  await index.close().catch(() => {});
  expect(existsSync(folder.path)).toBe(false);
});

test("where the lock is deleted another can open the index: from then on only that one acknowledges", async () => {
  using folder = new Folder();
  const { index, model, incidents } = await opened(folder);
  rmSync(join(folder.path, "lock"));
  const second = await folder.open(OPTIONS);
  await addSome(second.index, 20, 30, model);
  await expectRefused(index, folder, incidents);
  await addSome(second.index, 30, 40, model);
  await second.index.checkpoint();
  await index.close().catch(() => {});
  await addSome(second.index, 40, 50, model);
  await second.index.close();
  await expectFolderHolds(folder.path, model);
});

test("whenever the lock is deleted, what either of the two acknowledged is kept", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    using folder = new Folder();
    const { index, model } = await opened(folder);
    const add = async (to: VectorIndex, key: number) => {
      await to.space(`s${key % 3}`).add(key, SET.at(key));
      model.set(key, SET.at(key));
    };
    const refused = refusalOf(async () => {
      for (let key = 20; key < 60; key++) await add(index, key);
    });
    const rounds = [index.checkpoint(), index.checkpoint()].map((each) => each.catch(() => {}));
    await until(() => model.size > 20 + (round % 10), "some adds");
    rmSync(join(folder.path, "lock"));
    const second = await folder.open(OPTIONS);
    for (let key = 60; key < 80; key++) {
      await add(second.index, key);
      if (key % 10 === 0) await second.index.checkpoint();
    }
    expect(["PATH_LOST", "JOURNAL_UNCERTAIN"]).toContain((await refused).code);
    await Promise.all([...rounds, index.close().catch(() => {})]);
    await second.index.close();
    await expectFolderHolds(folder.path, model);
  }
});

test.each(["journal.sqlite", "snapshots"])(
  "where %s is replaced, as by a restore into the folder, it stays as it is",
  async (name) => {
    using folder = new Folder();
    const { index, incidents } = await opened(folder);
    const [place, other] = [join(folder.path, name), join(folder.root, "other")];
    cpSync(place, other, { recursive: true });
    rmSync(place, { recursive: true });
    renameSync(other, place);
    const state = () =>
      Object.entries(stateOf(folder.path)).filter(([file]) => file === place || file.startsWith(`${place}/`));
    const before = state();
    expect(before.length).toBeGreaterThan(0);
    await expectRefused(index, folder, incidents);
    await index.close().catch(() => {});
    expect(state()).toEqual(before);
  },
);

test("close is refused where there is nothing left to close into", async () => {
  using folder = new Folder();
  const { index } = await opened(folder);
  renameSync(folder.path, join(folder.root, "moved"));
  expect((await refusalOf(() => index.close())).code).toBe("PATH_LOST");
  expect(existsSync(folder.path)).toBe(false);
});

test("once the folder is put back, what was accepted is written, and everything goes on", async () => {
  using folder = new Folder();
  const { index, model, incidents } = await opened(folder);
  renameSync(folder.path, `${folder.path}.away`);
  expect((await refusalOf(() => index.space("s0").add(20, SET.at(20)))).code).toBe("JOURNAL_UNCERTAIN");
  expect((await refusalOf(() => index.space("s0").add(21, SET.at(21)))).code).toBe("PATH_LOST");
  renameSync(`${folder.path}.away`, folder.path);
  const { journal } = index.stats();
  await until(() => index.stats().journal!.failure === null, "the journal is written");
  expect(index.stats().journal!.ops).toBe(journal!.ops + 1);
  await until(() => incidents.length === 2, "two incidents");
  await index.space("s2").add(20, SET.at(20));
  await index.space("s0").delete(20);
  await index.close();
  await expectFolderHolds(folder.path, model.set(20, SET.at(20)));
});

describe("a folder is still the index's own", () => {
  test("once it was moved and has come back", async () => {
    using folder = new Folder();
    const { index, model } = await opened(folder);
    renameSync(folder.path, `${folder.path}.away`);
    renameSync(`${folder.path}.away`, folder.path);
    await addSome(index, 20, 40, model);
    await index.checkpoint();
    await index.close();
    await expectFolderHolds(folder.path, model);
  });

  test("where it was moved and a link leads to it", async () => {
    using folder = new Folder();
    const { index, model } = await opened(folder);
    renameSync(folder.path, `${folder.path}.elsewhere`);
    symlinkSync(`${folder.path}.elsewhere`, folder.path);
    await addSome(index, 20, 40, model);
    await index.checkpoint();
    await index.close();
    await expectFolderHolds(folder.path, model);
  });
});
