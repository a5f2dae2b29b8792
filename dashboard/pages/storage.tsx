/* How do open collections reach the disk? Journal and snapshots, what opening found, and what went wrong since. */

import type { LiveCollection, LiveIncident } from "../../src/server/wire/live.ts";
import { bytes, milliseconds, short, whole } from "../data/format.ts";
import type { Feed } from "../data/live.ts";
import { Hint, Pairs, Wrong } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";

type Kept = LiveCollection & { journal: NonNullable<LiveCollection["journal"]> };

const JOURNAL: Column<Kept>[] = [
  { name: "Collection", show: ({ name }) => name, by: ({ name }) => name },
  { name: "Ops", show: ({ journal }) => whole(journal.ops), by: ({ journal }) => journal.ops, isNumber: true },
  {
    name: "Commits",
    show: ({ journal }) => whole(journal.groups),
    by: ({ journal }) => journal.groups,
    isNumber: true,
  },
  {
    name: "Ops a commit",
    show: ({ journal }) => short(journal.meanGroup),
    by: ({ journal }) => journal.meanGroup,
    isNumber: true,
  },
  {
    name: "Mean commit",
    show: ({ journal }) => milliseconds(journal.meanCommitMs),
    by: ({ journal }) => journal.meanCommitMs,
    isNumber: true,
  },
  {
    name: "Last commit",
    show: ({ journal }) => milliseconds(journal.lastCommitMs),
    by: ({ journal }) => journal.lastCommitMs,
    isNumber: true,
  },
  { name: "Journal", show: ({ journal }) => bytes(journal.bytes), by: ({ journal }) => journal.bytes, isNumber: true },
  {
    name: "Snapshots",
    show: ({ journal }) => whole(journal.snapshots),
    by: ({ journal }) => journal.snapshots,
    isNumber: true,
  },
  {
    name: "Their bytes",
    show: ({ journal }) => bytes(journal.snapshotBytes),
    by: ({ journal }) => journal.snapshotBytes,
    isNumber: true,
  },
  {
    name: "Restarts",
    show: ({ journal }) => whole(journal.restarts),
    by: ({ journal }) => journal.restarts,
    isNumber: true,
  },
];

const INCIDENTS: Column<LiveIncident>[] = [
  { name: "When", show: ({ at }) => new Date(at).toLocaleString(), by: ({ at }) => at },
  { name: "Collection", show: ({ collection }) => collection, by: ({ collection }) => collection },
  { name: "Thread", show: ({ worker }) => (worker < 0 ? "storage" : `worker ${worker}`), by: ({ worker }) => worker },
  { name: "Kind", show: ({ kind }) => kind, by: ({ kind }) => kind },
  { name: "What happened", show: ({ message }) => message },
];

export function StoragePage({ feed }: { feed: Feed }) {
  const latest = feed.events.at(-1);
  if (latest === undefined) return <Hint>Waiting for the first figures …</Hint>;
  const kept = latest.collections.filter((one): one is Kept => one.journal !== null);
  const failing = kept.filter(({ journal }) => journal.failure !== null);
  return (
    <>
      <h1>Storage</h1>
      {failing.map(({ name, journal }) => (
        <Wrong key={name}>{`${name}: ${journal.failure}`}</Wrong>
      ))}
      {kept.length === 0 ? (
        <Hint>No open collection is kept in a folder.</Hint>
      ) : (
        <Table
          caption="Journals and snapshots since opening"
          columns={JOURNAL}
          rows={kept}
          keyOf={({ name }) => name}
        />
      )}
      {latest.incidents.length > 0 ? (
        <Table
          caption="Incidents since the server was started"
          columns={INCIDENTS}
          rows={latest.incidents.toReversed()}
          keyOf={({ at, collection, message }) => `${at} ${collection} ${message}`}
        />
      ) : (
        <Hint>No incident since the server was started.</Hint>
      )}
      {latest.collections.map(
        ({ name, recovery }) => recovery && <Recovery key={name} name={name} report={recovery} />,
      )}
    </>
  );
}

function Recovery({ name, report }: { name: string; report: NonNullable<LiveCollection["recovery"]> }) {
  return (
    <section aria-label={`What opening ${name} found`}>
      <h2>What opening {name} found</h2>
      <Pairs
        of={[
          ["Spaces from snapshots", whole(report.snapshots)],
          ["Ops from the journal", whole(report.replayed)],
          ["Time", milliseconds(report.ms)],
          ["Damage", report.problems.length === 0 ? "none" : ""],
        ]}
      />
      {report.problems.map((problem) => (
        <Wrong key={problem}>{problem}</Wrong>
      ))}
    </section>
  );
}
