/* `inspect`: what does a folder hold, even while a server has it open? */
import { type Inspection, inspect } from "../../storage/tools/inspect.ts";
import { bytesOf, counted, table } from "../terminal/amounts.ts";
import type { Command } from "./command.ts";

export const inspectFolder: Command = {
  summary: "shows what a folder holds",
  takes: ["PATH"],
  options: {},
  notes:
    "Takes no lock and changes nothing, so a server may have the folder open. Reads the journal and the heads of the\n" +
    "snapshots: `live` and `slots` are those of a space's newest snapshot, `ops since` are in the journal.",
  async run(args) {
    const found = await inspect(args.at(0));
    return { text: describe(found), report: found, failed: found.problems.length > 0 };
  },
};

function describe({ partitions, snapshots, spaces, mark, problems, ...index }: Inspection): string {
  const { path, format, dimensions, metric, M, seed } = index;
  const spaceRows = spaces.map(({ name, partition, id, snapshot, ops }) => {
    const { live = "–", slots = "–", sequence = "–" } = snapshot ?? {};
    return [printable(name), partition, id, sequence, live, slots, ops];
  });
  const partitionRows = partitions.map(({ partition, last, trimmed, groups, ops, bytes }) => {
    return [`${partition}`, last, trimmed, mark?.[partition] ?? "–", groups, ops, bytesOf(bytes)];
  });
  return [
    `${path}: format ${format}, ${counted(dimensions, "dimension")}, ${metric}, M ${M}, seed ${seed}\n`,
    `\n${counted(partitions.length, "partition")}\n`,
    table([["partition", "last op", "trimmed", "mark", "groups", "ops", "journal"], ...partitionRows]),
    `\n${counted(snapshots.count, "snapshot")} in ${counted(snapshots.files, "file")}, ${bytesOf(snapshots.bytes)}\n`,
    `\n${counted(spaces.length, "space")}\n`,
    spaces.length === 0
      ? ""
      : table([["space", "partition", "id", "snapshot at", "live", "slots", "ops since"], ...spaceRows]),
    mark === null ? "\nThe mark is missing or unreadable: how far the journal was, at least, is not known.\n" : "",
    problems.length === 0 ? "" : `\n${counted(problems.length, "problem")}\n`,
    ...problems.map((problem) => `  ${problem}\n`),
  ].join("");
}

/** Keeps control characters in a name from reaching the terminal. */
function printable(name: string): string {
  return /[\p{Cc}\p{Cs}]/u.test(name) ? JSON.stringify(name) : name;
}
