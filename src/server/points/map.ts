/* How do the points of a collection lie, seen from afar? A sample of them, each with its place and the value of a field. */
import { inSlices } from "../../runtime/event-loop.ts";
import type { Value } from "../wire/json.ts";
import { badFormat } from "../wire/refusals.ts";
import type { Collection } from "./collection.ts";
import { payloadOf } from "./documents.ts";
import { readPath, valuesAt } from "./paths.ts";
import { project } from "./projection.ts";

const MOST_SAMPLE = 20_000;
/** Of all vectors that are held at a time: 64 MiB. */
const MOST_NUMBERS = 2 ** 24;

export interface Asked {
  sample?: number | undefined;
  field?: string | undefined;
}

export async function mapOf(collection: Collection, { sample = 2000, field }: Asked) {
  if (sample < 1) throw badFormat("`sample` must be 1 or more");
  const path = field === undefined ? null : readPath(field);
  const most = Math.min(sample, MOST_SAMPLE, Math.max(1, Math.floor(MOST_NUMBERS / collection.size)));
  return await collection.read(undefined, async (points) => {
    const all = await points.keys();
    const every = Math.max(1, Math.ceil(all.length / most));
    const keys = all.filter((_, i) => i % every === 0);
    const found = await points.getMany(keys, path === null ? ["vector"] : ["vector", "metadata"]);
    const entries = found.filter((entry) => entry?.vector !== undefined);
    const places = await inSlices(project(entries.map((entry) => entry!.vector as Float32Array)));
    const coloured = (metadata: unknown): Value | undefined => {
      const values = path === null ? [] : valuesAt(payloadOf(metadata), path).flat();
      return values.find((value) => value !== null && typeof value !== "object");
    };
    return entries.map((entry, i) => {
      return { id: entry!.key, ...places[i]!, value: coloured((entry as { metadata?: unknown }).metadata) };
    });
  });
}
