/* Where members hold some partitions each: does every member read and write everything, also what others hold? */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { ClusterIndex } from "../../src/cluster/cluster.ts";
import { clusterPartitionOf } from "../../src/cluster/ops/partition.ts";
import { describeWithNats } from "../support/nats.ts";
import { codeOf, Members, type Memory, Outside, oneServer } from "./members.ts";

setDefaultTimeout(120_000);

const PARTITIONS = 8;
const PLACED = { partitions: PARTITIONS, placement: { replicas: 2, awayMs: 1_000 } } as const;
const latest = { freshness: "latest" } as const;

type Member = ClusterIndex<Memory>;

/** Resolves once it is true. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Each partition is served by that many of these members, and none has more than one above the others. */
function isSpread(members: readonly Member[], replicas: number): boolean {
  const served = members.map((member) => member.stats().serves);
  const counts = Array.from({ length: PARTITIONS }, (_, p) => served.filter((some) => some.includes(p)).length);
  const sizes = served.map((some) => some.length);
  return counts.every((count) => count === replicas) && Math.max(...sizes) - Math.min(...sizes) <= 1;
}

/** A space of each partition. */
function spacesOf(partitions: number): string[] {
  const names: string[] = [];
  for (let i = 0; names.filter(Boolean).length < partitions; i++) {
    names[clusterPartitionOf(`tenant-${i}`, partitions)] ??= `tenant-${i}`;
  }
  return names;
}

/** Digests of a partition must be the same on every member that holds it. */
async function expectSame(members: readonly Member[]): Promise<void> {
  for (const member of members) {
    await member.space("any").count(latest);
    await until(() => member.stats().applied >= Number(member.position.split(":")[1]));
  }
  const digests = await Promise.all(members.map(async (member) => (await member.digest()).partitions));
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const held = digests.map((digest) => digest[partition]!).filter((digest) => digest !== "");
    expect(new Set(held).size).toBe(1);
  }
}

/** Two keys each, that are written, read and searched in every partition, until they are stopped. */
class Readers {
  private isOver = false;
  private reads = 0;
  private readonly running: Promise<unknown>;

  constructor(members: readonly Member[], names: readonly string[]) {
    this.running = Promise.all(
      members.map(async (member, m) => {
        for (let i = 0; !this.isOver; i++) {
          const p = i % PARTITIONS;
          const space = member.space<number | string>(names[p]!);
          await space.add(`of-${m}`, [100, i]);
          const [own, other] = await space.getMany([`of-${m}`, 7], { include: ["vector"] });
          expect([own!.vector, other!.vector]).toEqual([Float32Array.of(100, i), Float32Array.of(p, 7)]);
          expect((await space.search([p, 3.1], { k: 1 }))[0]!.key).toBe(3);
          this.reads++;
        }
      }),
    );
    this.running.catch(() => {});
  }

  /** Resolves to how often each was read. */
  async stop(): Promise<number> {
    this.isOver = true;
    await this.running;
    return this.reads;
  }
}

