// What does a small space cost? Memory and intake of thousands of them, and a search of one with ten vectors.

import { allowedCores } from "../harness/machine.ts";
import { printTable, range, saveResult, times, whole } from "../harness/report.ts";
import { type Case, over, playRounds } from "../harness/rounds.ts";
import type { SpacesMeasurement, SpacesTask } from "../measure/spaces.ts";
import type { Options } from "../options.ts";
import type { Suite } from "./suite.ts";

const VECTORS = 1_000_000;
const PER_SPACE = 100;

export const spaces: Suite = {
  question: "what does a small space cost? 10,000 spaces of 100 vectors with 128 dimensions",
  peers: false,
  run,
};

async function run({ n, repeats, json }: Options): Promise<void> {
  const count = Math.max(1, Math.floor((n ?? VECTORS) / PER_SPACE));
  const cores = Math.min(2, allowedCores().length);
  const title = `${whole(count)} spaces of ${PER_SPACE} vectors`;
  const only: Case<SpacesTask, SpacesMeasurement> = {
    ...{ title, cores, answers: [] },
    task: { spaces: count, vectors: PER_SPACE },
  };
  const tell = ({ vectorsPerSecond, kibPerSpace }: SpacesMeasurement) =>
    `${kibPerSpace.toFixed(1)} KiB a space, ${whole(vectorsPerSecond)} vectors/s`;
  await playRounds("spaces.ts", [only], repeats, tell);
  console.log(`\n128 dimensions, one worker, ${cores} cores; rounds: ${repeats}; median (min-max)\n`);
  const cell = (figure: (answer: SpacesMeasurement) => number, format: (value: number) => string) =>
    range(over(only.answers, figure), format);
  printTable(
    ["case", "KiB a space", "vectors/s", "us a search of 10 vectors"],
    [
      [
        title,
        cell(({ kibPerSpace }) => kibPerSpace, times),
        cell(({ vectorsPerSecond }) => vectorsPerSecond, whole),
        cell(({ searchMicroseconds }) => searchMicroseconds, times),
      ],
    ],
  );
  await saveResult("spaces", json, { repeats, cases: [only] });
}
