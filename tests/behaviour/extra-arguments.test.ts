/* A call with what it does not know: is it refused, instead of doing less than its caller believes? */
import { describe, expect, test } from "bun:test";
import { openSearch } from "../../src/search.ts";
import { opened, refusalOf, uniform } from "../support/indexes.ts";

const SET = uniform(20, 4, 7);

/** Calls a method with arguments that its type does not have. */
function call(target: object, method: string, ...args: unknown[]): unknown {
  return (target as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
}

describe("an argument too many is BAD_OPTION, and nothing has happened:", () => {
  const ops: Record<string, unknown[]> = {
    add: ["x", [1, 2, 3, 4], { color: "red" }, { expiresAt: 5 }, 6],
    addMany: [["x"], [[1, 2, 3, 4]], [{ color: "red" }], { expiresAt: 5 }, 6],
    update: ["kept", { color: "red" }, {}, 6],
    updateWhere: [{}, { color: "red" }, {}, 6],
    deleteWhere: [{}, {}, 6],
    delete: ["kept", "kept too"],
    deleteMany: [["kept"], ["kept too"]],
    search: [[1, 2, 3, 4], { k: 1 }, { k: 2 }],
    searchMany: [[[1, 2, 3, 4]], { k: 1 }, { k: 2 }],
  };
  for (const [method, args] of Object.entries(ops)) {
    test(`space.${method}`, async () => {
      await using parts = await opened({ dimensions: 4, workers: 0 });
      const space = parts.index.space("s");
      await space.addMany(["kept", "kept too"], SET.part(0, 2).values);
      expect((await refusalOf(() => call(space, method, ...args))).code).toBe("BAD_OPTION");
      expect(await space.keys()).toEqual(["kept", "kept too"]);
    });
  }

  test("a second argument that is undefined is none", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0 });
    const space = parts.index.space("s");
    await (call(space, "add", "x", SET.at(0), undefined) as Promise<void>);
    expect(await space.has("x")).toBe(true);
  });

  test("methods of an index", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0 });
    const { index } = parts;
    await index.space("s").add("x", SET.at(0));
    const wrong: Record<string, unknown[]> = {
      space: ["s", { dimensions: 8 }],
      dropSpace: ["s", { force: true }],
      export: [["s"], "too"],
      exportBytes: [["s"], "too"],
      check: ["s", "t"],
    };
    for (const [method, args] of Object.entries(wrong)) {
      expect((await refusalOf(() => call(index, method, ...args))).code, method).toBe("BAD_OPTION");
    }
    expect(index.spaces()).toEqual(["s"]);
  });
});

test("methods of an export that is open to be searched", async () => {
  await using parts = await opened({ dimensions: 4, workers: 0 });
  await parts.index.space("s").add("x", SET.at(0));
  const searched = await openSearch({ from: await parts.index.exportBytes() });
  expect((await refusalOf(() => call(searched, "space", "s", { ef: 8 }))).code).toBe("BAD_OPTION");
  expect((await refusalOf(() => call(searched.space("s"), "search", SET.at(0), { k: 1 }, 2))).code).toBe("BAD_OPTION");
  searched.close();
});

describe("an export of a space that is not there is BAD_SPACE, and names it:", () => {
  test("of a name with a typo", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0 });
    await parts.index.space("tenant-42").add("x", SET.at(0));
    const refusal = await refusalOf(() => parts.index.exportBytes(["tenant-43"]));
    expect(refusal.code).toBe("BAD_SPACE");
    expect(refusal.message).toContain("tenant-43");
    expect((await refusalOf(() => parts.index.exportBytes(["tenant-42", "tenant-43"]))).code).toBe("BAD_SPACE");
  });

  test("of one that was dropped", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0 });
    await parts.index.space("s").add("x", SET.at(0));
    await parts.index.dropSpace("s");
    expect((await refusalOf(() => parts.index.exportBytes(["s"]))).code).toBe("BAD_SPACE");
  });

  test("an export of all is one of none, where there is none", async () => {
    await using parts = await opened({ dimensions: 4, workers: 0 });
    expect((await parts.index.exportBytes()).length).toBeGreaterThan(0);
    expect((await parts.index.exportBytes([])).length).toBeGreaterThan(0);
  });
});
