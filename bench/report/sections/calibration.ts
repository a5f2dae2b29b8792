// Does the simulator tell the truth? What was measured beside what it says, from `calibrate`.

import {
  type Calibration,
  circumstancesOf,
  deviation,
  type Observed,
  replay,
  UNDISTURBED,
} from "../../simulator/calibration.ts";
import { percent, short, table, whole } from "../markdown.ts";
import { lines } from "../plots.ts";
import type { Saved, Section } from "../section.ts";

const CLAIM = "the simulator reproduces throughput, shares and steals at 1 and 2 workers within 10 %";
const WITHIN = 0.1;

export const calibration: Section<Calibration> = {
  suite: "calibrate",
  title: "Calibration",
  file: "bench/simulator/calibration.json", // the simulator draws from it, and a test holds it to it
  claims: [CLAIM],
  command: "bun run bench calibrate",
  condense: ({ command, set, n, cores, partitions, slice, costs, censusMicroseconds, swing, observed }: Calibration) =>
    ({ command, set, n, cores, partitions, slice, costs, censusMicroseconds, swing, observed }) as Calibration,
  page: (saved: Calibration & Saved) => {
    const rows = saved.observed.map((observed) => {
      const predicted = deviation(observed, replay(saved, observed, UNDISTURBED));
      const circumstances = circumstancesOf(saved, observed);
      const replayed = replay(saved, observed, circumstances);
      return { observed, predicted, circumstances, replayed, off: deviation(observed, replayed) };
    });
    const most = (values: number[]) => Math.max(...values.map(Math.abs));
    const rate = most(rows.map(({ off }) => off.rate));
    const share = most(rows.map(({ off }) => off.share));
    const blind = most(rows.map(({ predicted }) => predicted.rate));
    return {
      findings: [
        {
          claim: CLAIM,
          measured: `rates within ${percent(rate)}, shares within ${percent(share)}; without being told how busy the machine was, rates within ${percent(blind)}`,
          verdict:
            blind <= WITHIN && share <= WITHIN ? "holds" : rate <= 2 * WITHIN ? "holds in part" : "does not hold",
          why:
            saved.swing < 1.15
              ? ""
              : `a case's fastest repetition was ${short(saved.swing)} times its slowest (median of the cases): other programs had the cores too. "Others" below is how many threads of theirs would make an op as slow as it was in that run; decisions and waiting are compared at that.`,
        },
      ],
      text: [
        `${saved.set}, ${whole(saved.n)} vectors in 20 spaces. ${costsText(saved)}`,
        table(
          ["case", "inserts/s", "simulated", "with others", "off by", "others", "share off by", "steals", "simulated"],
          rows.map(({ observed, predicted, circumstances, replayed, off }) => [
            ...[titleOf(observed), whole(observed.insertsPerSecond)],
            ...[whole(observed.insertsPerSecond * (1 + predicted.rate)), whole(replayed.insertsPerSecond)],
            ...[percent(off.rate), circumstances.others.toFixed(1), percent(off.share)],
            ...[`${observed.steals} (${observed.stealsRange.join("–")})`, whole(replayed.steals)],
          ]),
        ),
      ].join("\n\n"),
      plots: [
        lines(
          "calibration-cost",
          "Microseconds to link one op, by the size of its space",
          saved.costs.linkMicroseconds.map(([x, y]) => ({ x, y, kind: "one worker" })),
          { x: { title: "ops in the space", log: true }, y: { title: "microseconds" }, kind: "alone" },
        ),
      ],
    };
  },
};

function costsText({ costs, censusMicroseconds }: Calibration): string {
  const parts = [
    `a slice ${short(costs.sliceMicroseconds)} µs`,
    `a batch ${short(costs.batchMicroseconds)} µs`,
    `a wake ${short(costs.wakeMicroseconds)} µs`,
    `accepting ${short(costs.acceptMicroseconds)} µs a vector`,
    `a census ${short(censusMicroseconds)} µs a vector`,
    `a second worker adds ${percent(costs.slowdownPerWorker)}, one in the same space ${percent(costs.sharedSpace - 1)} more`,
    `a sample's cost spreads by ${percent(costs.spread)}`,
  ];
  return `Costs, as processor time: ${parts.join(", ")}.`;
}

function titleOf({ workers, load, stealing, rate }: Observed): string {
  const kind = stealing.enabled ? "stealing" : "each its own";
  return `${workers} ${workers === 1 ? "worker" : "workers"}, ${load}, ${kind}, ${rate === undefined ? "closed" : `${whole(rate)}/s`}`;
}
