// What does the SIMD code generation bring?

import type { Plot, Saved, Section } from "../../experiment.ts";
import { type Case, figures, overKnown } from "../../kit/rounds.ts";
import { type Figure, type Medians, medians } from "../../kit/statistics.ts";
import { short, table } from "../../kit/table.ts";
import { dots } from "../../report/plots.ts";
import type { KernelBuild, KernelsMeasurement, KernelsTask } from "./measure.ts";

const CLAIM = "SIMD in WebAssembly is worth it (beyond the source)";

interface Row {
  build: KernelBuild;
  dimensions: number;
  dotNs: Figure;
  squaredNs: Figure;
  /** Where the build has such a kernel. */
  codesNs?: Figure | null | undefined;
}

interface Small {
  rust: string;
  rows: Row[];
}

export const section = {
  title: "Kernels",
  claims: [CLAIM],
  command: "bun run bench kernels",
  condense: ({ rust, cases }: { rust: string; cases: Case<KernelsTask, KernelsMeasurement>[] }): Small => ({
    rust,
    rows: cases.map(({ task: { build, dimensions }, answers }) => ({
      ...{ build, dimensions, ...figures(answers, "dotNs", "squaredNs") },
      codesNs: overKnown(answers, ({ codesNs }) => codesNs),
    })),
  }),
  page: (small: Small & Saved) => {
    const rows = medians(small.rows);
    const find = (build: KernelBuild) => rows.find((row) => row.build === build && row.dimensions === 128)!;
    const [relaxed, baseline] = [find("AssemblyScript, relaxed SIMD"), find("AssemblyScript, baseline SIMD")];
    const times = find("plain JavaScript").squaredNs / relaxed.squaredNs;
    const codes = (baseline.codesNs ?? 0) / (relaxed.codesNs ?? 1);
    return {
      findings: [
        {
          claim: CLAIM,
          measured: `${short(times)} times plain JavaScript for f32 in 128 dimensions; relaxed SIMD ${short(codes)} times baseline for codes`,
          verdict: times >= 2 ? "holds" : "does not hold",
          why: "",
        },
      ],
      body: [
        `Nanoseconds a distance, vectors in the first-level cache. Rust: ${small.rust}.`,
        table(small.rows, [
          ["build", "build"],
          ["dimensions", "dimensions", String],
          ["dot f32", "dotNs", short],
          ["squared f32", "squaredNs", short],
          ["7-bit codes", "codesNs", short],
        ]),
      ],
      plots: plots(rows),
    };
  },
} satisfies Section;

function plots(rows: Medians<Row>[]): Plot[] {
  const dimensions = [...new Set(rows.map((row) => row.dimensions))];
  return dimensions.map((count) => {
    const points = rows
      .filter((row) => row.dimensions === count)
      .flatMap(({ build: thing, dotNs, squaredNs, codesNs }) => [
        { thing, value: dotNs, kind: "dot f32" },
        { thing, value: squaredNs, kind: "squared f32" },
        ...(codesNs ? [{ thing, value: codesNs, kind: "7-bit codes" }] : []),
      ]);
    const axes = { value: { title: "nanoseconds", log: true }, kind: "kernel" };
    return dots(`kernels-${count}`, `Nanoseconds a distance in ${count} dimensions, by build`, points, axes);
  });
}
