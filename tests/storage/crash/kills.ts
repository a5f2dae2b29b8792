/*
 * Does a folder survive its process, again and again? A client works on it until it is killed -9 at a random moment,
 * perhaps while it opens the folder. Then the contents of a copy are compared with the model, and the next client goes
 * on: half of the time with the folder as the dead one left it, half of the time with the copy that was opened and closed.
 */
import { cpSync, rmSync } from "node:fs";
import { openWith } from "../../../src/api/open.ts";
import { Chance } from "../../stress/chance.ts";
import type { ClientJob } from "./children/client.ts";
import { follow, runClient, Workplace } from "./client.ts";
import { columnsOf, contentOf, lateFieldsOf, Model } from "./model.ts";
import { optionsOf } from "./ops.ts";

/** The results of many kills. */
export class KillTally {
  kills = 0;
  /** Clients that were killed before their folder was open. */
  early = 0;
  /** Clients that had finished before, and clients that a crash of Bun ended. */
  completed = 0;
  crashes = 0;
  ops = 0;
  replayed = 0;
  snapshots = 0;
  unknown = 0;
  unknownThere = 0;
  acrossSpaces = 0;
  /** Fields that folders had got, of all that were looked at. */
  fields = 0;
  readonly failures: string[] = [];
}

/** Kills clients of one folder. Failures go to the tally, with the folder's path. */
export async function killOneFolder(seed: number, kills: number, tally: KillTally): Promise<void> {
  using place = new Workplace();
  const fail = (what: string) => {
    place.keep();
    tally.failures.push(`seed ${seed}: ${what}; the folder is kept in ${place.path}`);
  };
  const options = { ...optionsOf(seed), path: place.at("index") };
  const chance = new Chance(seed, "kills");
  const model = new Model();
  let from = 0;
  for (let kill = 0; kill < kills; kill++) {
    const job: ClientJob = {
      options: { ...options, workers: chance.between(0, 2) },
      seed,
      from,
      to: from + chance.between(40, 400),
      inFlight: chance.oneOf([1, 1, 4, 16]),
      log: place.at("log"),
      end: "close",
    };
    const early = chance.is(0.25);
    const lines = early ? 1 : chance.between(2, 300);
    let seen = 0;
    const afterMs = early ? chance.between(0, 60) : chance.oneOf([0, 0, 1, 2, 5, 20]);
    const { by, code, lines: log, errors } = await runClient(job, () => ++seen >= lines, afterMs);
    const refused = log.find((line) => line.startsWith("x"));
    if (refused !== undefined || (by === "itself" && code !== 0)) {
      return fail(`kill ${kill}: the client was refused: ${refused ?? `it ended with ${code}: ${errors}`}`);
    }
    if (by === "us") tally.kills++;
    else if (by === "crash") tally.crashes++;
    else tally.completed++;
    if (!log.includes("o")) tally.early++;
    const next = follow(model, job, log);
    tally.ops += next - from;
    from = next;
    place.copy(options.path, "before"); // as the dead client left it, to look into a failure
    const looked = place.copy(options.path, "looked");
    const problems = await compare(looked, options, chance.between(0, 2), model, tally);
    if (problems.length > 0) return fail(`kill ${kill} (next op ${from}): ${problems.join("\n  ")}`);
    if (!chance.is(0.5)) continue;
    rmSync(options.path, { recursive: true, force: true });
    cpSync(looked, options.path, { recursive: true });
  }
  tally.unknown += model.unknown;
  tally.unknownThere += model.unknownThere;
  tally.acrossSpaces += model.acrossSpaces;
}

/** Opens a folder, compares it with the model, checks it, and closes it. Resolves to what is wrong. */
export async function compare(
  path: string,
  options: ReturnType<typeof optionsOf>,
  workers: number,
  model: Model,
  tally: KillTally,
): Promise<string[]> {
  const incidents: string[] = [];
  const onIncident = ({ message }: { message: string }) => void incidents.push(message);
  try {
    const { index } = await openWith({ ...options, path, workers, onIncident }, {});
    try {
      const { problems, replayed, snapshots } = index.recovery!;
      tally.replayed += replayed;
      tally.snapshots += snapshots;
      const content = await contentOf(index);
      const fields = lateFieldsOf(index);
      tally.fields += fields.size;
      const wrong = [...model.settle(content, fields), ...(await columnsOf(index, content))];
      const report = await index.check();
      return [...problems, ...wrong, ...report.problems, ...incidents].concat(
        report.unreachable > 0 ? [`${report.unreachable} can't be reached`] : [],
      );
    } finally {
      await index.close();
    }
  } catch (error) {
    return [`can't be opened, compared or closed: ${error}`];
  }
}
