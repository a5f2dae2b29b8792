/* Whom does a member ask, and whose reply counts? */
import { expect, test } from "bun:test";
import { Malformed } from "../../../../src/cluster/ops/byte-reader.ts";
import { decodeRequest, encodeRefusal, encodeReply, NotHere } from "../../../../src/cluster/peers/request.ts";
import { Router } from "../../../../src/cluster/peers/router.ts";
import { HnswError } from "../../../../src/errors.ts";

const question = { partition: 3, call: "count", args: ["s"], atLeast: 7 };
const isCount = (value: unknown) => {
  if (typeof value !== "number") throw new Malformed("no number");
};

type Member = (request: ReturnType<typeof decodeRequest>) => Promise<Uint8Array>;

function routerTo(members: Record<string, Member>, names = Object.keys(members)) {
  const asked: string[] = [];
  const wire = {
    ask: (to: string, bytes: Uint8Array) => {
      asked.push(to);
      return members[to]!(decodeRequest(bytes, 8));
    },
  };
  let looks = 0;
  const routes = { revision: 5, replicasOf: () => names, look: async () => void looks++ };
  const router = new Router(wire, routes);
  const ask = (timeoutMs = 5_000, only?: string) => router.ask(question, timeoutMs, isCount, () => false, only);
  return { ask, asked, router, looks: () => looks };
}

const says = (value: unknown) => async () => encodeReply({ revision: 1, applied: 9, value });
const refuses = (error: unknown) => async () => encodeRefusal(error, 1, 9);
const silent = () => new Promise<never>(() => {});

test("a reply, with what was asked for", async () => {
  const { ask } = routerTo({
    a: async (request) => {
      expect(request).toMatchObject({ ...question, revision: 5 });
      return await says(4)();
    },
  });
  expect(await ask()).toEqual({ revision: 1, applied: 9, value: 4, from: "a" });
});

test("one that refuses, replies nonsense, or says nothing: another one is asked", async () => {
  for (const bad of [refuses(new NotHere("no")), says("text"), async () => new Uint8Array(5), silent]) {
    const { ask } = routerTo({ bad, good: says(4) });
    for (let i = 0; i < 5; i++) expect((await ask())!.from).toBe("good");
  }
});

test("what a call is refused with everywhere ends it, with its code; a code of another kind does not", async () => {
  const { ask, asked } = routerTo({ a: refuses(new HnswError("BAD_WHERE", "no such field")) });
  await expect(ask()).rejects.toMatchObject({ code: "BAD_WHERE", message: "no such field" });
  expect(asked).toEqual(["a"]);
  const lost = routerTo({ a: refuses(new HnswError("CLUSTER_LOST", "gone")), b: says(1) });
  expect((await lost.ask())!.from).toBe("b");
});

test("without a member to ask, or without one that replies, it ends in time with CLUSTER_UNSERVED", async () => {
  const none = routerTo({});
  await expect(none.ask(100)).rejects.toMatchObject({ code: "CLUSTER_UNSERVED" });
  expect(none.looks()).toBeGreaterThan(0);
  const refusing = routerTo({ a: refuses(new NotHere("partition 3 is not served here")) });
  await expect(refusing.ask(100)).rejects.toThrow(/partition 3 is not served here/);
});

test("only the member that was named is asked", async () => {
  const { ask, asked } = routerTo({ a: says(1), b: says(2) });
  for (let i = 0; i < 10; i++) expect((await ask(1_000, "b"))!.value).toBe(2);
  expect(new Set(asked)).toEqual(new Set(["b"]));
});

test("the time after which another one is asked follows the replies", async () => {
  const { router } = routerTo({});
  expect(router.delays.hedgeMs).toBe(50);
  for (let i = 0; i < 100; i++) router.delays.took(i < 90 ? 10 : 200);
  expect(router.delays.hedgeMs).toBe(200);
  for (let i = 0; i < 128; i++) router.delays.took(0.5);
  expect(router.delays.hedgeMs).toBe(5);
});
