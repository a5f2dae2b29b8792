/* Does a member notice that the log is not the one that it has applied? */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, rmSync } from "node:fs";
import { describeWithNats } from "../support/nats.ts";
import { NatsServers } from "../support/nats-servers.ts";
import { codeOf, Members, Outside } from "./members.ts";

setDefaultTimeout(90_000);

describeWithNats("a log that is not the same any more", () => {
  test("its stream was deleted, and another member has made a new one: nothing is written there for the old one", async () => {
    await using servers = await NatsServers.start();
    await using members = new Members(servers);
    await using outside = await Outside.connect(servers);
    const one = await members.open({ timeoutMs: 1_500 });
    await one.space("s").add("k", [1, 2]);
    expect(await one.space("s").count()).toBe(1); // applied here, too
    await outside.streams.delete((await outside.stream()).config.name);
    const other = await members.open();
    const refused = await codeOf(one.space("s").add("l", [1, 2]));
    expect(["CLUSTER_UNREACHABLE", "CLUSTER_LOST"]).toContain(refused as string);
    expect(await other.space("s").count({ freshness: "latest" })).toBe(0);
    await stopped(members);
    expect(await codeOf(one.space("s").count())).toBe("CLUSTER_LOST");
    expect(await codeOf(one.space("s").add("l", [1, 2]))).toBe("CLUSTER_LOST");
    expect(await one.space("s").count({ freshness: "any" })).toBe(1);
  });

  // In some runs the member has applied what it wrote when the server ends, in others it has not.
  test.each([
    ["its last messages are gone", 0],
    ["and as many others came in their place", 3],
  ])("the server's folder was put back to an older one: %s", async (_, others) => {
    await using servers = await NatsServers.start();
    await using members = new Members(servers);
    const one = await members.open({ partitions: 1 });
    await one.space("s").add("before", [1, 2]);
    await servers.kill(0);
    cpSync(servers.storeOf(0), `${servers.storeOf(0)}.old`, { recursive: true });
    servers.begin(0);
    for (const key of ["a", "b", "c"]) await one.space("s").add(key, [1, 2]);
    await servers.kill(0);
    rmSync(servers.storeOf(0), { recursive: true });
    cpSync(`${servers.storeOf(0)}.old`, servers.storeOf(0), { recursive: true });
    servers.begin(0);
    if (others > 0) {
      const other = await members.open();
      expect(await other.space("s").keys()).toEqual(["before"]);
      for (let i = 0; i < others; i++) await other.space("s").add(`new-${i}`, [1, 2]);
    }
    await stopped(members);
    expect(await codeOf(one.space("s").count())).toBe("CLUSTER_LOST");
    expect(members.incidents[0]!.message).toMatch(/is another than the one|it ends with message/);
  });

  test("its beginning was purged: a new member is refused", async () => {
    await using servers = await NatsServers.start();
    await using members = new Members(servers);
    await using outside = await Outside.connect(servers);
    const one = await members.open();
    for (let i = 0; i < 5; i++) await one.space("s").add(i, [i, 2]);
    await outside.streams.purge((await outside.stream()).config.name, { seq: 3 });
    expect(await codeOf(members.open())).toBe("CLUSTER_LOST");
    await one.space("s").add("goes on", [1, 2]);
    expect(await one.space("s").count()).toBe(6);
  });
});

/** Resolves when a member has reported that it stopped. */
async function stopped(members: Members): Promise<void> {
  while (members.incidents.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(members.incidents[0]!.kind).toBe("log");
}
