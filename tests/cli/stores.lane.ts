/* Are `backup` and `verify` of a whole store what they are of one folder? */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { failureOf, outOf, run } from "./program.ts";

async function filled(path: string) {
  const store = await openStore(path, { workers: 0 });
  for (const [name, dimensions] of [
    ["one", 2],
    ["two", 3],
  ] as const) {
    await store.create(name, { dimensions, metric: "l2", note: { of: name } });
    const vectors = Array.from({ length: 50 }, (_, i) => Array<number>(dimensions).fill(i));
    await store.use(name, (index) => index.space("s").addMany(vectors.keys().toArray(), vectors));
  }
  await store.alias([{ alias: "first", to: "one" }]);
  return store;
}

test("a backup of a store that is open opens as a store, with everything that was acknowledged", async () => {
  using folder = new Folder();
  const [path, copy] = [join(folder.path, "store"), join(folder.path, "copy")];
  await using store = await filled(path);
  expect(await outOf(["backup", path, copy])).toContain("2 collections");
  await store.drop("one");
  await using opened = await openStore(copy, { workers: 0 });
  expect(opened.list().map(({ name, note, aliases }) => [name, note, aliases])).toEqual([
    ["one", { of: "one" }, ["first"]],
    ["two", { of: "two" }, []],
  ]);
  for (const name of ["first", "two"]) expect(await opened.use(name, (index) => index.space("s").size)).toBe(50);
});

test("one that was cut off is no store, and what is there is not overwritten", async () => {
  using folder = new Folder();
  const [path, copy] = [join(folder.path, "store"), join(folder.path, "copy")];
  await (await filled(path)).close();
  expect(await failureOf(["backup", path, join(path, "inside")])).toStartWith("2 BAD_OPTION: ");
  expect(existsSync(join(path, "inside"))).toBe(false);
  mkdirSync(copy);
  writeFileSync(join(copy, "mine"), "");
  expect(await failureOf(["backup", path, copy])).toStartWith("1 PATH_FOREIGN: ");
  expect(readdirSync(copy)).toEqual(["mine"]);
  writeFileSync(join(copy, "backup.unfinished"), "");
  rmSync(join(copy, "mine"));
  expect(await openStore(copy).catch((error) => error.code)).toBe("PATH_FOREIGN");
  rmSync(join(copy, "backup.unfinished"));
  rmSync(join(path, "groups", "3"), { recursive: true });
  expect((await run(["backup", path, copy])).code).toBe(1);
  expect(readdirSync(copy)).toEqual([]);
});

test("verify tells which collection is damaged", async () => {
  using folder = new Folder();
  const path = join(folder.path, "store");
  await (await filled(path)).close();
  expect(JSON.parse(await outOf(["verify", path, "--json"]))).toMatchObject({
    ...{ ok: true, collections: { one: { ok: true, vectors: 50 }, two: { ok: true, vectors: 50 } } },
  });
  const snapshots = join(path, "groups", "3", "snapshots");
  const [file] = readdirSync(snapshots);
  const bytes = readFileSync(join(snapshots, file!));
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(join(snapshots, file!), bytes);
  const { code, out } = await run(["verify", path, "--json"]);
  expect([code, JSON.parse(out).collections.one.ok, JSON.parse(out).collections.two.ok]).toEqual([1, true, false]);
});
