/* Are contenders compared fairly? */
import { describe, expect, test } from "bun:test";
import { compare, type Entry } from "../../bench/experiments/peers/comparison.ts";
import type { PeersMeasurement } from "../../bench/experiments/peers/measure.ts";
import { section } from "../../bench/experiments/peers/page.ts";
import { MAIN_EF } from "../../bench/kit/curve.ts";
import { markdown } from "../../bench/report/markdown.ts";

const N = 1000;
const FLOOR = 0.95;

/** A round of this many inserts a second, and twice as many searches a second at recall .95. */
function round(insertsPerSecond: number, recall = 0.96): PeersMeasurement {
  const rate = 2 * insertsPerSecond;
  const curve = [
    { ef: 32, recall: recall - 0.02, searchesPerSecond: rate },
    { ef: MAIN_EF, recall, searchesPerSecond: rate },
  ];
  return { cpuSeconds: 1, insertsPerSecond, memoryMB: 1, curve };
}

function entry(name: string, rounds: Entry["rounds"], threads = 1): Entry {
  return { name, settings: "", ours: name === "ours", threads, cores: threads, rounds, failures: [] };
}

describe("the fastest peer", () => {
  test("is the one with the highest median, and ratios are taken within each round", () => {
    const entries = [
      entry("ours", [round(100), round(400)]),
      entry("even", [round(50), round(50)]),
      entry("drifting", [round(20), round(200)]),
    ];
    const [ours] = compare(entries, N, FLOOR);
    expect(ours!.inserting).toEqual({ peer: "drifting", recall: 0.96, times: { median: 3.5, min: 2, max: 5 } });
    expect(ours!.searching!.times).toEqual({ median: 3.5, min: 2, max: 5 });
  });

  test("has enough recall and no more threads", () => {
    const entries = [
      entry("ours", [round(100)]),
      entry("coarse", [round(90, 0.9)]),
      entry("parallel", [round(80)], 2),
      entry("alone", [round(50)]),
      entry("ours", [round(160)], 2),
    ];
    const rows = compare(entries, N, FLOOR);
    expect(rows[0]!.inserting).toMatchObject({ peer: "alone", times: { median: 2 } });
    expect(rows[4]!.inserting).toMatchObject({ peer: "parallel", times: { median: 2 } });
  });

  test("is undefined if only our own results exist", () => {
    const [ours] = compare([entry("ours", [round(100)])], N, FLOOR);
    expect(ours).toMatchObject({ inserting: undefined, searching: undefined, searchesPerSecond: { median: 200 } });
  });
});

test("failed rounds and those that a slow contender sits out are left out; one without any is no row", () => {
  const entries = [
    entry("ours", [null, round(100), round(300)]),
    entry("slow", [round(10)]),
    entry("native", [round(20), round(25), null]),
    entry("broken", [null, null, null]),
  ];
  const rows = compare(entries, N, FLOOR);
  expect(rows.map(({ name }) => name)).toEqual(["ours", "slow", "native"]);
  expect(rows[0]).toMatchObject({ insertsPerSecond: { median: 200 }, inserting: { times: { median: 4 } } });
  expect(rows[1]).toMatchObject({ inserting: { times: { median: 0.5 } } });
});

test("the page names who is missing, leaves out what was not measured, and claims nothing at lower recall", () => {
  const rows = compare([entry("ours", [round(100, 0.955)]), entry("native", [round(50)])], N, FLOOR);
  const { findings, body } = section.page({
    ...{ suite: "peers", date: "2026-01-02T03:04:05Z", machine: {} as never, repeats: 3, equalRecall: 0.95 },
    missing: [{ name: "absent", reason: "it is not installed" }],
    sets: [{ set: "glove", n: N, dimensions: 100, rows }],
  });
  expect(findings[0]).toMatchObject({ verdict: "holds in part" });
  expect(findings[0]!.measured).toContain(
    "inserts 2 times native (recall@10 0.955, its 0.960), searches 2 times native",
  );
  const text = markdown(body);
  expect(text).toContain("- absent is not measured: it is not installed.");
  expect(text).not.toMatch(/NaN|undefined|null/);
});
