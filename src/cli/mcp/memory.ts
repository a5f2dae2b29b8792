/* What do the tools of an agent do with an index? Each text is an entry with a document: its metadata, text and time. */
import { scoreOf } from "../../adapters/score.ts";
import type { Space } from "../../api/space.ts";
import type { VectorIndex } from "../../api/vector-index.ts";
import type { Where } from "../../documents/types.ts";
import { HnswError } from "../../errors.ts";
import { readArguments } from "./arguments.ts";
import type { Embedding } from "./embedding.ts";
import { DEFAULT_SPACE, TOOLS } from "./tools.ts";

/** The space in which a folder says which embedding its vectors are of. */
export const ABOUT = "hnsw-workers/mcp";
const DEFAULT_LIMIT = 5;

type Arguments = Map<string, unknown>;
type Document = Record<string, unknown>;

export class Memory {
  private readonly calls: Record<string, (args: Arguments) => Promise<Record<string, unknown>>> = {
    remember: (args) => this.remember(args),
    recall: (args) => this.recall(args),
    forget: (args) => this.forget(args),
    list_spaces: async () => ({ spaces: this.spaces() }),
  };

  private constructor(
    private readonly index: VectorIndex,
    private readonly embedding: Embedding,
  ) {}

  /** Rejects with BAD_OPTION when the vectors of the index are those of another embedding, or may be. */
  static async of(index: VectorIndex, embedding: Embedding, chosen: boolean): Promise<Memory> {
    const about = index.space<string>(ABOUT);
    const known = (await about.get("embedding", { include: ["metadata"] }))?.metadata as { name: string } | undefined;
    if (known !== undefined && known.name !== embedding.name) {
      const message = `The vectors of this folder were made by ${known.name}, and can't be compared with those of`;
      throw new HnswError("BAD_OPTION", `${message} ${embedding.name}: give its module by --embed, or another PATH.`);
    }
    if (known === undefined && !chosen && index.spaces().length > 0) {
      const message = "The vectors of this folder came by another way, and texts need vectors of the same model";
      throw new HnswError("BAD_OPTION", `${message}: give its module by --embed, or another PATH.`);
    }
    if (known === undefined) await about.add("embedding", null, { name: embedding.name });
    return new Memory(index, embedding);
  }

  /** Null: there is no such tool. Rejects with HnswError. */
  async call(tool: string, given: unknown): Promise<Record<string, unknown> | null> {
    const schema = TOOLS.find(({ name }) => name === tool)?.inputSchema;
    return schema === undefined ? null : await this.calls[tool]!(readArguments(schema, given));
  }

  private async remember(args: Arguments) {
    const space = this.spaceOf(args);
    const text = args.get("text") as string;
    const key = (args.get("key") as string | undefined) ?? crypto.randomUUID();
    const metadata = (args.get("metadata") ?? {}) as Document;
    for (const name of ["text", "rememberedAt"]) {
      if (!Object.hasOwn(metadata, name)) continue;
      throw new HnswError("BAD_METADATA", `The metadata must not have a property "${name}": the server keeps its own.`);
    }
    const seconds = args.get("expiresInSeconds") as number | undefined;
    const now = Date.now();
    const expiresAt = seconds === undefined ? undefined : Math.ceil(now + 1000 * seconds);
    const document = { ...metadata, text, rememberedAt: new Date(now).toISOString() };
    await space.add(key, await this.vectorOf(text, args), document, { expiresAt });
    return { space: space.name, key };
  }

  private async recall(args: Arguments) {
    const space = this.spaceOf(args);
    const query = args.get("query") as string | undefined;
    if ((query === undefined) === !args.has("vector")) {
      throw new HnswError("BAD_OPTION", "Give either `query` or `vector`.");
    }
    const k = (args.get("limit") as number | undefined) ?? DEFAULT_LIMIT;
    const where = args.get("where") as Where | undefined;
    const vector = await this.vectorOf(query ?? "", args);
    const hits = await space.search(vector, { k, where, include: ["metadata"] });
    return {
      hits: hits.map(({ key, distance, metadata }) => {
        const { text, ...rest } = (metadata ?? {}) as Document;
        const score = scoreOf(this.index.options.metric, distance);
        return { key: String(key), score, ...(typeof text === "string" ? { text } : {}), metadata: rest };
      }),
    };
  }

  private async forget(args: Arguments) {
    const space = this.spaceOf(args);
    const [keys, where, all] = [args.get("keys"), args.get("where"), args.get("all")];
    if ([keys, where, all].filter((one) => one !== undefined).length !== 1 || all === false) {
      throw new HnswError("BAD_OPTION", "Give one of `keys`, `where` and `all: true`.");
    }
    if (keys !== undefined) return { forgotten: await space.deleteMany([...new Set(keys as string[])]) };
    if (where !== undefined) return { forgotten: await space.deleteWhere(where as Where) };
    const { size } = space;
    await this.index.dropSpace(space.name);
    return { forgotten: size };
  }

  private spaces() {
    const names = this.index.spaces().filter((name) => name !== ABOUT);
    return names.sort().map((name) => ({ name, size: this.index.space(name).size }));
  }

  private spaceOf(args: Arguments): Space<string> {
    const name = (args.get("space") as string | undefined) ?? DEFAULT_SPACE;
    if (name === ABOUT) throw new HnswError("BAD_SPACE", `The space "${ABOUT}" is the server's own.`);
    return this.index.space<string>(name);
  }

  private async vectorOf(text: string, args: Arguments): Promise<number[]> {
    const given = args.get("vector") as number[] | undefined;
    if (given !== undefined) return given;
    return Array.from(await this.embedding.embed(text, this.index.options.dimensions));
  }
}
