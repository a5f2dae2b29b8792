/* Does a member that starts from a snapshot have what the others have, and is the log trimmed only behind what is sound? */
import { expect, setDefaultTimeout, test } from "bun:test";
import { encodeOp } from "../../src/cluster/ops/codec.ts";
import { encodeGroup, newId } from "../../src/cluster/ops/group.ts";
import { describeWithNats } from "../support/nats.ts";
import { codeOf, digestsOf, Members, Outside, oneServer } from "./members.ts";

setDefaultTimeout(60_000);

describeWithNats("snapshots of a cluster", () => {
  const server = oneServer();
  const { name } = server;

  /** Some entries of every kind, in 20 messages and more. */
  async function fill(members: Members, cluster: object) {
    const one = await members.open(cluster);
    for (let i = 0; i < 20; i++) {
      const space = one.space(`tenant-${i % 3}`);
      const keys = Array.from({ length: 50 }, (_, j) => (i * 17 + j) % 90);
      const documents = keys.map((key) => ({ text: `${i}-${key}`, tags: [`tag-${key % 4}`] }));
      await space.addMany(
        keys,
        Float32Array.from({ length: 100 }, (_, j) => Math.cos(i * 100 + j)),
        documents,
      );
      await space.delete(i);
    }
    await one.space("tenant-0").add("later", null, { text: "x", tags: [] }, { expiresAt: Date.now() + 1e8 });
    return one;
  }

  test("the log is trimmed behind the older of two, and a member that starts has the same as the others", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name(), partitions: 5 };
    const one = await fill(members, cluster);
    await one.checkpoint();
    const first = one.stats().applied;
    expect((await outside.stream(cluster.name)).state.first_seq).toBe(1);
    await one.checkpoint(); // nothing new: the one that is there has it all
    expect((await outside.stream(cluster.name)).state.first_seq).toBe(1);
    await one.space("tenant-1").updateWhere({ tags: "tag-1" }, { text: "changed" });
    await one.checkpoint();
    expect((await outside.stream(cluster.name)).state.first_seq).toBe(first);
    await one.space("tenant-2").add("behind", [7, 7]);
    const late = await members.open({ ...cluster, index: { workers: 1, partitions: 2 } });
    const [ours, theirs] = await digestsOf([one, late]);
    expect(theirs).toEqual(ours!);
    for (const member of [one, late]) await member.space("tenant-1").deleteWhere({ tags: { $in: ["tag-1", "tag-2"] } });
    const [again, andTheirs] = await digestsOf([one, late]);
    expect(andTheirs).toEqual(again!);
    expect(await late.check()).toMatchObject({ ok: true });
    expect(members.incidents).toEqual([]);
  });

  test("a third one replaces the first", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name() };
    const one = await fill(members, cluster);
    const numbers: number[] = [];
    for (let i = 0; i < 4; i++) {
      await one.space("s").add(i, [i, i]);
      await one.checkpoint();
      numbers.push(one.stats().applied);
    }
    expect((await outside.stream(cluster.name)).state.first_seq).toBe(numbers[2]!);
    expect(await outside.snapshots(one, cluster.name)).toEqual(numbers.slice(2));
  });

  test("a snapshot knows which groups of a writer it holds", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name(), partitions: 1 };
    const one = await members.open(cluster);
    const writer = newId();
    const publish = (number: number, key: string) => {
      const head = { incarnation: one.options.incarnation, writer, number };
      const op = {
        kind: "add",
        space: "s",
        key,
        vector: Float32Array.of(1, 1),
        document: null,
        expiresAt: null,
      } as const;
      return outside.publish(one, 0, encodeGroup(head, [encodeOp(op)]), cluster.name);
    };
    await publish(1, "once");
    await one.space("s").delete("once");
    await one.checkpoint();
    await publish(1, "once"); // again, behind the snapshot
    await publish(2, "twice");
    const late = await members.open(cluster);
    for (const member of [one, late]) expect(await member.space("s").keys({ freshness: "latest" })).toEqual(["twice"]);
  });

  test("from a damaged one a member goes to the one before; without any it is refused", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name() };
    const one = await fill(members, cluster);
    await one.checkpoint();
    await one.space("s").add("k", [1, 1]);
    await one.checkpoint();
    const [older, newer] = await outside.snapshots(one, cluster.name);
    await outside.damage(one, cluster.name, newer!);
    const late = await members.open(cluster);
    expect(members.incidents.map(({ kind }) => kind)).toEqual(["snapshot"]);
    const [ours, theirs] = await digestsOf([one, late]);
    expect(theirs).toEqual(ours!);
    await outside.damage(one, cluster.name, older!);
    expect(await codeOf(members.open(cluster))).toBe("CLUSTER_LOST");
  });

  test("one is taken when enough was written, by one of two members", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name(), snapshotAfterBytes: 2 ** 20 };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    const text = "x".repeat(10_000);
    const isTrimmed = async () => (await outside.stream(cluster.name)).state.first_seq > 1;
    while (!(await isTrimmed())) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => one.space("s").add(i, null, { text, tags: [] })));
    }
    expect((await outside.snapshots(one, cluster.name)).length).toBeGreaterThanOrEqual(2);
    expect(await other.space("s").count({ freshness: "latest" })).toBe(20);
    expect(members.incidents).toEqual([]);
  });
});
