/* Three servers, each killed in turn under load: is every op that was acknowledged there, once, in order, on all members? */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { HnswError } from "../../src/index.ts";
import { describeWithNats } from "../support/nats.ts";
import { NatsServers } from "../support/nats-servers.ts";
import { digestsOf, Members } from "./members.ts";

setDefaultTimeout(180_000);

const KILLS = Number(process.env.KILLS ?? 3);
const KEYS = 20;

describeWithNats("three servers", () => {
  test(`${KILLS} kills under load lose nothing that was acknowledged`, async () => {
    await using servers = await NatsServers.start(3);
    await using members = new Members(servers);
    const all = [await members.open(), await members.open()];
    /** By member and key: the last value that was acknowledged, and the last that was sent. */
    const known = all.map(() => Array.from({ length: KEYS }, () => ({ acknowledged: -1, sent: -1 })));
    let isOver = false;
    let writes = 0;
    const write = async (member: number) => {
      const space = all[member]!.space(`tenant-${member}`);
      for (let i = 0; !isOver; i++) {
        const key = i % KEYS;
        const state = known[member]![key]!;
        state.sent = i;
        try {
          await space.add(key, [member, i]);
          state.acknowledged = i;
          writes++;
        } catch (error) {
          expect((error as HnswError).code).toBe("CLUSTER_UNCERTAIN");
        }
        if (i % 10 === 0) await readsOwn(member, key);
      }
    };
    const readsOwn = async (member: number, key: number) => {
      const { acknowledged, sent } = known[member]![key]!;
      if (acknowledged < 0) return;
      const value = (await all[member]!.space(`tenant-${member}`).get(key))![1]!;
      expect(value).toBeGreaterThanOrEqual(acknowledged);
      expect(value).toBeLessThanOrEqual(sent);
    };
    const writers = all.map((_, member) => write(member));
    for (let kill = 0; kill < KILLS; kill++) {
      const before = writes;
      await servers.kill(kill % 3);
      await moved(() => writes > before + 20); // the two others go on
      servers.begin(kill % 3);
      const back = writes;
      await moved(() => writes > back + 20);
    }
    isOver = true;
    await Promise.all(writers);
    const late = await members.open();
    for (const [member, keys] of known.entries()) {
      for (const [key, { acknowledged, sent }] of keys.entries()) {
        const found = await late.space(`tenant-${member}`).get(key);
        if (acknowledged < 0 && found === undefined) continue; // its turn did not come
        const value = found![1]!;
        expect(value).toBeGreaterThanOrEqual(acknowledged);
        expect(value).toBeLessThanOrEqual(sent);
      }
    }
    const digests = await digestsOf([...all, late]);
    expect(digests[1]).toEqual(digests[0]!);
    expect(digests[2]).toEqual(digests[0]!);
    expect(members.incidents).toEqual([]);
  });
});

async function moved(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
