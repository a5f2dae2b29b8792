// What does the SIMD code generation bring? Nanoseconds a distance: AssemblyScript, plain JavaScript, and Rust where it
// can be built.

import type { Experiment } from "../../experiment.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short } from "../../kit/table.ts";
import type { KernelBuild, KernelsMeasurement, KernelsTask } from "./measure.ts";
import { section } from "./page.ts";

const DIMENSIONS = [128, 768];
const DISTANCES = 2_000_000;
const BUILDS: KernelBuild[] = ["AssemblyScript, relaxed SIMD", "AssemblyScript, baseline SIMD", "plain JavaScript"];

export const kernels: Experiment = {
  ...section,
  question: "what does SIMD in WebAssembly bring? Nanoseconds a distance, AssemblyScript, JavaScript, Rust",
  quick: ["--n", "1000000", "--repeats", "1"],
  run,
};

async function run({ n, repeats }: Options): Promise<object> {
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
  await playRounds("experiments/kernels/measure.ts", cases, repeats, ({ dotNs }) => `${short(dotNs)} ns`);
  return { rust, cases };
}
