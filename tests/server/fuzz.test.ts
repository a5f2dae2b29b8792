/* Does any request that the OpenAPI document allows, or nearly allows, end in a 500 or change what it should not? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { filters, payloads } from "./arbitrary-filters.ts";
import { Serving } from "./serving.ts";

type Shape = Record<string, unknown> & {
  type?: string;
  enum?: string[];
  anyOf?: Shape[];
  items?: Shape;
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: Shape | boolean;
  minimum?: number;
  maximum?: number;
  $ref?: string;
};

interface Operation {
  requestBody?: { content: Record<string, { schema: Shape }> };
  parameters: { in: string; name: string; schema: Shape }[];
}

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SEED = Number(process.env.SEED ?? 15);

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    "",
    "a",
    [],
    {},
    [[]],
    "\ud800",
    { "": 1 },
    "__proto__",
    1e308,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** What a schema describes; now and then something else. */
function drawn(shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: meant(shape, depth) }, { weight: 1, arbitrary: odd });
}

function meant(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  if (shape.$ref?.endsWith("Filter")) return filters;
  if (shape.$ref?.endsWith("Condition")) return filters;
  if (shape.anyOf !== undefined) return fc.oneof(...shape.anyOf.map((one) => drawn(one, depth)));
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  switch (shape.type) {
    case "string":
      return fc.oneof(fc.constantFrom("word", "n", "items[].n", "c", "other", ""), fc.string({ maxLength: 8 }));
    case "integer":
      return fc.integer({ min: shape.minimum ?? 0, max: Math.min(shape.maximum ?? 30, 30) });
    case "number":
      return fc.oneof(fc.constantFrom(0, 1, -1, 0.5), fc.double({ noDefaultInfinity: true, noNaN: true }));
    case "boolean":
      return fc.boolean();
    case "array":
      if (shape.items?.type === "number") {
        const size = { minLength: 3, maxLength: 3 };
        return fc.oneof(
          fc.array(fc.double({ min: -5, max: 5, noNaN: true }), size),
          fc.array(drawn(shape.items), { maxLength: 4 }),
        );
      }
      return depth > 5 ? fc.constant([]) : fc.array(drawn(shape.items ?? {}, depth + 1), { maxLength: 3 });
    case "object":
      return objectOf(shape, depth);
    default:
      return fc.oneof(payloads, odd);
  }
}

function objectOf({ properties, required = [], additionalProperties }: Shape, depth: number): fc.Arbitrary<unknown> {
  if (properties === undefined) return typeof additionalProperties === "object" ? payloads : fc.constant({});
  const names = Object.keys(properties);
  const values = Object.fromEntries(names.map((name) => [name, drawn(properties[name]!, depth + 1)]));
  const given = fc.record(values, { requiredKeys: [] });
  return fc
    .tuple(given, fc.record(Object.fromEntries(required.map((name) => [name, values[name]!]))))
    .chain(([some, needed]) =>
      fc.subarray(Object.keys(some), { maxLength: Math.min(4, Object.keys(some).length) }).map((kept) => {
        return {
          ...Object.fromEntries(kept.map((name) => [name, (some as Record<string, unknown>)[name]])),
          ...needed,
        };
      }),
    );
}

test(`requests drawn from the OpenAPI document, ${RUNS} of seed ${SEED}, find no 500`, async () => {
  await using serving = await Serving.start();
  const { json } = await serving.call("GET", "/openapi.json");
  const operations = Object.entries<Record<string, Operation>>(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, parameters }]) => ({
      method: method.toUpperCase(),
      path,
      body: requestBody?.content["application/json"]?.schema,
      behind: parameters.filter((one) => one.in === "query"),
    })),
  );
  const request = fc.constantFrom(...operations.filter(({ path }) => path !== "/v1/events")).chain((operation) => {
    const filled = fc
      .tuple(fc.constantFrom("c", "other", "nowhere"), fc.constantFrom("1", "7", "a", "-"))
      .map(([name, id]) => operation.path.replace("{name}", name).replace(/\{(id|field)\}/, id));
    const body = operation.body === undefined ? fc.constant(undefined) : drawn(operation.body);
    const values = Object.fromEntries(operation.behind.map(({ name, schema }) => [name, meant(schema, 0)]));
    // Most requests have few of them, or none.
    const query = fc.record(values, { requiredKeys: [] }).chain((all) => {
      const given = Object.entries(all).map(([name, value]): [string, string] => [name, `${value}`]);
      return fc.subarray(given, { maxLength: Math.min(2, given.length) });
    });
    return fc.record({ method: fc.constant(operation.method), path: filled, body, query });
  });
  const statuses = new Map<number, number>();
  let turn = 0;
  for (const { method, path, body, query } of fc.sample(request, { numRuns: RUNS, seed: SEED })) {
    if (turn++ % 40 === 0) {
      for (const name of ["c", "other"]) {
        await serving.call("PUT", `/collections/${name}`, {
          vectors: { size: 3, distance: name === "c" ? "Cosine" : "Euclid" },
        });
        const points = fc
          .sample(payloads, { numRuns: 20, seed: turn })
          .map((payload, id) => ({ id, vector: [id, 1, 2], payload }));
        await serving.call("PUT", `/collections/${name}/points?wait=true`, { points });
      }
    }
    const behind = query.length === 0 ? "" : `?${new URLSearchParams(query)}`;
    const { status, text } = await serving.call(method, path + behind, body);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 500) throw new Error(JSON.stringify({ method, path, query, body, status, text: text.slice(0, 300) }));
  }
  expect(statuses.get(200)).toBeGreaterThan(RUNS / 10);
  expect(statuses.get(400)).toBeGreaterThan(RUNS / 20);
  if (process.env.FUZZ_RUNS) console.log(Object.fromEntries(statuses));
  expect((await serving.call("GET", "/readyz")).status).toBe(200);
}, 600_000);
