/* How is an index a `BaseStore` of LangGraph, the long-term memory of agents? Each namespace is a space. */
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import {
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type MatchCondition,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from "@langchain/langgraph-checkpoint";
import { HnswError, type Space, type VectorIndex, type Where } from "../index.ts";
import { itemOf, type Stored, storedOf } from "./langgraph-item.ts";
import { type Addition, add, rehearse } from "./rehearsal.ts";
import { scoreOf } from "./score.ts";
import { stepsOf, textsAt } from "./texts.ts";

/** Which index a store uses, and how. */
export interface HnswStoreConfig {
  /** Open for as long as the store is used; its `fields` "value.NAME" are what filters know. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever its documents look like, the store's are among them
  index: VectorIndex<any>;
  /** Without it, items have no vectors, and a search by text is refused. */
  embeddings?: EmbeddingsInterface;
  /** Paths of the texts that are embedded, together, unless `put` says otherwise; the whole value by default. */
  fields?: readonly string[];
}

const METADATA = { include: ["metadata"] as "metadata"[] };

/** An index as a LangGraph store. Refusals are `HnswError`s of the index's calls. */
export class HnswStore extends BaseStore {
  private readonly index: VectorIndex;
  private readonly embeddings: EmbeddingsInterface | undefined;
  private readonly fields: readonly string[];

  constructor({ index, embeddings, fields = ["$"] }: HnswStoreConfig) {
    super();
    for (const path of fields) stepsOf(path);
    this.index = index;
    this.embeddings = embeddings;
    this.fields = fields;
  }

  /**
   * All reads see what was there before the call; of several puts of a key the last counts. What is wrong with any
   * operation is found before the first put is done.
   */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const puts = new Map<string, PutOperation>();
    const reads = operations.map((operation) => {
      if ("namespacePrefix" in operation) return () => this.found(operation);
      if ("value" in operation) {
        puts.set(JSON.stringify([operation.namespace, operation.key]), operation);
        return () => undefined;
      }
      if ("key" in operation) return () => this.item(operation);
      return () => this.listed(operation);
    });
    const results = await Promise.all(reads.map((read) => read()));
    if (puts.size > 0) await this.putAll([...puts.values()]);
    return results as OperationResults<Op>;
  }

  private async item({ namespace, key }: GetOperation): Promise<Item | null> {
    const entry = await this.spaceOf(namespace).get(key, METADATA);
    return entry === undefined ? null : itemOf(namespace, entry);
  }

  private async found({ namespacePrefix, filter, limit = 10, offset = 0, query }: SearchOperation) {
    for (const count of [limit, offset]) {
      if (Number.isSafeInteger(count) && count >= 0) continue;
      throw new HnswError("BAD_OPTION", "`limit` and `offset` must be integers from 0 up.");
    }
    const where = whereOf(filter);
    const matches = (namespace: string[]) => namespacePrefix.every((label, i) => namespace[i] === label);
    const namespaces = this.namespaces().filter(matches);
    if (namespaces.length === 0 || limit === 0) return [];
    if (query !== undefined) return this.nearest(namespaces, query, where, offset, limit);
    const items: SearchItem[] = [];
    let skipped = 0;
    for (const namespace of namespaces) {
      for await (const entry of this.spaceOf(namespace).entries({ where, ...METADATA })) {
        if (skipped++ < offset) continue;
        if (items.push(itemOf(namespace, entry)) === limit) return items;
      }
    }
    return items;
  }

  private async nearest(namespaces: string[][], query: string, where: Where, offset: number, limit: number) {
    if (this.embeddings === undefined) {
      throw new HnswError("BAD_OPTION", "A search by text needs a store that was made with `embeddings`.");
    }
    const vector = await this.embeddings.embedQuery(query);
    const spaces = namespaces.map(nameOf);
    const hits = await this.index.search(vector, { spaces, k: offset + limit, where, ...METADATA });
    return hits.slice(offset).map((hit): SearchItem => {
      const score = scoreOf(this.index.options.metric, hit.distance);
      return { ...itemOf(namespaceOf(hit.space)!, hit), score };
    });
  }

  private async putAll(puts: PutOperation[]): Promise<void> {
    const before = await Promise.all(puts.map((put) => this.before(put)));
    const vectors = await this.vectorsOf(puts);
    const fields = Object.keys(this.index.fields);
    const additions = new Map<string, Addition>();
    for (const [i, { namespace, key, value }] of puts.entries()) {
      if (namespace.length === 0) throw new HnswError("BAD_SPACE", "An item needs a namespace of at least one label.");
      if (value === null) continue;
      const updatedAt = Date.now();
      const document = storedOf(value, fields, before[i]?.createdAt.getTime() ?? updatedAt, updatedAt);
      gather(additions, nameOf(namespace), key, vectors[i]!, document);
    }
    // One `addMany` is done as a whole or not at all.
    if (additions.size > 1) await rehearse(this.index, [...additions.values()]);
    const deletions = puts.filter(({ value }) => value === null);
    await Promise.all([
      ...Array.from(additions.values(), (addition) => add(this.index, addition)),
      ...deletions.map(({ namespace, key }) => this.spaceOf(namespace).delete(key)),
    ]);
  }

  /** What a put replaces. Of one that deletes only namespace and key are looked at, whatever is there. */
  private async before({ namespace, key, value }: PutOperation): Promise<Item | null> {
    if (value !== null) return this.item({ namespace, key });
    await this.spaceOf(namespace).has(key);
    return null;
  }

  /** Null: an item that is deleted, or has no text. */
  private async vectorsOf(puts: PutOperation[]): Promise<(number[] | null)[]> {
    const texts = puts.map(({ value, index = this.fields }) => {
      if (value === null || index === false || this.embeddings === undefined) return null;
      return textsAt(value, index).join("\n") || null;
    });
    const given = texts.filter((text) => text !== null);
    const vectors = given.length > 0 ? await this.embeddings!.embedDocuments(given) : [];
    let next = 0;
    return texts.map((text) => (text === null ? null : vectors[next++]!));
  }

  private listed({ matchConditions = [], maxDepth, limit, offset }: ListNamespacesOperation): string[][] {
    const matching = this.namespaces().filter((namespace) => matchConditions.every((one) => isMatch(namespace, one)));
    const cut = new Map(matching.map((namespace) => namespace.slice(0, maxDepth)).map((one) => [nameOf(one), one]));
    return [...cut.values()].slice(offset, offset + limit);
  }

  /** In the order of their labels. Spaces that are no namespaces are somebody else's. */
  private namespaces(): string[][] {
    const namespaces = this.index.spaces().map(namespaceOf);
    const found = namespaces.filter((namespace) => namespace !== null);
    const order = new Map(found.map((namespace) => [namespace, namespace.join("\0")]));
    return found.sort((a, b) => (order.get(a)! < order.get(b)! ? -1 : 1));
  }

  private spaceOf(namespace: string[]): Space<string> {
    if (!isNamespace(namespace)) throw new HnswError("BAD_SPACE", "A namespace must be an array of texts, none empty.");
    return this.index.space<string>(nameOf(namespace));
  }
}

