// What does the SIMD code generation bring? From the suite of that name.

import type { Plot, Saved, Section } from "../../experiment.ts";
import type { Case } from "../../kit/rounds.ts";
import { spread } from "../../kit/statistics.ts";
import { short, table } from "../../report/markdown.ts";
import { dots } from "../../report/plots.ts";
import type { KernelBuild, KernelsMeasurement, KernelsTask } from "./measure.ts";

const CLAIM = "SIMD in WebAssembly is worth it (beyond the thread)";

interface Row {
  build: KernelBuild;
  dimensions: number;
  dotNs: number;
  squaredNs: number;
  codesNs: number | null;
}

interface Small {
  rust: string;
  rows: Row[];
}

export const kernels: Section<Small> = {
  suite: "kernels",
  title: "Kernels",
  claims: [CLAIM],
  command: "bun run bench kernels",
  condense: ({ rust, cases }: { rust: string; cases: Case<KernelsTask, KernelsMeasurement>[] }) => ({
    rust,
    rows: cases.map(({ task: { build, dimensions }, answers }) => {
      const median = (figure: (answer: KernelsMeasurement) => number) => spread(answers.map(figure)).median;
      return {
        ...{ build, dimensions },
        dotNs: median(({ dotNs }) => dotNs),
        squaredNs: median(({ squaredNs }) => squaredNs),
        codesNs: answers.some(({ codesNs }) => codesNs === undefined) ? null : median(({ codesNs }) => codesNs ?? 0),
      };
    }),
  }),
  page: ({ rust, rows }: Small & Saved) => {
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
      text: `Nanoseconds a distance, vectors in the first-level cache. Rust: ${rust}.\n\n${table(
        ["build", "dimensions", "dot f32", "squared f32", "7-bit codes"],
        rows.map(({ build, dimensions, dotNs, squaredNs, codesNs }) => [
          ...[build, `${dimensions}`, short(dotNs), short(squaredNs)],
          codesNs === null ? "-" : short(codesNs),
        ]),
      )}`,
      plots: plots(rows),
    };
  },
};

function plots(rows: Row[]): Plot[] {
  const dimensions = [...new Set(rows.map((row) => row.dimensions))];
  return dimensions.map((count) => {
    const points = rows
      .filter((row) => row.dimensions === count)
      .flatMap(({ build: thing, dotNs, squaredNs, codesNs }) => [
        { thing, value: dotNs, kind: "dot f32" },
        { thing, value: squaredNs, kind: "squared f32" },
        ...(codesNs === null ? [] : [{ thing, value: codesNs, kind: "7-bit codes" }]),
      ]);
    const axes = { value: { title: "nanoseconds", log: true }, kind: "kernel" };
    return dots(`kernels-${count}`, `Nanoseconds a distance in ${count} dimensions, by build`, points, axes);
  });
}
