// What does the SIMD code generation bring? Nanoseconds a distance: AssemblyScript, plain JavaScript, and Rust where it
// can be built.

import type { Suite } from "../../experiment.ts";
import type { Options } from "../../kit/options.ts";
import { printTable, range, saveResult, times } from "../../kit/results.ts";
import { type Case, over, playRounds } from "../../kit/rounds.ts";
import type { KernelBuild, KernelsMeasurement, KernelsTask } from "./measure.ts";

const DIMENSIONS = [128, 768];
const DISTANCES = 2_000_000;
const BUILDS: KernelBuild[] = ["AssemblyScript, relaxed SIMD", "AssemblyScript, baseline SIMD", "plain JavaScript"];

export const kernels: Suite = {
  question: "what does SIMD in WebAssembly bring? Nanoseconds a distance, AssemblyScript, JavaScript, Rust",
  quick: ["--n", "1000000", "--repeats", "1"],
  peers: false,
  run,
};

async function run({ n, repeats, json }: Options): Promise<void> {
  const withRust = Bun.which("wasm-pack") !== null;
  // Its npm package fetches the program from elsewhere when it is installed, which closed networks refuse.
  const rust = withRust ? "built by wasm-pack" : "left out: wasm-pack is not installed here";
  const builds: KernelBuild[] = withRust ? [...BUILDS, "Rust"] : BUILDS;
  const cases = DIMENSIONS.flatMap((dimensions) =>
    builds.map((build): Case<KernelsTask, KernelsMeasurement> => {
      const task = { build, dimensions, distances: n ?? DISTANCES };
      return { title: `${build}, ${dimensions} dimensions`, task, cores: 1, answers: [] };
    }),
  );
  await playRounds("experiments/kernels/measure.ts", cases, repeats, ({ dotNs }) => `${times(dotNs)} ns`);
  console.log(
    `\nns a distance, vectors in the first-level cache; Rust: ${rust}; rounds: ${repeats}; median (min-max)\n`,
  );
  const cell = (answers: KernelsMeasurement[], figure: (answer: KernelsMeasurement) => number) =>
    range(over(answers, figure), times);
  printTable(
    ["case", "dot f32", "squared f32", "7-bit codes"],
    cases.map(({ title, answers }) => [
      title,
      cell(answers, ({ dotNs }) => dotNs),
      cell(answers, ({ squaredNs }) => squaredNs),
      answers.every(({ codesNs }) => codesNs === undefined) ? "-" : cell(answers, ({ codesNs }) => codesNs ?? 0),
    ]),
  );
  await saveResult("kernels", json, { repeats, rust, cases });
}