/** JSON, so that labels may hold any separator: `["users","42"]`. */
const nameOf = (namespace: string[]) => JSON.stringify(namespace);

const isNamespace = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((label) => typeof label === "string" && label !== "");

function namespaceOf(space: string): string[] | null {
  if (!space.startsWith("[")) return null;
  try {
    const value: unknown = JSON.parse(space);
    return isNamespace(value) && value.length > 0 && nameOf(value) === space ? value : null;
  } catch {
    return null;
  }
}

/** Entries with vectors and entries without are added by calls of their own. */
function gather(
  additions: Map<string, Addition>,
  space: string,
  key: string,
  vector: number[] | null,
  document: Stored,
): void {
  const name = `${vector === null} ${space}`;
  const addition = additions.get(name) ?? { space, keys: [], vectors: vector && [], documents: [] };
  additions.set(name, addition);
  addition.keys.push(key);
  addition.documents.push(document);
  if (vector !== null) addition.vectors!.push(vector);
}

/** `{ kind: "fact" }` is `{ "value.kind": "fact" }`; a field that the index does not know is refused there. */
function whereOf(filter: Record<string, unknown> = {}): Where {
  const properties = Object.entries(filter).map(([name, condition]) => [`value.${name}`, condition]);
  return Object.fromEntries(properties) as Where;
}

function isMatch(namespace: string[], { matchType, path }: MatchCondition): boolean {
  const start = matchType === "prefix" ? 0 : namespace.length - path.length;
  if (path.length > namespace.length) return false;
  return path.every((label, i) => label === "*" || label === namespace[start + i]);
}
