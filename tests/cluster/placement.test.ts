/* Does the policy keep every partition on live members, balanced, with the fewest moves? Alone, and on a virtual clock. */
import { describe, expect, test } from "bun:test";
import { type Candidate, nextPlacement, type Placement } from "../../src/cluster/placement/policy.ts";
import { Presence } from "../../src/cluster/placement/presence.ts";
import { Chance } from "../stress/chance.ts";
import { DETECTION_MS, leastMoves, movesOf, type Play, Simulation, sharesOf } from "./placement/simulation.ts";

const settled = (name: string, capacity = 1): Candidate => ({ name, capacity, isSettled: true });
const named = (count: number) => Array.from({ length: count }, (_, i) => settled(`m${String(i).padStart(4, "0")}`));
const nothing = (partitions: number): Placement => Array.from({ length: partitions }, () => []);

/** Each partition on that many different live members, and each of these within one of its share. */
function expectSound(placement: Placement, members: readonly Candidate[], replicas: number): void {
  const count = Math.min(replicas, members.length);
  const held = new Map(members.map(({ name }) => [name, 0]));
  for (const holders of placement) {
    expect(new Set(holders).size).toBe(holders.length);
    expect(holders.length).toBe(count);
    for (const name of holders) held.set(name, held.get(name)! + 1);
  }
  const shares = sharesOf(members, placement.length * count, placement.length);
  for (const { name } of members) {
    expect(Math.abs(held.get(name)! - shares.get(name)!)).toBeLessThan(1 - 1e-9);
  }
}

describe("one step", () => {
  test.each([
    [1, 64, 2],
    [2, 64, 2],
    [3, 64, 2],
    [7, 64, 3],
    [100, 64, 2],
    [1000, 1024, 2],
  ])("%d members share %d partitions, %d replicas of each", (members, partitions, replicas) => {
    const all = named(members);
    const placement = nextPlacement(all, replicas, nothing(partitions));
    expectSound(placement, all, replicas);
    expect(nextPlacement(all, replicas, placement)).toEqual(placement);
  });

  test("a member takes more by its capacity, but a partition once", () => {
    const members = [settled("large", 10), settled("small", 1), settled("other", 2)];
    const placement = nextPlacement(members, 2, nothing(60));
    expectSound(placement, members, 2);
    expect(placement.every((holders) => holders.includes("large"))).toBe(true);
    expect(placement.filter((holders) => holders.includes("small"))).toHaveLength(20);
  });

  test("one that has just come gets nothing, unless too few others are there; one that holds something keeps it", () => {
    const fresh = { name: "fresh", capacity: 1, isSettled: false };
    const three = named(3);
    const before = nextPlacement(three, 2, nothing(30));
    expect(nextPlacement([...three, fresh], 2, before)).toEqual(before);
    expect(nextPlacement([three[0]!, fresh], 2, before).every((holders) => holders.includes("fresh"))).toBe(true);
    const back = three.map((member) => ({ ...member, isSettled: false }));
    expect(nextPlacement(back, 2, before)).toEqual(before);
  });

  test("without any member nothing changes; names that come twice or are gone do not count", () => {
    expect(nextPlacement([], 2, [["a", "b"]])).toEqual([["a", "b"]]);
    expectSound(nextPlacement(named(2), 2, [["m0000", "m0000"], ["gone"], []]), named(2), 2);
  });

  test("from any placement: sound, with the fewest moves there can be", () => {
    const seed = Math.floor(Math.random() * 1e9);
    const chance = new Chance(seed, "steps");
    let [moves, least] = [0, 0];
    for (let run = 0; run < 300; run++) {
      const all = named(chance.between(1, 12)).map((member) => ({ ...member, capacity: chance.between(1, 4) }));
      const replicas = chance.between(1, 4);
      const names = [...all.map(({ name }) => name), "gone", "away"];
      const current = Array.from({ length: chance.between(1, 40) }, () => {
        return Array.from({ length: chance.between(0, replicas) }, () => chance.oneOf(names));
      });
      const next = nextPlacement(all, replicas, current);
      expectSound(next, all, replicas);
      moves += movesOf(current, next);
      least += leastMoves(all, replicas, current);
    }
    if (moves > 1.2 * least) throw new Error(`seed ${seed}: ${moves} moves, ${least} would do`);
  });
});

describe("on a virtual clock", () => {
  const plays: Play[] = [
    { members: 3, partitions: 64, replicas: 2, minutes: 120 },
    { members: 5, partitions: 64, replicas: 3, minutes: 60 },
    { members: 12, partitions: 64, replicas: 2, minutes: 30 },
    { members: 100, partitions: 256, replicas: 2, minutes: 10 },
    { members: 1000, partitions: 1024, replicas: 2, minutes: 3 },
  ];
  test.each(plays)("$members members come, go and flap: $partitions partitions, $replicas replicas", (play) => {
    const seed = Math.floor(Math.random() * 1e9);
    const report = new Simulation(play, new Chance(seed, "members")).run();
    const say = `seed ${seed}: ${JSON.stringify(report)}`;
    expect(report.changes, say).toBeGreaterThan(3);
    expect(report.moves, say).toBeLessThanOrEqual(1.2 * report.leastMoves);
    expect(report.longestWithoutHolderMs, say).toBeLessThanOrEqual(DETECTION_MS);
  });

  test("silence that is shorter than it takes to count as away moves nothing, nor does a pause of the one that listens", () => {
    const presence = new Presence(10_000);
    const before = nextPlacement(named(4), 2, nothing(64));
    for (let second = 0; second < 600; second++) {
      // Each is silent for 9 s of 18, and in the middle no member listens for a minute.
      const now = (second + (second > 300 ? 60 : 0)) * 1000;
      presence.listens(now);
      for (const [i, { name }] of named(4).entries()) {
        if ((second + i * 5) % 18 < 9) presence.hears(name, 1, now);
      }
      if (second < 18) continue;
      expect(nextPlacement(presence.members(now), 2, before)).toEqual(before);
    }
  });

  test("one that is silent for longer is away; one that leaves is at once", () => {
    const presence = new Presence(10_000);
    for (let now = 0; now <= 40_000; now += 1000) {
      presence.listens(now);
      for (const name of ["stays", "silent"]) if (name === "stays" || now < 20_000) presence.hears(name, 1, now);
      const names = presence.members(now).map(({ name }) => name);
      expect(names).toEqual(now <= 29_000 ? ["silent", "stays"] : ["stays"]);
    }
    presence.leaves("stays");
    expect(presence.members(40_000)).toEqual([]);
  });
});
