/* A field that is added to a cluster: does every member have it, from the same op on? */
import { expect, setDefaultTimeout, test } from "bun:test";
import { encodeOp } from "../../src/cluster/ops/codec.ts";
import { encodeGroup, newId } from "../../src/cluster/ops/group.ts";
import { clusterPartitionOf } from "../../src/cluster/ops/partition.ts";
import { describeWithNats } from "../support/nats.ts";
import { codeOf, digestsOf, FIELDS, Members, Outside, oneServer } from "./members.ts";

setDefaultTimeout(60_000);

describeWithNats("a field that is added", () => {
  const server = oneServer();
  const { name } = server;
  const latest = { freshness: "latest" } as const;
  const isText = (text: string) => ({ where: { text } as never, ...latest });

  test("can be filtered by on every member, for entries before and behind it", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    await one.space("s").add("before", [1, 2], { text: "x", tags: [] });
    expect(await codeOf(other.space("s").count(isText("x")))).toBe("BAD_WHERE");
    await one.addField("text" as never, "keyword" as never);
    await other.space("s").count(latest);
    await other.space("s").add("behind", [1, 2], { text: "x", tags: [] });
    await one.checkpoint();
    const late = await members.open(cluster); // from the snapshot
    for (const member of [one, other, late]) {
      expect(await member.space("s").count(isText("x"))).toBe(2);
      expect(Object.keys(member.fields)).toEqual(["tags", "text"]);
    }
    expect(await late.space("s").updateWhere({ text: "x" } as never, { text: "y" })).toBe(2);
    const digests = await digestsOf([one, other, late]);
    expect(digests[1]).toEqual(digests[0]!);
    expect(digests[2]).toEqual(digests[0]!);
    expect(members.incidents).toEqual([]);
  });

  test("is there once: another one of that name, and one that can't be, are refused", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    const results = await Promise.all([
      codeOf(one.addField("text" as never, "keyword" as never)),
      codeOf(other.addField("text" as never, "number" as never)),
    ]);
    expect(results).toContain("BAD_OPTION");
    expect(results).toContainEqual(["resolved", undefined]);
    await other.space("s").count(latest);
    expect(one.fields.text!.type).toBe(other.fields.text!.type);
    expect(await codeOf(one.addField("" as never, "keyword" as never))).toBe("BAD_OPTION");
    expect(await codeOf(one.addField("n" as never, "text" as never))).toBe("BAD_OPTION");
  });

  test("a member may be opened with those of the beginning, or all that there are", async () => {
    await using members = new Members(server.servers);
    const cluster = { name: name() };
    const one = await members.open(cluster);
    await one.addField("text" as never, "keyword" as never);
    const all = { ...FIELDS, text: "keyword" } as const;
    expect(Object.keys((await members.open({ ...cluster, fields: all })).fields)).toEqual(["tags", "text"]);
    expect(Object.keys((await members.open(cluster)).fields)).toEqual(["tags", "text"]);
    const refused = [{}, { ...all, n: "number" }, { ...all, text: "number" }, { text: "keyword" }] as const;
    for (const fields of refused) {
      expect(await codeOf(members.open({ ...cluster, fields: fields as never }))).toBe("CLUSTER_MISMATCH");
    }
  });

  test("what a member adds that does not know it yet is kept, without a value where it does not fit", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name() };
    const [one, other] = [await members.open(cluster), await members.open(cluster)];
    await one.addField("text" as never, "number" as never);
    const writer = newId();
    const ops = ["fits not", "neither"].map((text, i) => {
      const document = JSON.stringify({ text, tags: ["t"] });
      return { kind: "add", space: "s", key: i, vector: Float32Array.of(1, 1), document, expiresAt: null } as const;
    });
    const group = encodeGroup({ incarnation: one.options.incarnation, writer, number: 1 }, ops.map(encodeOp));
    await outside.publish(one, clusterPartitionOf("s", one.options.partitions), group, cluster.name);
    for (const member of [one, other]) {
      expect(await member.space("s").count({ where: { tags: "t" }, ...latest })).toBe(2);
      expect(await member.space("s").count({ where: { text: { $exists: true } } as never, ...latest })).toBe(0);
    }
    expect(await codeOf(one.space("s").add(2, [1, 1], { text: "now refused", tags: [] }))).toBe("BAD_FIELD");
    const [first, second] = await digestsOf([one, other]);
    expect(second).toEqual(first!);
    expect(members.incidents).toEqual([]);
  });
});
