/* Is what one member writes there for all of them, once, in order, and with the same results? */
import { expect, setDefaultTimeout, test } from "bun:test";
import { openCluster } from "../../src/cluster/cluster.ts";
import { encodeOp } from "../../src/cluster/ops/codec.ts";
import { encodeGroup, newId } from "../../src/cluster/ops/group.ts";
import { type Op, placeOf } from "../../src/cluster/ops/op.ts";
import { clusterPartitionOf } from "../../src/cluster/ops/partition.ts";
import { open } from "../../src/index.ts";
import { describeWithNats } from "../support/nats.ts";
import { FIELDS as OUTCOME_FIELDS, outcomesOf } from "../support/outcomes.ts";
import { codeOf, digestsOf, FIELDS, Members, type Memory, Outside, oneServer, SMALL } from "./members.ts";

setDefaultTimeout(120_000);

describeWithNats("on one server", () => {
  const server = oneServer();
  const { name } = server;

  test("every op of one member is seen by another, with its result", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    const [written, read] = [one.space("tenant-1"), other.space("tenant-1")];
    await written.add("a", [1, 0], { text: "A", tags: ["x"] });
    await written.addMany(["b", 3, 4n], new Float32Array([0, 1, 2, 2, 3, 3]), [
      ...[{ text: "B", tags: ["x", "y"] }, undefined, { text: "D", tags: [] }],
    ]);
    expect(await read.count({ freshness: one.position })).toBe(4);
    expect(await read.get("a", { include: ["metadata", "vector"] })).toEqual({
      ...{ key: "a", vector: Float32Array.of(1, 0), metadata: { text: "A", tags: ["x"] } },
    });
    expect((await read.search([0, 1], { k: 1 }))[0]!.key).toBe("b");
    expect(await written.update("a", { text: "AA", tags: undefined })).toBe(true);
    expect(await written.update("nothing", { text: "" })).toBe(false);
    expect(await written.updateWhere({ tags: "y" }, { text: "BB" })).toBe(1);
    expect(await written.delete(3)).toBe(true);
    expect(await written.delete(3)).toBe(false);
    const entries = await Array.fromAsync(read.entries({ include: ["metadata"], freshness: "latest" }));
    expect(new Map(entries.map(({ key, metadata }) => [key, metadata]))).toEqual(
      new Map<unknown, unknown>([
        ["a", { text: "AA" }],
        ["b", { text: "BB", tags: ["x", "y"] }],
        [4n, { text: "D", tags: [] }],
      ]) as never,
    );
    expect(await written.deleteWhere({ tags: "x" })).toBe(1);
    expect(await written.deleteMany(["a", "b"])).toBe(1);
    expect(await read.keys({ freshness: "latest" })).toEqual([4n] as never);
    expect(await one.dropSpace("tenant-1")).toBe(true);
    expect(await one.dropSpace("tenant-1")).toBe(false);
    expect(await read.count({ freshness: "latest" })).toBe(0);
    expect(members.incidents).toEqual([]);
  });

  test("every method of a space resolves to what it does in one process, or is refused with the same code", async () => {
    const shape = { dimensions: 3, metric: "cosine", fields: OUTCOME_FIELDS } as const;
    await using cluster = await openCluster({ name: name(), servers: server.servers.urls, replicas: 1, ...shape });
    await using index = await open({ ...shape, workers: 0 });
    const [there, here] = [await outcomesOf(cluster.space("tenant-1")), await outcomesOf(index.space("tenant-1"))];
    expect(there.length).toBe(here.length);
    for (const [i, outcome] of there.entries()) expect([i, outcome]).toEqual([i, here[i]]);
  });

  test("a member reads what it has written, while another writes the same keys", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const both = [await members.open(cluster), await members.open(cluster)];
    const last = [-1, -1];
    const write = async (member: number) => {
      const space = both[member]!.space(`tenant-${member}`);
      for (let i = 0; i < 200; i++) {
        await space.add("own", [member, i]);
        const found = (await space.get("own"))!;
        expect(Array.from(found)).toEqual([member, i]);
        await both[member]!.space("both").add(i % 7, [member, i]);
        last[member] = i;
      }
    };
    await Promise.all([write(0), write(1)]);
    expect(last).toEqual([199, 199]);
    const [first, second] = await digestsOf(both);
    expect(second).toEqual(first!);
  });

  test("a member that comes later applies what is there, and then has the same", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name(), partitions: 7 };
    const one = await members.open(cluster);
    for (let i = 0; i < 20; i++) {
      const keys = Array.from({ length: 100 }, (_, j) => `key-${(i * 37 + j) % 150}`);
      const vectors = Float32Array.from({ length: 200 }, (_, j) => Math.sin(i * 200 + j));
      await one.space(`tenant-${i % 9}`).addMany(keys, vectors);
      await one.space(`tenant-${i % 5}`).delete(`key-${i}`);
    }
    const late = await members.open({ ...cluster, index: { workers: 1, partitions: 2 } });
    expect(late.spaces().sort()).toEqual(one.spaces().sort());
    const [first, second] = await digestsOf([one, late]);
    expect(second).toEqual(first!);
    expect(first).toHaveLength(7);
    expect(first!.filter((digest) => digest !== "0000000000000000").length).toBeGreaterThan(3);
    await one.space("tenant-1").add("one more", [5, 5]);
    expect((await digestsOf([one]))[0]).not.toEqual(first!);
  });

  test("reads of the latest share messages of the log", async () => {
    await using members = new Members(server.servers);
    const one = await members.open({ name: name() });
    const space = one.space("tenant");
    await space.add("k", [1, 0]);
    const before = one.stats().applied;
    await Promise.all(Array.from({ length: 1000 }, () => space.count({ freshness: "latest" })));
    expect(one.stats().applied - before).toBeLessThan(10);
  });

  test("ops that are not awaited stay in order, and share messages", async () => {
    await using members = new Members(server.servers);
    const one = await members.open({ name: name() });
    const space = one.space("tenant");
    await Promise.all(Array.from({ length: 5000 }, (_, i) => space.add(i % 10, [i, 0])));
    for (let key = 0; key < 10; key++) expect((await space.get(key))![0]).toBe(4990 + key);
    expect(one.stats().applied).toBeLessThan(50);
  });

  test("what can't be applied is refused before anything is sent", async () => {
    await using members = new Members(server.servers);
    const one = await members.open({ name: name(), maxDocumentBytes: 100 });
    const space = one.space("tenant");
    const refused = [
      space.add("", [1, 2]),
      space.add("k", [1]),
      space.add("k", [Number.NaN, 0]),
      space.add("k", [1e30, 0]),
      space.add("k", [1, 2], { text: "x".repeat(200), tags: [] }),
      space.add("k", [1, 2], { text: "x", tags: 7 } as never),
      space.add("k", null),
      space.addMany(["k", "k"], new Float32Array(4)),
      space.addMany(["k", "l"], new Float32Array([1, 2, Number.NaN, 0])),
      space.update("k", 7 as never),
      space.updateWhere(undefined as never, {}),
      space.deleteWhere({ unknown: 1 } as never),
      space.update("k", {}, { now: 5 } as never),
      space.count({ freshness: "soon" as never }),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual([
      ...["BAD_KEY", "BAD_DIMENSIONS", "NOT_FINITE", "NORM_OVERFLOW", "DOCUMENT_TOO_LARGE", "BAD_FIELD", "BAD_VECTOR"],
      ...["DUPLICATE_KEY", "NOT_FINITE", "BAD_METADATA", "BAD_OPTION", "BAD_WHERE", "BAD_OPTION", "BAD_OPTION"],
    ]);
    expect(one.stats()).toMatchObject({ applied: 1, written: 0, trouble: null }); // the barrier of its opening;
  });

  test("an update that all replicas refuse says so to its caller", async () => {
    await using members = new Members(server.servers);
    const one = await members.open({ name: name(), maxDocumentBytes: 60 });
    const space = one.space("tenant");
    await space.add("k", [1, 2], { text: "x".repeat(30), tags: [] });
    expect(await codeOf(space.update("k", { tags: ["y".repeat(30)] }))).toBe("DOCUMENT_TOO_LARGE");
    expect(await space.get("k", { include: ["metadata"] })).toEqual({
      key: "k",
      metadata: { text: "x".repeat(30), tags: [] },
    });
  });

  test("an `updateWhere` that is refused for one entry has changed none, on any member", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name(), maxDocumentBytes: 60 };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    const space = one.space("tenant");
    for (const [i, length] of [5, 30, 5].entries()) {
      await space.add(i, [1, i], { text: "x".repeat(length), tags: ["t"] });
    }
    expect(await codeOf(space.updateWhere({ tags: "t" }, { tags: ["y".repeat(30)] }))).toBe("DOCUMENT_TOO_LARGE");
    for (const member of [one, other]) {
      expect(await member.space("tenant").count({ where: { tags: "t" }, freshness: "latest" })).toBe(3);
    }
  });

  test("a group that is in the log twice is applied once", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = name();
    const one = await members.open({ name: cluster });
    const [incarnation, writer] = [one.options.incarnation, newId()];
    const publish = async (number: number, op: Op) => {
      const group = encodeGroup({ incarnation, writer, number }, [encodeOp(op)]);
      const partition = clusterPartitionOf(placeOf(op), one.options.partitions);
      await outside.publish(one, partition, group, cluster);
    };
    const add = (x: number): Op => ({
      ...{ kind: "add", space: "s", key: "k", vector: Float32Array.of(x, 0), document: null, expiresAt: null },
    });
    await publish(1, add(1));
    await publish(2, { kind: "delete", space: "s", key: "k" });
    await publish(1, add(1)); // sent again: its acknowledgement was lost
    expect(await one.space("s").count({ freshness: "latest" })).toBe(0);
    await publish(3, add(3));
    await publish(2, { kind: "delete", space: "s", key: "k" });
    expect(Array.from((await one.space("s").get("k", { freshness: "latest", include: ["vector"] }))!.vector!)).toEqual([
      3, 0,
    ]);
    expect(one.stats().applied).toBe(8); // with the barriers of the opening and the reads
  });

  test("what is no group is left out by all, and reported; a newer op stops a member", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = name();
    const one = await members.open({ name: cluster, partitions: 1 });
    const publish = (bytes: Uint8Array) => outside.publish(one, 0, bytes, cluster);
    const head = { incarnation: one.options.incarnation, writer: newId(), number: 1 };
    const op = encodeOp({ kind: "dropSpace", space: "s" });
    await one.space("s").add("k", [1, 2]);
    await publish(new Uint8Array(3));
    await publish(encodeGroup(head, [op]).fill(0, 60, 61));
    await publish(encodeGroup({ ...head, incarnation: newId() }, [op]));
    await outside.publish(one, "other", encodeGroup(head, [op]), cluster);
    expect(await one.space("s").count({ freshness: "latest" })).toBe(1);
    expect(members.incidents.map(({ kind }) => kind)).toEqual(["log", "log", "log", "log"]);
    const newer = op.slice();
    newer[4] = 99;
    await publish(encodeGroup(head, [newer]));
    expect(await codeOf(one.space("s").count({ freshness: "latest" }))).toBe("CLUSTER_HALTED");
    expect(await codeOf(one.space("s").add("l", [1, 2]))).toBe("CLUSTER_HALTED");
    expect(await one.space("s").count({ freshness: "any" })).toBe(1);
    expect(one.stats().trouble).toContain("upgrade");
  });

  test("members that come at once agree on one log; one that asks for something else is refused", async () => {
    await using members = new Members(server.servers);
    const cluster = name();
    const opened = await Promise.all(Array.from({ length: 4 }, () => members.open({ name: cluster })));
    expect(new Set(opened.map(({ options }) => options.incarnation)).size).toBe(1);
    await opened[0]!.space("s").add("k", [1, 2]);
    expect(await opened[3]!.space("s").count({ freshness: "latest" })).toBe(1);
    expect(await codeOf(members.open({ name: cluster, dimensions: 3 }))).toBe("CLUSTER_MISMATCH");
    expect(await codeOf(members.open({ name: cluster, fields: {} }))).toBe("CLUSTER_MISMATCH");
    const plain = { name: cluster, servers: server.servers.urls, index: SMALL };
    await using taken = await openCluster(plain);
    expect(taken.options).toEqual(opened[0]!.options);
    expect(await codeOf(openCluster({ ...plain, name: name(), replicas: 1 }))).toBe("BAD_OPTION");
    expect(await codeOf(openCluster({ ...plain, name: name(), dimensions: 2 }))).toBe("BAD_OPTION"); // three replicas
  });

  test("an entry expires for all by the same time, and its key can be used again", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    const space = one.space("s");
    await space.add("gone", [1, 2], undefined, { expiresAt: Date.now() - 1000 });
    await space.add("stays", [1, 2], undefined, { expiresAt: Date.now() + 1e6 });
    expect(await other.space("s").keys({ freshness: "latest" })).toEqual(["stays"]);
    expect(await space.update("gone", { text: "x" })).toBe(false);
    expect(await space.delete("gone")).toBe(false);
    expect(await space.update("stays", { text: "x" }, { expiresAt: null })).toBe(true);
    await space.add("gone", [3, 4]);
    expect(await other.space("s").count({ freshness: "latest" })).toBe(2);
    const [first, second] = await digestsOf([one, other]);
    expect(second).toEqual(first!);
  });

  test("a full log refuses, and nothing has changed; with more room it goes on", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = name();
    const one = await members.open({ name: cluster });
    const { config } = await outside.stream(cluster);
    await outside.streams.update(config.name, { max_msgs: 3 });
    await one.space("s").add(1, [1, 2]);
    await one.space("s").add(2, [1, 2]);
    expect(await codeOf(one.space("s").add(3, [1, 2]))).toBe("CLUSTER_FULL");
    expect(await codeOf(one.space("s").count({ freshness: "latest" }))).toBe("CLUSTER_FULL");
    const late = await members.open({ name: cluster });
    expect(await late.space("s").keys()).toEqual([1, 2]);
    await outside.streams.update(config.name, { max_msgs: -1 });
    await one.space("s").add(4, [1, 2]);
    expect(await one.space("s").keys()).toEqual([1, 2, 4]);
  });

  test("an index moves in entry by entry, and out as an export", async () => {
    await using members = new Members(server.servers);
    await using local = await open<Memory>({ dimensions: 2, metric: "l2", fields: FIELDS, ...SMALL });
    const expiresAt = Date.now() + 1e6;
    await local.space("s").add("a", [1, 2], { text: "A", tags: ["t"] }, { expiresAt });
    await local.space("s").add("b", null, { text: "B", tags: [] });
    await local.space("other").add("c", [3, 4]);
    const one = await members.open({ name: name() });
    const all = { include: ["vector", "metadata", "expiresAt"] } as const;
    for (const space of local.spaces()) {
      for await (const { key, vector, metadata, expiresAt } of local.space(space).entries(all)) {
        await one.space(space).add(key, vector ?? null, metadata, { expiresAt });
      }
    }
    await one.space("other").count();
    await using out = await open<Memory>({ from: one.export(), fields: FIELDS, ...SMALL });
    for (const space of ["s", "other"]) {
      const [before, after] = await Promise.all(
        [local, out].map((at) => Array.fromAsync(at.space(space).entries(all))),
      );
      expect(after).toEqual(before!);
    }
  });

  test("after close nothing is taken, and what was sent before is in the log", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const one = await members.open(cluster);
    const under = Array.from({ length: 100 }, (_, i) => one.space("s").add(i, [i, 0]));
    await one.close();
    await Promise.all(under);
    expect(() => one.space("s")).toThrow("closed");
    expect(await (await members.open(cluster)).space("s").count()).toBe(100);
  });
});
