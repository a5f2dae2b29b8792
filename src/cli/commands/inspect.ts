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
    "snapshots: `live` and `slots` are those of a space's newest snapshot, `ops since` are in the journal. The second table\n" +
    "says what each space took in memory when that was taken.",
  async run(args) {
    const found = await inspect(args.at(0));
    return { lines: describe(found), report: found, failed: found.problems.length > 0 };
  },
};

function describe({ partitions, snapshots, spaces, mark, problems, ...index }: Inspection): string[] {
  const { path, format, dimensions, metric, M, seed, fields } = index;
  const spaceRows = spaces.map(({ name, partition, id, snapshot, ops }) => {
    const { live = "–", slots = "–", sequence = "–" } = snapshot ?? {};
    return [name, partition, id, sequence, live, slots, ops];
  });
  const memoryRows = spaces.flatMap(({ name, memory }) => {
    if (memory === null) return [];
    const { all, vectors, graph, documents, columns, dictionaries } = memory;
    return [[name, ...[all, vectors, graph, documents, columns, dictionaries].map(bytesOf)]];
  });
  const partitionRows = partitions.map(({ partition, last, trimmed, groups, ops, bytes }) => {
    return [`${partition}`, last, trimmed, mark?.[partition] ?? "–", groups, ops, bytesOf(bytes)];
  });
  const spaceTable = table([["space", "partition", "id", "snapshot at", "live", "slots", "ops since"], ...spaceRows]);
  const memoryTable = table([
    ["in memory", "all", "vectors", "graph", "documents", "columns", "dictionaries"],
    ...memoryRows,
  ]);
  const noMark = "The mark is missing or unreadable: how far the journal was, at least, is not known.";
  return [
    `${path}: format ${format}, ${counted(dimensions, "dimension")}, ${metric}, M ${M}, seed ${seed}`,
    ...(Object.keys(fields).length === 0 ? [] : [`fields: ${fieldList(fields)}`]),
    ...["", counted(partitions.length, "partition")],
    ...table([["partition", "last op", "trimmed", "mark", "groups", "ops", "journal"], ...partitionRows]),
    ...[
      "",
      `${counted(snapshots.count, "snapshot")} in ${counted(snapshots.files, "file")}, ${bytesOf(snapshots.bytes)}`,
    ],
    ...["", counted(spaces.length, "space"), ...(spaces.length === 0 ? [] : spaceTable)],
    ...(memoryRows.length === 0 ? [] : ["", ...memoryTable]),
    ...(mark === null ? ["", noMark] : []),
    ...(problems.length === 0 ? [] : ["", counted(problems.length, "problem")]),
    ...problems.map((problem) => `  ${problem}`),
  ];
}

function fieldList(fields: Inspection["fields"]): string {
  return Object.entries(fields)
    .map(([name, type]) => `${name} (${type})`)
    .join(", ");
}
