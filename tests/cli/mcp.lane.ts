/* Do agents' tools remember over the Model Context Protocol? The official client starts the program and asks it. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { open } from "../../src/index.ts";
import { Folder } from "../support/folder.ts";
import { failureOf, PROGRAM } from "./program.ts";

type Result = Record<string, unknown>;

/** A client of a program of its own, which ends with it. */
async function connected(path: string, ...options: string[]) {
  const client = new Client({ name: "test", version: "0" });
  const transport = new StdioClientTransport({ command: process.execPath, args: [PROGRAM, "mcp", path, ...options] });
  await client.connect(transport);
  const call = async (name: string, given: Result = {}) => await client.callTool({ name, arguments: given });
  return {
    client,
    /** What a tool results in; the client checks it against the tool's schema. */
    async use(name: string, given?: Result): Promise<Result> {
      const { isError, content, structuredContent } = await call(name, given);
      if (isError) throw new Error(JSON.stringify(content));
      expect(content).toEqual([{ type: "text", text: JSON.stringify(structuredContent) }]);
      return structuredContent as Result;
    },
    /** What a refused call says to the model. */
    async refusal(name: string, given?: Result): Promise<string> {
      const { isError, content } = await call(name, given);
      expect(isError).toBe(true);
      return (content as { text: string }[])[0]!.text;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const textsOf = ({ hits }: Result) => (hits as { text: string }[]).map(({ text }) => text);

test("its tools describe themselves", async () => {
  using folder = new Folder();
  await using agent = await connected(folder.path);
  const { tools } = await agent.client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["remember", "recall", "forget", "list_spaces"]);
  for (const { title, description, inputSchema, annotations } of tools) {
    expect([title, description].every((text) => typeof text === "string" && text !== "")).toBe(true);
    expect(inputSchema.additionalProperties).toBe(false);
    expect(annotations!.openWorldHint).toBe(false);
  }
  expect(agent.client.getServerVersion()!.name).toBe("hnsw-workers");
});

test("what is remembered is recalled by similar words, and after a restart", async () => {
  using folder = new Folder();
  {
    await using agent = await connected(folder.path);
    const metadata = { from: "chat" };
    expect(await agent.use("remember", { text: "The user likes green tea.", key: "tea", metadata })).toEqual({
      space: "default",
      key: "tea",
    });
    await agent.use("remember", { text: "Deploys happen on Thursdays." });
    expect(textsOf(await agent.use("recall", { query: "what does the user like?", limit: 1 }))).toEqual([
      "The user likes green tea.",
    ]);
  }
  await using agent = await connected(folder.path);
  const { hits } = await agent.use("recall", { query: "when do we deploy?" });
  const [first, second] = hits as { key: string; score: number; text: string; metadata: Result }[];
  expect(first!.text).toBe("Deploys happen on Thursdays.");
  expect(second).toEqual({
    key: "tea",
    score: expect.any(Number) as number,
    text: "The user likes green tea.",
    metadata: { from: "chat", rememberedAt: expect.any(String) },
  });
  expect(first!.score).toBeGreaterThan(second!.score);
  expect(await agent.use("list_spaces")).toEqual({ spaces: [{ name: "default", size: 2 }] });
});

test("spaces are apart; a known key is replaced", async () => {
  using folder = new Folder();
  await using agent = await connected(folder.path);
  await agent.use("remember", { text: "likes tea", key: "1", space: "ann" });
  await agent.use("remember", { text: "likes coffee", key: "1", space: "ann" });
  await agent.use("remember", { text: "likes water", key: "1", space: "bob" });
  expect(textsOf(await agent.use("recall", { query: "likes", space: "ann" }))).toEqual(["likes coffee"]);
  expect(await agent.use("recall", { query: "likes", space: "nowhere" })).toEqual({ hits: [] });
  const spaces = ["ann", "bob"].map((name) => ({ name, size: 1 }));
  expect(await agent.use("list_spaces")).toEqual({ spaces });
});

test("texts are forgotten by key, by filter, all at once, or with time", async () => {
  using folder = new Folder();
  await using agent = await connected(folder.path, "--fields", "kind:keyword");
  const kinds = ["fact", "fact", "taste", "taste", "taste"];
  for (const [i, kind] of kinds.entries())
    await agent.use("remember", { text: `${i}`, key: `${i}`, metadata: { kind } });
  await agent.use("remember", { text: "soon gone", key: "gone", expiresInSeconds: 0.001 });
  await agent.use("remember", { text: "stays", key: "stays", expiresInSeconds: 1000 });
  const recalled = async (where?: Result) =>
    ((await agent.use("recall", { query: "1", limit: 9, where })).hits as { key: string }[])
      .map(({ key }) => key)
      .sort();
  expect(await recalled()).toEqual(["0", "1", "2", "3", "4", "stays"]);
  expect(await recalled({ kind: "fact" })).toEqual(["0", "1"]);
  expect(await agent.use("forget", { keys: ["0", "0", "unknown"] })).toEqual({ forgotten: 1 });
  expect(await agent.use("forget", { where: { kind: "taste" } })).toEqual({ forgotten: 3 });
  expect(await recalled()).toEqual(["1", "stays"]);
  expect((await agent.use("forget", { all: true })).forgotten).toBeGreaterThan(1);
  expect(await agent.use("list_spaces")).toEqual({ spaces: [] });
});

test("a vector of the client's is taken as it is", async () => {
  using folder = new Folder();
  await using agent = await connected(folder.path, "--embed", moduleOf(folder));
  await agent.use("remember", { text: "east", vector: [1, 0] });
  await agent.use("remember", { text: "north", vector: [0, 1] });
  expect(textsOf(await agent.use("recall", { vector: [0.1, 0.9] }))).toEqual(["north", "east"]);
  expect(await agent.refusal("recall", { vector: [1, 0, 0] })).toStartWith("BAD_DIMENSIONS: ");
  expect(await agent.refusal("recall", { vector: [0, 0] })).toStartWith("ZERO_VECTOR: ");
});

test("calls that are refused say why, and change nothing", async () => {
  using folder = new Folder();
  await using agent = await connected(folder.path);
  const refusals: [name: string, given: Result, says: string][] = [
    ["remember", {}, "BAD_OPTION: `text` is missing."],
    ["remember", { text: "  " }, "BAD_OPTION: `text` must be a text that is not empty."],
    ["remember", { text: 7 }, "BAD_OPTION: `text` must be a text."],
    ["remember", { text: "a", colour: "red" }, 'BAD_OPTION: "colour" is no argument; there are text, space, '],
    ["remember", { text: "a", metadata: [1] }, "BAD_OPTION: `metadata` must be an object."],
    ["remember", { text: "a", metadata: { text: "b" } }, 'BAD_METADATA: The metadata must not have a property "text"'],
    ["remember", { text: "a", vector: ["1"] }, "BAD_OPTION: `vector` must be a list of numbers."],
    ["remember", { text: "a", expiresInSeconds: 0 }, "BAD_OPTION: `expiresInSeconds` must be a number from 0.001 up."],
    ["remember", { text: "a", space: "hnsw-workers/mcp" }, "BAD_SPACE: "],
    ["remember", { text: "a", space: "x".repeat(2000) }, "BAD_SPACE: "],
    ["remember", { text: "a".repeat(70_000) }, "DOCUMENT_TOO_LARGE: "],
    ["recall", {}, "BAD_OPTION: Give either `query` or `vector`."],
    ["recall", { query: "a", vector: [1] }, "BAD_OPTION: Give either `query` or `vector`."],
    ["recall", { query: "a", limit: 0 }, "BAD_OPTION: `limit` must be an integer from 1 to 100."],
    ["recall", { query: "a", where: { colour: "red" } }, 'BAD_WHERE: "colour" is no field'],
    ["forget", {}, "BAD_OPTION: Give one of `keys`, `where` and `all: true`."],
    ["forget", { all: false }, "BAD_OPTION: Give one of `keys`, `where` and `all: true`."],
    ["forget", { keys: [] }, "BAD_OPTION: `keys` must be a list that is not empty."],
    ["list_spaces", { space: "a" }, 'BAD_OPTION: "space" is no argument'],
  ];
  for (const [name, given, says] of refusals) expect(await agent.refusal(name, given)).toStartWith(says);
  expect(await agent.use("list_spaces")).toEqual({ spaces: [] });
  await expect(agent.client.callTool({ name: "destroy", arguments: {} })).rejects.toThrow('There is no tool "destroy"');
});

/** A module for --embed that knows two words, and says its name. */
function moduleOf(folder: Folder, name = "two words"): string {
  const path = join(folder.root, `${name.replace(" ", "-")}.ts`);
  const lines = [
    `export const name = ${JSON.stringify(name)};`,
    "export const dimensions = 2;",
    'export const embed = async (texts: string[]) => texts.map((t) => [t.includes("tea") ? 1 : 0.1, t.includes("sun") ? 1 : 0.1]);',
  ];
  writeFileSync(path, lines.join("\n"));
  return path;
}

describe("a module for --embed", () => {
  test("makes the vectors, and the folder keeps to it", async () => {
    using folder = new Folder();
    const module = moduleOf(folder);
    {
      await using agent = await connected(folder.path, "--embed", module);
      for (const text of ["tea", "sun"]) await agent.use("remember", { text });
      expect(textsOf(await agent.use("recall", { query: "a cup of tea" }))).toEqual(["tea", "sun"]);
    }
    const says = "2 BAD_OPTION: The vectors of this folder were made by two words, and can't be compared with those of";
    expect(await failureOf(["mcp", folder.path])).toStartWith(`${says} hnsw-workers/ngrams-1: `);
    expect(await failureOf(["mcp", folder.path, "--embed", moduleOf(folder, "other words")])).toStartWith(
      `${says} other words: `,
    );
    await using agent = await connected(folder.path, "--embed", module);
    expect(textsOf(await agent.use("recall", { query: "sun", limit: 1 }))).toEqual(["sun"]);
  });

  test.each([
    ["export const dimensions = 2;", "must export `embed(texts)`, a function"],
    ["export const embed = () => [];", "must export `dimensions`, floats per vector"],
    ["export const dimensions = 2, embed = () => [], name = 7;", "may export `name`, a text"],
    ["throw new Error('broken')", "can't be loaded: broken"],
  ])("%s is refused", async (code, says) => {
    using folder = new Folder();
    const path = join(folder.root, "module.ts");
    await Bun.write(path, code);
    expect(await failureOf(["mcp", folder.path, "--embed", path])).toContain(says);
  });

  test("that fails for a text says so to the model", async () => {
    using folder = new Folder();
    const path = join(folder.root, "module.ts");
    await Bun.write(
      path,
      "export const dimensions = 2; export const embed = async () => { throw new Error('no power'); };",
    );
    await using agent = await connected(folder.path, "--embed", path);
    expect(await agent.refusal("remember", { text: "a" })).toBe("INTERNAL: no power");
  });
});

describe("a folder that was filled another way", () => {
  async function filled(folder: Folder): Promise<void> {
    await using parts = await folder.open({ dimensions: 2, metric: "l2", workers: 0 });
    await parts.index.space("default").add("old", [1, 0.1], { text: "tea", kind: "drink" });
    await parts.index.space("default").add("bare", [0.1, 1]);
  }

  test("needs the module of its vectors, and is served with it", async () => {
    using folder = new Folder();
    await filled(folder);
    expect(await failureOf(["mcp", folder.path])).toStartWith(
      "2 BAD_OPTION: The vectors of this folder came by another way",
    );
    await using agent = await connected(folder.path, "--embed", moduleOf(folder));
    const { hits } = await agent.use("recall", { query: "tea" });
    expect(hits).toMatchObject([
      { key: "old", text: "tea", metadata: { kind: "drink" } },
      { key: "bare", metadata: {} },
    ]);
  });

  test("of other dimensions is refused", async () => {
    using folder = new Folder();
    await using index = await open({ dimensions: 3, path: folder.path });
    await index.close();
    const says = `1 BAD_DIMENSIONS: two words makes vectors of 2 dimensions, ${folder.path} holds 3`;
    expect(await failureOf(["mcp", folder.path, "--embed", moduleOf(folder)])).toStartWith(says);
  });
});

test("a folder that another process has open is refused", async () => {
  using folder = new Folder();
  await using agent = await connected(folder.path);
  expect(await failureOf(["mcp", folder.path])).toStartWith("1 PATH_IN_USE: ");
  expect(await agent.use("list_spaces")).toEqual({ spaces: [] });
});
