/* Does the server do what its first lines say? Starts it on a free port, calls every route, and stops it. */
import { serve } from "./server.ts";

const { url, stop } = await serve(4, 0);

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(new URL(path, url), {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  console.log(`${method} ${path} → ${response.status} ${text.slice(0, 100)}`);
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`not as promised: ${what}`);
}

try {
  expect("a vector is accepted", (await call("PUT", "/tenants/acme/vectors/north", [0, 1, 0, 0])).status === 204);
  const many = {
    keys: ["east", "south"],
    vectors: [
      [1, 0, 0, 0],
      [0, -1, 0, 0],
    ],
  };
  expect("many are accepted", (await call("POST", "/tenants/acme/vectors", many)).body.accepted === 2);
  const { body } = await call("POST", "/tenants/acme/search", { vector: [0.1, 0.9, 0, 0], k: 2 });
  expect("the nearest comes first", body[0].key === "north" && body[1].key === "east");
  expect(
    "tenants are apart",
    (await call("POST", "/tenants/other/search", { vector: [0, 1, 0, 0] })).body.length === 0,
  );
  const wrong = await call("PUT", "/tenants/acme/vectors/up", [0, 1]);
  expect("a wrong dimension is a bad request", wrong.status === 400 && wrong.body.code === "BAD_DIMENSIONS");
  expect("a vector is deleted", (await call("DELETE", "/tenants/acme/vectors/north")).status === 204);
  expect("and gone", (await call("DELETE", "/tenants/acme/vectors/north")).status === 404);
  expect("stats are served", (await call("GET", "/stats")).body.spaces.length === 1);
} finally {
  await stop();
}
