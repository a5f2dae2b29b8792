// What does the way over HTTP cost, beside the same work embedded?

import type { Experiment } from "../../experiment.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short, whole } from "../../kit/table.ts";
import type { ServerMeasurement, ServerTask } from "./measure.ts";
import { section } from "./page.ts";

const POINTS = 20_000;

export const server: Experiment = {
  ...section,
  question: "what does the way over HTTP cost, for upserts and for searches?",
  quick: ["--n", "2000", "--repeats", "1"],
  withoutData: true,
  run,
};

async function run({ n, repeats }: Options): Promise<object> {
  const points = n ?? POINTS;
  const cases = (["server", "embedded"] as const).map((where): Case<ServerTask, ServerMeasurement> => {
    const cores = where === "server" ? 1 : 2; // the server has another one
    return { title: where, task: { where, n: points, searches: Math.max(200, points / 4) }, cores, answers: [] };
  });
  const line = ({ batched, searches }: ServerMeasurement) =>
    `${whole(batched)} points/s, ${whole(searches[0]!.perSecond)} searches/s, p99 ${short(searches[0]!.latencyMs.p99)} ms`;
  await playRounds("experiments/server/measure.ts", cases, repeats, line);
  return { cases };
}
