/* What do the tests of the server share? A server over real HTTP on a free port, and clients of Qdrant as they are published. */
import { QdrantClient as Client18 } from "@qdrant/js-client-rest";
import type { Subprocess } from "bun";
import { QdrantClient as Client19 } from "qdrant-client-next";
import { openStore, type Store, type StoreOptions } from "../../src/index.ts";
import { createHandler, type HandlerOptions } from "../../src/server/server.ts";
import { PROGRAM } from "../cli/program.ts";

export class Serving implements AsyncDisposable {
  private constructor(
    readonly store: Store,
    private readonly server: ReturnType<typeof Bun.serve>,
  ) {}

  static async start(
    { path = null, ...options }: HandlerOptions & { path?: string | null } = {},
    storeOptions: StoreOptions = { workers: 0 },
  ): Promise<Serving> {
    const store = await openStore(path, storeOptions);
    const handler = createHandler(store, options);
    return new Serving(store, Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: handler }));
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** The client of 1.18, or as 1.19 removed some methods, that one. */
  client(version: 18 | 19 = 18, apiKey?: string): Client18 {
    const Client = version === 18 ? Client18 : (Client19 as unknown as typeof Client18);
    return new Client({ url: this.url, apiKey, checkCompatibility: false });
  }

  /** A request as it is written; the body as a text or as what becomes JSON. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isText = typeof body === "string";
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: body === undefined ? undefined : isText ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    // biome-ignore lint/suspicious/noExplicitAny: tests look at what comes
    const parsed: any = isJson ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, text, json: parsed, result: parsed?.result };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop(true);
    await this.store.close();
  }
}

/** `hnsw-workers serve` in a process of its own. */
export class Command implements AsyncDisposable {
  url = "";
  private out = "";

  private constructor(readonly job: Subprocess<"ignore", "pipe", "pipe">) {}

  /** Resolves once it says where it listens. */
  static async start(args: string[], env: Record<string, string> = {}): Promise<Command> {
    const command = [process.execPath, PROGRAM, "serve", ...args, "--port", "0"];
    const job = Bun.spawn(command, {
      ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe", env: { ...process.env, ...env } },
    });
    const server = new Command(job);
    void server.read();
    for (const end = Date.now() + 20_000; Date.now() < end; await Bun.sleep(5)) {
      const url = /listening at (\S+)\n/.exec(server.out)?.[1];
      if (url === undefined && job.exitCode === null) continue;
      if (url === undefined) break;
      server.url = url;
      return server;
    }
    throw new Error(`it did not start: ${server.out}${await job.stderr.text()}`);
  }

  private async read(): Promise<void> {
    for await (const piece of this.job.stdout.pipeThrough(new TextDecoderStream())) this.out += piece;
  }

  /** What it printed since it listens. */
  said(): string {
    return this.out.slice(this.out.indexOf("\n") + 1);
  }

  client(apiKey?: string): Client18 {
    return new Client18({ url: this.url, apiKey, checkCompatibility: false });
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    this.job.kill(signal);
    return await this.job.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

export { Client18, Client19 };