describeWithNats("members that hold some partitions each", () => {
  const server = oneServer();
  const { name } = server;
  const names = spacesOf(PARTITIONS);

  async function three(members: Members, cluster: object): Promise<Member[]> {
    const all = [await members.open(cluster), await members.open(cluster), await members.open(cluster)];
    await until(() => isSpread(all, 2));
    return all;
  }

  /** 30 entries in a space of each partition. */
  async function fill(all: readonly Member[]): Promise<void> {
    const keys = Array.from({ length: 30 }, (_, j) => j);
    for (const [p, space] of names.entries()) {
      const vectors = keys.map((j) => [p, j]);
      const documents = keys.map((j) => ({ text: `${p}-${j}`, tags: [`tag-${j % 3}`] }));
      await all[p % all.length]!.space(space).addMany(keys, vectors, documents);
    }
  }

  async function expectFilled(member: Member): Promise<void> {
    for (const [p, one] of names.entries()) {
      const space = member.space<number>(one);
      expect(await space.count(latest)).toBe(30);
      expect(await space.has(7)).toBe(true);
      expect(Array.from((await space.get(7))!)).toEqual([p, 7]);
      expect(await space.get(99)).toBeUndefined();
      const [three, nothing] = await space.getMany([3, 99], { include: ["metadata"] });
      expect(three).toEqual({ key: 3, metadata: { text: `${p}-3`, tags: ["tag-0"] } });
      expect(nothing).toBeUndefined();
      expect(await space.keys()).toHaveLength(30);
      const [hit] = await space.search([p, 12.2], { k: 1, where: { tags: "tag-0" }, include: ["vector"] });
      expect(hit).toMatchObject({ key: 12, vector: Float32Array.of(p, 12) });
      const hits = await space.searchMany([Float32Array.of(p, 4), Float32Array.of(p, 5)], { k: 2 });
      expect(hits.map(([first]) => first!.key)).toEqual([4, 5]);
      expect((await space.search([p, 1], { explain: true })).explain.matches).toBe(30);
      expect(await space.facets("tags")).toHaveLength(3);
      const entries = await Array.fromAsync(space.entries({ where: { tags: "tag-1" }, include: ["metadata"] }));
      expect(entries.map(({ metadata }) => metadata!.text)).toEqual(
        Array.from({ length: 10 }, (_, j) => `${p}-${3 * j + 1}`),
      );
      const paged: number[] = [];
      for (let after: string | null | undefined; after !== null; ) {
        const page = await space.page({ limit: 13, after });
        paged.push(...page.entries.map(({ key }) => key));
        after = page.next;
      }
      expect(paged).toEqual(Array.from({ length: 30 }, (_, j) => j));
    }
    const nearest = await member.search([3, 5], { spaces: "all", k: 3 });
    expect(nearest[0]).toMatchObject({ space: names[3]!, key: 5, distance: 0 });
    expect(nearest.map(({ distance }) => distance)).toEqual([0, 1, 1]);
    const some = await member.search([7, 5], { spaces: [names[5]!, names[1]!], k: 40, include: ["metadata"] });
    expect(some).toHaveLength(40);
    expect(some[0]).toMatchObject({ space: names[5]!, key: 5, metadata: { text: "5-5" } });
  }

  async function refusesBadCalls(one: Member): Promise<void> {
    const { serves } = one.stats();
    const away = one.space(names.find((_, p) => !serves.includes(p))!);
    const refused = [
      away.count({ where: { unknown: 1 } as never }),
      away.search([1, 2, 3]),
      away.search([1, 2], { k: 0 }),
      away.get("k", { include: ["nothing"] as never }),
      away.page({ after: "elsewhere" }),
      away.search([1, 2], { filter: () => true }),
      away.count({ freshness: "soon" as never }),
      one.search([1, 2], { spaces: "some" as never }),
      one.search([1, 2], { spaces: "all", k: 0 }),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual([
      ...["BAD_WHERE", "BAD_DIMENSIONS", "BAD_K", "BAD_OPTION", "BAD_OPTION", "BAD_OPTION", "BAD_OPTION"],
      ...["BAD_OPTION", "BAD_K"],
    ]);
    expect(() => away.size).toThrow(expect.objectContaining({ code: "CLUSTER_UNSERVED" }));
  }

  /** Among it a member that says it serves everything, and never replies. */
  async function sendNonsense({ connection }: Outside, prefix: string): Promise<void> {
    const member = "0123456789abcdef";
    const some = [
      new Uint8Array(0),
      new Uint8Array(3),
      new Uint8Array(100).fill(9),
      new TextEncoder().encode('{"version":1}'),
    ];
    for (const bytes of some) {
      for (const subject of ["beats", `ask.${member}.${member}.1`, `reply.${member}.${member}.1`]) {
        connection.publish(`${prefix}.${subject}`, bytes);
      }
    }
    const beat = { version: 1, name: member, capacity: 1, revision: 1, serves: "ff", isFull: false, leaves: false };
    for (const wrong of [
      { name: "x" },
      { capacity: -1 },
      { serves: "zz" },
      { serves: "ffff" },
      { revision: -1 },
      { version: 2 },
    ]) {
      connection.publish(`${prefix}.beats`, new TextEncoder().encode(JSON.stringify({ ...beat, ...wrong })));
    }
    connection.publish(`${prefix}.beats`, new TextEncoder().encode(JSON.stringify(beat)));
    await connection.flush();
  }

  test("every member reads everything, also what others hold; what arrives that no member has sent is left alone", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name(), ...PLACED };
    const all = await three(members, cluster);
    await fill(all);
    const one = all[0]!;
    await refusesBadCalls(one);
    await sendNonsense(outside, `hnsw.${cluster.name}.${one.options.incarnation.slice(0, 16)}.peers`);
    for (const member of all) await expectFilled(member);
    await expectSame(all);
    expect(members.incidents).toEqual([]);
  });

  test("every member writes everywhere, with results, and reads what it has written", async () => {
    await using members = new Members(server.servers);
    const all = await three(members, { name: name(), ...PLACED, maxDocumentBytes: 100 });
    await Promise.all(
      all.map(async (member, m) => {
        for (const [p, one] of names.entries()) {
          const space = member.space(one);
          await Promise.all(
            [0, 1, 2].map((i) => space.add(`${m}-${i}`, [p, i], { text: `t-${m}`, tags: [`of-${m}`] })),
          );
          expect(await space.count({ where: { tags: `of-${m}` } })).toBe(3);
          expect(await space.update(`${m}-0`, { text: "changed" })).toBe(true);
          expect(await space.update(`${m}-9`, { text: "changed" })).toBe(false);
          expect(await space.updateWhere({ tags: `of-${m}` }, { tags: [`of-${m}`, "more"] })).toBe(3);
          expect(await codeOf(space.update(`${m}-1`, { text: "x".repeat(90) }))).toBe("DOCUMENT_TOO_LARGE");
          expect(await space.delete(`${m}-0`)).toBe(true);
          expect(await space.delete(`${m}-0`)).toBe(false);
          expect(await space.deleteMany([`${m}-1`, `${m}-9`])).toBe(1);
          expect(await space.count({ where: { tags: `of-${m}` } })).toBe(1);
        }
      }),
    );
    const [one, other] = all as [Member, Member, Member];
    for (const space of names) expect(await other.space(space).count({ freshness: one.position })).toBe(3);
    expect(await one.dropSpace(names[4]!)).toBe(true);
    expect(await one.dropSpace(names[4]!)).toBe(false);
    expect(await other.space(names[4]!).count(latest)).toBe(0);
    await expectSame(all);
    expect(members.incidents).toEqual([]);
  });

  test("members leave and come while others read and write: they take over, from snapshots and a log that was trimmed, and have the same", async () => {
    await using members = new Members(server.servers);
    await using outside = await Outside.connect(server.servers);
    const cluster = { name: name(), ...PLACED };
    const all = await three(members, cluster);
    await fill(all);
    const [one, other, third] = all as [Member, Member, Member];
    const before = Date.now() + 3_000;
    for (const space of names) {
      await one.space(space).add("expires", [1, 1], { text: "soon", tags: [] }, { expiresAt: before });
      await one.space(`empty-${space}`).add("k", [1, 1]);
      await one.space(`empty-${space}`).delete("k");
    }
    for (let i = 0; i < 2; i++) {
      for (const member of all) await member.checkpoint();
      for (const space of names) await one.space(space).add("behind", [i, i]);
    }
    for (const member of all) await member.checkpoint();
    expect((await outside.stream(cluster.name)).state.first_seq).toBeGreaterThan(10);
    // Documents that do not fit a field that is added behind them.
    for (const space of names)
      await other.space(space).add("n", [1, 1], { text: "text", tags: [], n: "none" } as never);
    for (const space of names) expect(await other.space(space).update("n", { n: "still none" } as never)).toBe(true);
    await one.addField("n" as never, "number" as never);
    await until(() => Date.now() > before);
    for (const space of names) expect(await other.space(space).update("expires", { text: "late" })).toBe(false);
    const readers = new Readers([one, other], names);
    await third.close();
    const late = await members.open(cluster);
    await until(() => isSpread([one, other, late], 2));
    expect(await readers.stop()).toBeGreaterThan(10);
    for (const member of [one, other, late]) {
      for (const space of names) {
        expect(await member.space(space).count(latest)).toBe(34);
        expect(await member.space(space).delete("behind")).toBe(true);
        await member.space(space).add("behind", [5, 5]);
      }
      expect(Object.keys(member.fields)).toEqual(["tags", "n"]);
    }
    await expectSame([one, other, late]);
    for (const space of names) {
      expect(await late.dropSpace(`empty-${space}`)).toBe(clusterPartitionOf(`empty-${space}`, PARTITIONS) >= 0);
    }
    expect(members.incidents).toEqual([]);
  });

  test("a cluster knows how its partitions are placed; another way is refused", async () => {
    await using members = new Members(server.servers);
    const placed = { name: name(), ...PLACED };
    const one = await members.open(placed);
    expect((await members.open({ name: placed.name })).options.placement).toEqual(PLACED.placement);
    expect(await codeOf(members.open({ ...placed, placement: { replicas: 3 } }))).toBe("CLUSTER_MISMATCH");
    expect(await codeOf(members.open({ ...placed, placement: { replicas: 0 } }))).toBe("BAD_OPTION");
    expect(await codeOf(members.open({ ...placed, placement: { other: 1 } as never }))).toBe("BAD_OPTION");
    expect(await codeOf(members.open({ ...placed, capacity: 0 }))).toBe("BAD_OPTION");
    const whole = { name: name() };
    expect((await members.open(whole)).options.placement).toBeNull();
    expect(await codeOf(members.open({ ...whole, placement: {} }))).toBe("CLUSTER_MISMATCH");
    await one.space("s").add("k", [1, 2]);
    expect(await one.space("s").count()).toBe(1);
  });
});
