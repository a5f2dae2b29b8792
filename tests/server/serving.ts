/* What do the tests of the server share? A server over real HTTP on a free port, and clients of Qdrant as they are published. */
import { QdrantClient as Client18 } from "@qdrant/js-client-rest";
import { QdrantClient as Client19 } from "qdrant-client-next";
import { openStore, type Store, type StoreOptions } from "../../src/index.ts";
import { createHandler, type HandlerOptions } from "../../src/server/server.ts";

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

export { Client18, Client19 };
