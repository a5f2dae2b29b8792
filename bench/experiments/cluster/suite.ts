// What does an index on several machines take in and find, and how long does a member take to join?

import { HOW_TO_GET_NATS, natsServer } from "../../../tests/support/nats-servers.ts";
import type { Experiment } from "../../experiment.ts";
import { twoCores } from "../../kit/machine.ts";
import type { Options } from "../../kit/options.ts";
import { type Case, playRounds } from "../../kit/rounds.ts";
import { short, whole } from "../../kit/table.ts";
import type { JoinMeasurement, JoinTask, LoadMeasurement, LoadTask } from "./measure.ts";
import { section } from "./page.ts";

const OPS = 20_000;
const JOINED = 5; // times as many vectors
const MEMBERS = [1, 2, 3, 4];
const REPLICAS = [1, 3] as const;

export const cluster: Experiment = {
  ...section,
  question: "what does an index on several machines take in and find, and how long does a member take to join?",
  quick: ["--n", "1000", "--repeats", "1"],
  withoutData: true,
  run,
};

async function run({ n: given, repeats }: Options): Promise<object> {
  const n = given ?? OPS;
  if (natsServer === null) {
    console.error(HOW_TO_GET_NATS);
    return { missing: HOW_TO_GET_NATS, loads: [], joins: [] };
  }
  const cores = twoCores();
  const loads = REPLICAS.flatMap((replicas) =>
    MEMBERS.map((members): Case<LoadTask, LoadMeasurement> => {
      const title = `${replicas} ${replicas === 1 ? "server" : "servers"}, ${members} ${members === 1 ? "member" : "members"}`;
      return { title, task: { kind: "load", replicas, members, n }, cores, answers: [] };
    }),
  );
  const joins = REPLICAS.map((replicas): Case<JoinTask, JoinMeasurement> => {
    const title = `${replicas} ${replicas === 1 ? "server" : "servers"}`;
    return { title, task: { kind: "join", replicas, n: n * JOINED }, cores, answers: [] };
  });
  const script = "experiments/cluster/measure.ts";
  await playRounds(script, loads, repeats, ({ writes, lagMs }) => {
    return `${writes.map(({ perSecond }) => whole(perSecond)).join(", ")} ops/s, lag ${short(lagMs)} ms`;
  });
  await playRounds(script, joins, repeats, ({ fromLogMs, fromSnapshotMs }) => {
    return `joined from the log in ${whole(fromLogMs)} ms, from a snapshot in ${whole(fromSnapshotMs)}`;
  });
  return { cores, missing: "", loads, joins };
}
