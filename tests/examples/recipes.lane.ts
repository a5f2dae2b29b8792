/* Do the recipes whose programs do not end, or that ask another server, do what their text says? */
import { afterAll, expect, test } from "bun:test";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { outputOf } from "../support/process.ts";
import { Project } from "./project.ts";

const project = new Project("docs/RECIPES.md");
const used = new Set<string>();

afterAll(() => project[Symbol.dispose]());

/** A file of a section. */
function fileOf(section: string, file: string): string {
  const block = project.blocks.find((block) => block.section === section && block.file === file);
  if (block === undefined) throw new Error(`"${section}" has no file ${file}`);
  used.add(`${section}/${file}`);
  return project.pathOf(block);
}

async function freePort(): Promise<string> {
  await using server = Bun.serve({ port: 0, fetch: () => new Response() });
  return String(server.port);
}

interface Running extends AsyncDisposable {
  url: string;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** As `docker stop` ends it; resolves to its exit code. */
  end(): Promise<number>;
}

/** Starts a program that serves, and waits until it does. */
async function serving(section: string, file: string, flags: string[] = []): Promise<Running> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const command = [process.execPath, ...flags, fileOf(section, file)];
  const env = { PORT: port, VECTORS: "./vectors", FOLDER: "./vectors" };
  const job = Bun.spawn(command, { ...project.surroundings(section, env), stdout: "ignore", stderr: "pipe" });
  const call: Running["call"] = async (method, path, body) => {
    const request = { method, body: body === undefined ? undefined : JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, request);
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  const end = async () => {
    job.kill("SIGTERM");
    return await job.exited;
  };
  for (;;) {
    if (job.exitCode !== null) throw new Error(`${file} ended: ${await job.stderr.text()}`);
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      break;
    await Bun.sleep(20);
  }
  return { url, call, end, [Symbol.asyncDispose]: async () => void (await end()) };
}

const keysOf = (hits: unknown) => (hits as { key: string }[]).map(({ key }) => key);

test("a server keeps tenants apart, refuses by code, and keeps what it took", async () => {
  const section = "a-bun-server-with-many-tenants";
  {
    await using server = await serving(section, "server.ts");
    expect((await server.call("PUT", "/tenants/acme/vectors/red", [1, 0, 0])).status).toBe(204);
    expect((await server.call("PUT", "/tenants/acme/vectors/green", [0, 1, 0])).status).toBe(204);
    expect(keysOf((await server.call("POST", "/tenants/acme/search", [1, 0, 0])).body)).toEqual(["red", "green"]);
    expect((await server.call("POST", "/tenants/other/search", [1, 0, 0])).body).toEqual([]);
    const refused = await server.call("PUT", "/tenants/acme/vectors/up", [1]);
    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_DIMENSIONS" } });
    const malformed = { method: "PUT", body: "[1, 0" };
    expect((await fetch(`${server.url}/tenants/acme/vectors/red`, malformed)).status).toBe(400);
    expect((await server.call("DELETE", "/tenants/acme/vectors/green")).status).toBe(204);
    expect((await server.call("DELETE", "/tenants/acme/vectors/green")).status).toBe(404);
    expect(await server.end()).toBe(0);
  }
  await using server = await serving(section, "server.ts");
  expect(keysOf((await server.call("POST", "/tenants/acme/search", [1, 0, 0])).body)).toEqual(["red"]);
  expect((await server.call("DELETE", "/tenants/acme")).status).toBe(204);
  expect((await server.call("DELETE", "/tenants/acme")).status).toBe(404);
  const folder = join(project.surroundings(section).cwd, "vectors");
  renameSync(folder, `${folder}-moved`);
  // The op that meets the loss may be accepted, as JOURNAL_UNCERTAIN; the next one is refused.
  expect((await server.call("PUT", "/tenants/acme/vectors/red", [1, 0, 0])).status).toBe(503);
  const lost = await server.call("PUT", "/tenants/acme/vectors/red", [1, 0, 0]);
  expect(lost).toMatchObject({ status: 503, body: { code: "PATH_LOST" } });
  renameSync(`${folder}-moved`, folder);
});

test("what is written on one thread of a server is found on all", async () => {
  await using server = await serving("one-server-on-several-threads", "main.ts");
  fileOf("one-server-on-several-threads", "http.ts");
  for (let i = 0; i < 10; i++) await server.call("PUT", `/vectors/${i}`, [1, i, 0]);
  for (let i = 0; i < 10; i++) {
    const { body } = await server.call("POST", "/search", [1, i, 0]);
    expect(keysOf(body)[0]).toBe(String(i));
  }
});

