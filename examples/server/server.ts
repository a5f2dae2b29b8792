/*
 * How does a Bun service keep what many tenants remember, and find it again? One index in a folder, a space per tenant, and
 * notes as documents beside the vectors.
 *
 *   PUT     /tenants/:tenant/notes/:key   { "vector": […], "note": { … }, "expiresAt"?: ms }
 *   PATCH   /tenants/:tenant/notes/:key   properties that change; null stays, what is not named stays
 *   GET     /tenants/:tenant/notes/:key
 *   DELETE  /tenants/:tenant/notes/:key
 *   POST    /tenants/:tenant/notes        { "keys": […], "vectors": [[…], …], "notes": [{ … }, …] }
 *   GET     /tenants/:tenant/notes        ?where=…&orderBy=…&descending=true&limit=…&after=…: a page, and `next` for the one after
 *   DELETE  /tenants/:tenant/notes        ?where=…: all that match
 *   POST    /tenants/:tenant/search       { "vector": […], "k"?, "where"? }
 *   GET     /tenants/:tenant/tags         ?where=…: how many notes have each tag
 *   DELETE  /tenants/:tenant
 *   GET     /stats
 *
 * A `where` comes from the client as it is: an unknown field or operator, and one that is too large, is refused by the index.
 */
import { HnswError, type HnswErrorCode, open, type Where } from "../../src/index.ts"; // in your project: from "hnsw-workers"

export interface Note {
  text: string;
  tags?: string[];
  author: { id: string };
  createdAt: number;
}

const FIELDS = { tags: "keyword", "author.id": "keyword", createdAt: "date" } as const;
const LARGEST_BODY = 8 * 2 ** 20;
const MOST_HITS = 100;

/** Refusals that are no mistake of the caller's. */
const STATUS: Partial<Record<HnswErrorCode, number>> = {
  ...{ OUT_OF_MEMORY: 507, TIMEOUT: 503, CLOSED: 503, SPACE_DROPPED: 409 },
  ...{ JOURNAL_FAILED: 503, JOURNAL_UNCERTAIN: 503, PATH_LOST: 503, INTERNAL: 500, DAMAGED: 500 },
};

/** What a request says that no index is asked about. */
class BadRequest extends Error {}

/** Starts the service; `stop` ends it, once what it accepted is on the disk. */
export async function serve(options: { dimensions: number; path: string; port: number }) {
  const { dimensions, path, port } = options;
  const index = await open<Note>({ dimensions, path, fields: FIELDS, metadata: "required" });
  const notesOf = ({ params }: { params: { tenant: string } }) => index.space<string>(params.tenant);

  const server = Bun.serve({
    port,
    maxRequestBodySize: LARGEST_BODY,
    routes: {
      "/tenants/:tenant/notes/:key": {
        PUT: async (request) => {
          const { vector, note, expiresAt } = await bodyOf(request);
          await notesOf(request).add(request.params.key, vector as number[], checked(note), {
            expiresAt: expiresAt as number,
          });
          return done(true);
        },
        PATCH: async (request) => {
          const patch = await bodyOf(request);
          const { key } = request.params;
          const notes = notesOf(request);
          const known = await notes.get(key, { include: ["metadata"] });
          if (known === undefined) return done(false);
          checked({ ...known.metadata, ...patch });
          return done(await notes.update(key, patch));
        },
        GET: async (request) => {
          const found = await notesOf(request).get(request.params.key, { include: ["metadata", "expiresAt"] });
          return found === undefined ? done(false) : Response.json(found);
        },
        DELETE: async (request) => done(await notesOf(request).delete(request.params.key)),
      },
      "/tenants/:tenant/notes": {
        POST: async (request) => {
          const { keys, vectors, notes } = await bodyOf(request);
          if (!Array.isArray(keys) || !Array.isArray(notes)) throw new BadRequest("`keys` and `notes` must be lists");
          await notesOf(request).addMany(keys, vectors as number[][], notes.map(checked));
          return Response.json({ accepted: keys.length });
        },
        GET: async (request) => {
          const asked = new URL(request.url).searchParams;
          const page = await notesOf(request).page({
            where: whereIn(asked),
            orderBy: (asked.get("orderBy") ?? undefined) as "createdAt" | undefined,
            descending: asked.get("descending") === "true",
            limit: asked.has("limit") ? Number(asked.get("limit")) : 50,
            after: asked.get("after"),
            include: ["metadata"],
          });
          return Response.json(page);
        },
        DELETE: async (request) => {
          const where = whereIn(new URL(request.url).searchParams);
          if (where === undefined) throw new BadRequest("`where` must say which notes; {} stands for all");
          return Response.json({ deleted: await notesOf(request).deleteWhere(where) });
        },
      },
      "/tenants/:tenant/search": {
        POST: async (request) => {
          const { vector, k = 10, where } = await bodyOf(request);
          if (Number(k) > MOST_HITS) throw new BadRequest(`\`k\` must be at most ${MOST_HITS}`);
          const include = ["metadata"] as const;
          const search = { k: k as number, where: where as Where<Note>, include };
          return Response.json(await notesOf(request).search(vector as number[], search));
        },
      },
      "/tenants/:tenant/tags": {
        GET: async (request) => {
          const where = whereIn(new URL(request.url).searchParams);
          return Response.json(await notesOf(request).facets("tags", { where, limit: 20 }));
        },
      },
      "/tenants/:tenant": {
        DELETE: async (request) => done(await index.dropSpace(request.params.tenant)),
      },
      "/stats": {
        GET: () => Response.json(index.stats()),
      },
    },
    fetch: () => Response.json({ code: "NOT_FOUND", message: "there is no such route" }, { status: 404 }),
    // Every refusal has a stable code: 400 for the caller's mistakes, unless STATUS says otherwise.
    error(error) {
      if (error instanceof BadRequest) return refusal("BAD_REQUEST", error.message, 400);
      if (error instanceof HnswError) return refusal(error.code, error.message, STATUS[error.code] ?? 400);
      console.error(error);
      return refusal("INTERNAL", "internal error", 500);
    },
  });

  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await index.close();
    },
  };
}

function refusal(code: string, message: string, status: number): Response {
  return Response.json({ code, message }, { status });
}

function done(wasThere: boolean): Response {
  return new Response(null, { status: wasThere ? 204 : 404 });
}

async function bodyOf(request: Request): Promise<Record<string, unknown>> {
  const body: unknown = await request.json().catch(() => null);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new BadRequest("the body must be an object in JSON");
}

/** The index checks what its fields need; that a note has them is for us to say. */
function checked(note: unknown): Note {
  const { text, author, createdAt } = (note ?? {}) as Partial<Note>;
  if (typeof text === "string" && typeof author?.id === "string" && typeof createdAt === "number") return note as Note;
  throw new BadRequest("a note needs `text`, `author.id` and `createdAt`");
}

function whereIn(asked: URLSearchParams): Where<Note> | undefined {
  const where = asked.get("where");
  if (where === null) return undefined;
  try {
    return JSON.parse(where);
  } catch {
    throw new BadRequest("`where` must be JSON");
  }
}

if (import.meta.main) {
  const { url, stop } = await serve({ dimensions: 384, path: process.env.NOTES ?? "./notes", port: 3000 });
  console.log(`listening at ${url}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
}
