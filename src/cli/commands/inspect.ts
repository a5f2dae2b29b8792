/* `inspect`: what is in a folder, be it open elsewhere? */
import { type Inspection, inspect } from "../../storage/tools/inspect.ts";
import { type Command, JSON_OPTION } from "../command.ts";
import { bytesOf, counted, table } from "../terminal/amounts.ts";
import { print, printJson } from "../terminal/output.ts";

export const inspectFolder: Command = {
  summary: "tells what a folder holds",
  places: ["PATH"],
  options: { json: JSON_OPTION },
  notes:
    "Takes no lock and changes nothing: it can look at a folder that a server has open. Reads the journal and the heads\n" +
    "of the snapshots; `live` and `slots` are as of the newest snapshot of a space, `ops` are those in the journal since.",
  async run(given) {
    const found = await inspect(given.place(0));
    await (given.has("json") ? printJson(found) : print(describe(found)));
    return found.problems.length === 0 ? 0 : 1;
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
    mark === null ? "\nThe mark is missing or unreadable: it says nothing about how far the journal was.\n" : "",
    problems.length === 0 ? "" : `\n${counted(problems.length, "problem")}\n`,
    ...problems.map((problem) => `  ${problem}\n`),
  ].join("");
}

/** A name with control characters must not play with the terminal. */
function printable(name: string): string {
  return /[\p{Cc}\p{Cs}]/u.test(name) ? JSON.stringify(name) : name;
}