test.each(["at first", "after it was killed"])(
  "other processes ask the owner of a folder, or search a copy, %s",
  async () => {
    const section = "several-processes";
    const surroundings = project.surroundings(section);
    const owner = Bun.spawn([process.execPath, fileOf(section, "owner.ts")], { ...surroundings, stdout: "pipe" });
    const { value } = await owner.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("ready\n");
    for (const file of ["other.ts", "copy.ts"]) {
      const hits = await outputOf([process.execPath, fileOf(section, file)], surroundings);
      expect(keysOf(JSON.parse(hits))).toEqual(["red"]);
    }
    owner.kill("SIGKILL");
    await owner.exited;
  },
);

test.each(["--hot", "--watch"])("what was added before a change is found after it, with %s", async (flag) => {
  const path = fileOf("bun---hot", "hot.ts");
  const [before, after] = flag === "--hot" ? ["/search", "/find"] : ["/find", "/look"];
  await using server = await serving("bun---hot", "hot.ts", [flag]);
  await server.call("PUT", `/vectors/${flag}`, [1, 0, 0]);
  writeFileSync(path, readFileSync(path, "utf8").replace(before, after));
  let found = await server.call("POST", after, [1, 0, 0]).catch(() => null);
  while (found?.status !== 200) {
    await Bun.sleep(20);
    found = await server.call("POST", after, [1, 0, 0]).catch(() => null);
  }
  expect(keysOf(found.body)).toContain(flag);
});

test("a container's server ends with its work on the disk", async () => {
  {
    await using server = await serving("docker-and-volumes", "server.js");
    await server.call("PUT", "/vectors/red", [1, 0, 0]);
    expect(await server.end()).toBe(0);
  }
  await using server = await serving("docker-and-volumes", "server.js");
  expect(keysOf((await server.call("POST", "/search", [1, 0, 0])).body)).toEqual(["red"]);
});

test("the server that is to be one file serves", async () => {
  await using server = await serving("a-server-in-one-file", "server.js");
  await server.call("PUT", "/red", [1, 0, 0]);
  expect(keysOf((await server.call("POST", "/", [1, 0, 0])).body)).toEqual(["red"]);
});

/** Imports what a script prints from a server that speaks like another product, and exports it again. */
async function moved(section: string, script: string, server: { url: URL }, metric: string): Promise<string[]> {
  const from = `bun '${fileOf(section, script)}' ${server.url.origin} articles`;
  const into = `hnsw-workers import ./vectors - --space articles --dimensions 2 --metric ${metric} > report`;
  const command = `${from} | ${into} && hnsw-workers export ./vectors --space articles`;
  const lines = await outputOf(["bash", "-euo", "pipefail", "-c", command], project.surroundings(section));
  return lines.trimEnd().split("\n");
}

test("a collection of Chroma comes over, page by page", async () => {
  const vectors = Array.from({ length: 1500 }, (_, i) => [i, 1]);
  const collections = "/api/v2/tenants/default_tenant/databases/default_database/collections";
  await using chroma = Bun.serve({
    port: 0,
    routes: {
      [`${collections}/articles`]: () => Response.json({ id: "1fec91cc", name: "articles" }),
      [`${collections}/1fec91cc/get`]: {
        POST: async (request: Request) => {
          const { limit, offset, include } = (await request.json()) as Record<string, number>;
          expect(include as unknown).toEqual(["embeddings"]);
          const embeddings = vectors.slice(offset, offset! + limit!);
          return Response.json({ ids: embeddings.map(([i]) => `doc-${i}`), embeddings, documents: null });
        },
      },
    },
  });
  const lines = await moved("coming-from-chroma", "chroma.ts", chroma, "l2");
  expect(lines).toHaveLength(1500);
  expect(lines[1234]).toBe('{"key":"doc-1234","vector":[1234,1]}');
});

test("every file of a recipe runs here, or is imported by a block that does", () => {
  const sources = project.blocks.map(({ section, code }) => ({ section, code }));
  const unused = project.blocks.filter(({ section, file }) => {
    if (file === undefined || used.has(`${section}/${file}`)) return false;
    return !sources.some((source) => source.section === section && source.code.includes(`"./${file}"`));
  });
  expect(unused.map(({ section, file }) => `${section}/${file}`)).toEqual([]);
});
