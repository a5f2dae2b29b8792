/* Do the adapters of the packed package, and its command mcp, work over what the program has installed beside it? */
import { beforeAll, describe, expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { outputOf, run } from "../support/process.ts";
import { type Program, programs } from "./install.ts";
import { Project, packPackage, ROOT } from "./package.ts";
import { testWith } from "./test-with.ts";

/** Shared by the programs: a model that needs no key. `check` ends the program unless both are equal. */
const GIVEN = `
import { deepStrictEqual as check } from "node:assert";
import { Embeddings } from "@langchain/core/embeddings";
import { HnswError, open } from "hnsw-workers";
const vectorOf = (text) => ["apple", "fox", "e"].map((word) => text.split(word).length - 1);
class Counts extends Embeddings {
  embedQuery = async (text) => vectorOf(text);
  embedDocuments = async (texts) => texts.map(vectorOf);
}
const embeddings = new Counts({});
const codeOf = (call) => call().then(() => "none", (error) => (error instanceof HnswError ? error.code : String(error)));
`;

const PROGRAMS = {
  langchain: `
import { VectorStore } from "@langchain/core/vectorstores";
import { HnswVectorStore } from "hnsw-workers/langchain";
const index = await open({ dimensions: 3, workers: 0, fields: { kind: "keyword" } });
const texts = ["the red apple", "the quick fox"];
const metadata = [{ kind: "fruit" }, { kind: "animal" }];
const store = await HnswVectorStore.fromTexts(texts, metadata, embeddings, { index, space: "s" });
check(store instanceof VectorStore, true);
const [hit] = await store.asRetriever({ k: 1 }).invoke("an apple");
check([hit.pageContent, hit.metadata], ["the red apple", { kind: "fruit" }]);
const animals = await store.similaritySearch("an apple", 9, { kind: "animal" });
check(animals.map(({ pageContent }) => pageContent), ["the quick fox"]);
check(await codeOf(() => store.similaritySearch("an apple", 9, { colour: "red" })), "BAD_WHERE");
`,
  langgraph: `
import { BaseStore } from "@langchain/langgraph-checkpoint";
import { HnswStore } from "hnsw-workers/langgraph";
const index = await open({ dimensions: 3, workers: 0, fields: { "value.kind": "keyword" } });
const store = new HnswStore({ index, embeddings, fields: ["text"] });
check(store instanceof BaseStore, true);
await store.put(["users", "ann"], "1", { text: "likes apples", kind: "taste" });
await store.put(["users", "ann"], "2", { text: "keeps a fox", kind: "fact" });
check((await store.get(["users", "ann"], "1")).value.text, "likes apples");
const found = await store.search(["users"], { query: "apple" });
check(found.map(({ key }) => key), ["1", "2"]);
check((await store.search(["users"], { filter: { kind: "fact" } })).map(({ key }) => key), ["2"]);
check(await store.listNamespaces(), [["users", "ann"]]);
const puts = [{ namespace: ["n"], key: "k", value: { text: "a fox" } }, { namespace: ["m"], key: "", value: {} }];
check(await codeOf(() => store.batch(puts)), "BAD_KEY");
check(await store.listNamespaces(), [["users", "ann"]]);
check(await codeOf(() => store.search([], { filter: { colour: "red" } })), "BAD_WHERE");
`,
  mastra: `
import { MastraVector } from "@mastra/core/vector";
import { openStore } from "hnsw-workers";
import { HnswVector } from "hnsw-workers/mastra";
const index = await openStore(null, { workers: 0 });
const vector = new HnswVector({ id: "own", store: index, fields: { kind: "keyword" } });
check(vector instanceof MastraVector, true);
await vector.createIndex({ indexName: "docs", dimension: 3 });
const metadata = [{ kind: "fruit", page: 1 }, { kind: "animal", page: 2 }];
await vector.upsert({ indexName: "docs", vectors: ["an apple", "a fox"].map(vectorOf), ids: ["1", "2"], metadata });
const query = { indexName: "docs", queryVector: vectorOf("red apple") };
check((await vector.query(query)).map(({ id }) => id), ["1", "2"]);
check((await vector.query({ ...query, filter: { kind: "animal", page: { $gt: 1 } } })).map(({ id }) => id), ["2"]);
check(await codeOf(() => vector.query({ ...query, filter: { page: { $huh: 1 } } })), "BAD_WHERE");
`,
};

/** What a framework asks of Node, where that is more than the package does. */
const NODE: Record<string, string> = { mastra: ">=22.13" };

/** Its program, or why it can't run here. */
async function runtimeFor(entry: string, runtime: "bun" | "node"): Promise<Program> {
  const program = programs[runtime];
  const range = NODE[entry];
  if (runtime === "bun" || range === undefined || "missing" in program) return program;
  const version = (await outputOf([program.path, "--version"])).trim().slice(1);
  return Bun.semver.satisfies(version, range) ? program : { missing: `it needs Node ${range}, this one is ${version}` };
}

let unpacked: string;
beforeAll(async () => {
  ({ unpacked } = await packPackage());
});

for (const [entry, program] of Object.entries(PROGRAMS)) {
  describe(`hnsw-workers/${entry}`, async () => {
    for (const runtime of ["bun", "node"] as const) {
      testWith(await runtimeFor(entry, runtime), `in ${runtime}`, async (path) => {
        await using project = await Project.make(unpacked);
        for (const scope of ["@langchain", "@mastra"]) {
          await symlink(join(ROOT, "node_modules", scope), join(project.folder, "node_modules", scope));
        }
        const lines = `${GIVEN}${program}await index.close();\nconsole.log("done");\n`;
        await Bun.write(join(project.folder, "program.js"), lines);
        expect(await outputOf([path, "program.js"], { cwd: project.folder })).toBe("done\n");
      });
    }
  });
}

describe("hnsw-workers mcp", () => {
  const hello = {
    ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } },
  };

  test("serves until stdin ends", async () => {
    await using project = await Project.make(unpacked);
    await symlink(
      join(ROOT, "node_modules/@modelcontextprotocol"),
      `${project.folder}/node_modules/@modelcontextprotocol`,
    );
    const { code, out, err } = await program(project, JSON.stringify(hello));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({ id: 1, result: { serverInfo: { name: "hnsw-workers" } } });
  });

  test("says what it needs where that is not installed", async () => {
    await using project = await Project.make(unpacked);
    const { code, out, err } = await program(project, "");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toStartWith("UNSUPPORTED: `mcp` needs the package @modelcontextprotocol/sdk: `bun add ");
  });

  function program({ folder }: Project, line: string) {
    const main = join(folder, "node_modules/hnsw-workers/build/main.js");
    return run([process.execPath, main, "mcp", join(folder, "memory")], { stdin: Buffer.from(`${line}\n`) });
  }
});
