/* The collections of a server: which are there, and how does one come and go? */
import type { Fields } from "../documents/types.ts";
import { HnswError } from "../errors.ts";
import type { AliasChange } from "../store/catalog.ts";
import type { CollectionInfo, CollectionOptions } from "../store/store.ts";
import { Connection, type ConnectOptions } from "./connection.ts";
import { RemoteIndex } from "./remote-index.ts";

export interface RemoteCollectionOptions extends CollectionOptions {
  /** The properties of documents that a `where` knows. */
  fields?: Fields | undefined;
}

/**
 * The store of a server, at a URL such as "http://127.0.0.1:6333". Sends nothing. Every method of what it leads to may reject with
 * what the index of the server rejects with, with REMOTE_REFUSED (the key, the rate, a limit; `cause.status` says which) or with
 * REMOTE_FAILED. Throws BAD_OPTION.
 */
export function connect(url: string, options: ConnectOptions = {}): RemoteStore {
  const isUrl = typeof url === "string" && /^https?:\/\/[^/?#]+/.test(url);
  if (!isUrl) throw new HnswError("BAD_OPTION", "`url` must be such as http://127.0.0.1:6333.");
  const { apiKey, headers = {}, retries = 4, fetch: own = fetch } = options;
  if (!Number.isInteger(retries) || retries < 0 || retries > 100) {
    throw new HnswError("BAD_OPTION", "`retries` must be an integer from 0 to 100.");
  }
  return new RemoteStore(
    new Connection(url.replace(/\/+$/, ""), {
      ...{ retries, fetch: (url, init) => own(url, init) },
      headers: { ...headers, ...(apiKey === undefined ? {} : { "api-key": apiKey }) },
    }),
  );
}

/** The store of a server, with the face of `Store`. Make it with `connect`. */
export class RemoteStore {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** The collections that the key may read, by name. */
  async list(): Promise<CollectionInfo[]> {
    return (await this.connection.call("GET", "/v1/collections")) as CollectionInfo[];
  }

  async info(nameOrAlias: string): Promise<CollectionInfo> {
    const found = await this.connection.call("GET", `/v1/collections/${encodeURIComponent(nameOrAlias)}`);
    const { fields: _, ...info } = found as CollectionInfo & { fields: unknown };
    return info;
  }

  async create(name: string, options: RemoteCollectionOptions): Promise<void> {
    await this.connection.call("PUT", `/v1/collections/${encodeURIComponent(name)}`, options);
  }

  /** Sends a request for the shape of the collection. */
  async open<M = unknown, Absent extends undefined = undefined>(nameOrAlias: string): Promise<RemoteIndex<M, Absent>> {
    const { name, dimensions, metric } = await this.info(nameOrAlias);
    return new RemoteIndex(name, dimensions, metric, this.connection);
  }

  async drop(name: string): Promise<boolean> {
    return (await this.connection.call("DELETE", `/collections/${encodeURIComponent(name)}`)) as boolean;
  }

  async alias(changes: readonly AliasChange[]): Promise<void> {
    const actions = changes.map(({ alias, to }) =>
      to === null
        ? { delete_alias: { alias_name: alias } }
        : { create_alias: { alias_name: alias, collection_name: to } },
    );
    await this.connection.call("POST", "/collections/aliases", { actions });
  }
}
