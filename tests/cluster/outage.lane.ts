/* What becomes of ops and reads while the server is away? */
import { expect, setDefaultTimeout, test } from "bun:test";
import { openCluster } from "../../src/cluster/cluster.ts";
import { describeWithNats } from "../support/nats.ts";
import { NatsServers } from "../support/nats-servers.ts";
import { codeOf, digestsOf, Members } from "./members.ts";

setDefaultTimeout(90_000);

describeWithNats("while the server is away", () => {
  test("ops wait for it, and are there once it is back", async () => {
    await using servers = await NatsServers.start();
    await using members = new Members(servers);
    const [one, other] = [await members.open(), await members.open()];
    await one.space("s").add("before", [1, 2]);
    await one.space("s").get("before"); // durable is not applied yet
    await servers.kill(0);
    const under = [one.space("s").add("during", [1, 2]), one.space("s").delete("before")];
    expect(await one.space("s").search([1, 2], { freshness: "any" })).toHaveLength(1);
    servers.begin(0);
    expect(await Promise.all(under)).toEqual([undefined as never, true]);
    expect(await other.space("s").keys({ freshness: "latest" })).toEqual(["during"]);
    const [first, second] = await digestsOf([one, other]);
    expect(second).toEqual(first!);
  });

  test("ops are given up in time, with a code that says that they may be in the log, and are in once or not at all", async () => {
    await using servers = await NatsServers.start();
    await using members = new Members(servers);
    const one = await members.open({ timeoutMs: 2_000 });
    const space = one.space("s");
    await space.add("before", [0, 0]);
    await servers.kill(0);
    const codes = await Promise.all([codeOf(space.add("k", [1, 0])), codeOf(space.delete("k"))]);
    expect(codes).toEqual(["CLUSTER_UNCERTAIN", "CLUSTER_UNCERTAIN"]);
    expect(await codeOf(space.count({ freshness: "latest" }))).toBe("CLUSTER_UNREACHABLE");
    servers.begin(0);
    // Behind both in order, whatever becomes of them.
    await retried(() => space.add("k", [2, 0]));
    expect(Array.from((await space.get("k"))!)).toEqual([2, 0]);
    const late = await members.open();
    expect(Array.from((await late.space("s").get("k"))!)).toEqual([2, 0]);
    const [first, second] = await digestsOf([one, late]);
    expect(second).toEqual(first!);
  });

  test("a member that is opened is refused in time", async () => {
    const nowhere = { servers: "nats://127.0.0.1:9", dimensions: 2, timeoutMs: 500 };
    expect(await codeOf(openCluster(nowhere))).toBe("CLUSTER_UNREACHABLE");
  });
});

async function retried(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const code = await codeOf(attempt());
    if (Array.isArray(code)) return;
    expect(["CLUSTER_UNCERTAIN", "CLUSTER_UNREACHABLE"]).toContain(code as string);
  }
}
