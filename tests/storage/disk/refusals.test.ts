/* Which folders does `open` refuse, and does it say why? */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OpenOptions, open } from "../../../src/index.ts";
import { refusalOf } from "../../support/indexes.ts";
import { runClient, Workplace } from "../crash/client.ts";
import { OPTIONS } from "../crash/folders.ts";
import { Mount } from "../crash/mount.ts";

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

/** A closed index with one vector in it. */
async function made(name: string): Promise<string> {
  const path = place.at(name);
  const index = await open({ ...OPTIONS, partitions: 2, workers: 0, path });
  await index.space("s").add("key", new Float32Array(OPTIONS.dimensions));
  await index.close();
  return path;
}

async function opensWith(options: Partial<OpenOptions>, path: string): Promise<void> {
  const index = await open({ ...OPTIONS, workers: 0, ...options, path });
  expect(await index.space("s").get("key")).toEqual(new Float32Array(OPTIONS.dimensions));
  await index.close();
}

test.each<[string, Partial<OpenOptions>]>([
  ["a memory limit below what the default number of partitions needs", { memoryLimit: 2 ** 21 }],
  ["a memory limit below what that number of partitions needs", { memoryLimit: 2 ** 21, partitions: 3 }],
  ["no dimensions", { dimensions: undefined as never }],
])("%s: where no index is, none of its folders is created", async (_, options) => {
  const path = place.at(join("refused", "vectors"));
  const refused = () => refusalOf(() => open({ ...OPTIONS, workers: 0, ...options, path }));
  expect((await refused()).code).toBe("BAD_OPTION");
  expect(existsSync(place.at("refused"))).toBe(false);
  mkdirSync(path, { recursive: true });
  expect((await refused()).code).toBe("BAD_OPTION");
  expect(readdirSync(path)).toEqual([]);
  rmSync(place.at("refused"), { recursive: true });
});

test("what an index was created with need not be given again", async () => {
  const path = await made("known");
  const index = await open({ path, workers: 0 } as OpenOptions);
  expect(index.options).toMatchObject({ ...OPTIONS, efConstruction: 32, flatBelow: 1000, partitions: 2 });
  await index.close();
});

describe("in use", () => {
  test("twice in one process, until it is closed", async () => {
    const path = await made("twice");
    const index = await open({ ...OPTIONS, workers: 0, path });
    const refusal = await refusalOf(() => open({ ...OPTIONS, workers: 0, path }));
    expect(refusal.code).toBe("PATH_IN_USE");
    expect(refusal.message).toInclude(path);
    expect((await refusalOf(() => open({ ...OPTIONS, workers: 0, path }))).code).toBe("PATH_IN_USE"); // still refused
    await index.close();
    await opensWith({}, path);
  });

  test("by another process, until that is killed", async () => {
    const path = await made("held");
    const job = {
      options: { ...OPTIONS, workers: 0, path },
      seed: 1,
      from: 0,
      to: 0,
      inFlight: 1,
      log: place.at("log"),
    };
    let refused: Promise<unknown> = Promise.resolve();
    let isRefused = false;
    const ending = await runClient(
      { ...job, end: "wait" },
      (line) => {
        if (line !== "d") return false;
        refused = refusalOf(() => open({ ...OPTIONS, workers: 0, path })).then(({ code }) => {
          isRefused = code === "PATH_IN_USE";
        });
        return true;
      },
      300,
    );
    await refused;
    expect(ending.by).toBe("us");
    expect(isRefused).toBeTrue();
    await opensWith({}, path);
  });
});

describe("something else", () => {
  test("a file", async () => {
    const path = place.at("file");
    writeFileSync(path, "hello");
    const refusal = await refusalOf(() => open({ ...OPTIONS, path }));
    expect(refusal.code).toBe("PATH_FAILED");
    expect(refusal.message).toInclude(path);
  });

  test("below a file", async () => {
    writeFileSync(place.at("parent"), "hello");
    expect((await refusalOf(() => open({ ...OPTIONS, path: place.at("parent/index") }))).code).toBe("PATH_FAILED");
  });

  test("a folder with other files, which is left as it was", async () => {
    const path = place.at("photos");
    mkdirSync(path);
    writeFileSync(join(path, "cat.jpg"), "meow");
    for (const onDamage of ["refuse", "salvage"] as const) {
      expect((await refusalOf(() => open({ ...OPTIONS, path, onDamage }))).code).toBe("PATH_FOREIGN");
    }
    expect(readdirSync(path)).toEqual(["cat.jpg"]);
  });

  test("another program's database", async () => {
    const path = place.at("other");
    mkdirSync(path);
    const db = new Database(join(path, "journal.sqlite"));
    db.run("CREATE TABLE bookmarks (url TEXT)");
    db.close();
    for (const onDamage of ["refuse", "salvage"] as const) {
      const refusal = await refusalOf(() => open({ ...OPTIONS, path, onDamage }));
      expect(refusal.code).toBe("PATH_FOREIGN");
      expect(refusal.message).toInclude("is not a journal of this package");
    }
  });

  test.each([1, 1000])("another format, %d", async (format) => {
    const path = await made(`format-${format}`);
    const db = new Database(join(path, "journal.sqlite"));
    db.run(`PRAGMA user_version = ${format}`);
    db.close();
    const refusal = await refusalOf(() => open({ ...OPTIONS, path }));
    expect(refusal.code).toBe("PATH_FOREIGN");
    expect(refusal.message).toContain(`has format ${format}, this version reads 3`);
  });
});

describe("an index made with other options", () => {
  const others = { dimensions: 6, metric: "cosine", M: 8, seed: 8, partitions: 3 } as const;
  test("names both values, and the folder is free again", async () => {
    const path = await made("mismatch");
    const ours = { ...OPTIONS, partitions: 2 };
    for (const [name, other] of Object.entries(others)) {
      const refusal = await refusalOf(() => open({ ...ours, [name]: other, path }));
      expect(refusal.code).toBe("PATH_MISMATCH");
      expect(refusal.message).toInclude(`\`${name}\` ${ours[name as keyof typeof ours]}`);
      expect(refusal.message).toInclude(`given ${other}`);
    }
    await opensWith({}, path);
  });

  test("another number of workers is fine", async () => {
    const path = await made("workers");
    for (const workers of [2, 1, 0, 3]) await opensWith({ workers }, path);
  });
});

describe("a disk that can only be read", () => {
  test("is reported as such", async () => {
    using mount = Mount.make(place.at("disk"), 16);
    if (mount === null) return console.log("skipped: this process may not mount anything");
    const path = join(mount.path, "index");
    const index = await open({ ...OPTIONS, workers: 0, path });
    await index.space("s").add("key", new Float32Array(OPTIONS.dimensions));
    await index.close();
    mount.remount("ro");
    const refusal = await refusalOf(() => open({ ...OPTIONS, workers: 0, path }));
    expect(refusal.code).toBe("PATH_FAILED");
    expect(refusal.message).toInclude(path);
    const fresh = await refusalOf(() => open({ ...OPTIONS, workers: 0, path: join(mount.path, "fresh") }));
    expect(fresh.code).toBe("PATH_FAILED");
    mount.remount("rw");
    await opensWith({}, path);
  });
});
