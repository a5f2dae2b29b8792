/* How does a request reach the server, and what does its response mean? By `fetch`, on every runtime. */
import { HnswError, type HnswErrorCode } from "../errors.ts";

export interface ConnectOptions {
  /** A key of the server, or a token. */
  apiKey?: string | undefined;
  /** Sent with each request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** How often a request that the server is too busy for (429) is sent again, when it says to: 0 to 100. Default 4. */
  retries?: number | undefined;
  /** Default: that of the runtime. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

type RequestInit = NonNullable<Parameters<typeof fetch>[1]>;
/** @internal */
export type Query = Record<string, string | undefined>;

const LONGEST_WAIT_MS = 30_000;

/** @internal */
export class Connection {
  constructor(
    private readonly url: string,
    private readonly options: Required<Pick<ConnectOptions, "fetch" | "retries">> & { headers: Record<string, string> },
  ) {}

  /** What the server returns as `result`. Rejects with what it refuses with. */
  async call(method: string, path: string, body?: object, query?: Query): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.send(method, path, query, text, "application/json");
    const parsed = (await response.json().catch((cause: unknown) => {
      throw failed("The server's response was cut off, or is not JSON.", cause);
    })) as { result: unknown };
    return parsed.result;
  }

  /** A response that is read as it comes. */
  async send(
    method: string,
    path: string,
    query: Query = {},
    body?: RequestInit["body"],
    type?: string,
  ): Promise<Response> {
    const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
    const search = given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
    const headers = {
      ...this.options.headers,
      ...(body === undefined || type === undefined ? {} : { "content-type": type }),
    };
    for (let tries = 0; ; tries++) {
      let response: Response;
      try {
        const { fetch } = this.options;
        response = await fetch(`${this.url}${path}${search}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body }),
        });
      } catch (cause) {
        throw failed("The server could not be reached, or the connection broke.", cause);
      }
      if (response.ok) return response;
      const refusal = await refusalIn(response);
      if (response.status !== 429 || tries >= (this.options.retries ?? 0)) throw refusal;
      await waited(response.headers.get("retry-after"));
    }
  }
}

async function waited(after: string | null): Promise<void> {
  const seconds = Number(after ?? 1);
  const ms = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, LONGEST_WAIT_MS) : 1000;
  await new Promise<void>((resolve) => void setTimeout(resolve, ms));
}

/** What the index itself has refused with has the index's code. */
async function refusalIn(response: Response): Promise<HnswError> {
  const text = await response.text().catch(() => "");
  let status: { error?: string; code?: HnswErrorCode } = {};
  try {
    status = (JSON.parse(text) as { status?: typeof status }).status ?? {};
  } catch {
    // It is not this server that refused.
  }
  const message = status.error ?? `The server returned ${response.status}.`;
  return new HnswError(status.code ?? "REMOTE_REFUSED", message, { cause: { status: response.status } });
}

/** @internal */
export function failed(message: string, cause: unknown): HnswError {
  return new HnswError("REMOTE_FAILED", `${message} What was sent may have been done.`, { cause });
}
