/* Which collections are there, and how big are they? */
import { useState } from "preact/hooks";
import type { LiveCollection } from "../../src/server/wire/live.ts";
import { bytes, short } from "../data/format.ts";
import type { Feed } from "../data/live.ts";
import { call } from "../data/server.ts";
import { Hint, Wrong } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { placeOf, useLoaded } from "../parts/use.ts";

const SHOWN = 200;

interface Row {
  name: string;
  /** Null: it is not open. */
  live: LiveCollection | null;
}

const live = (of: (one: LiveCollection) => number) => ({
  by: (row: Row) => (row.live === null ? -1 : of(row.live)),
  isNumber: true,
});
const COLUMNS: Column<Row>[] = [
  {
    name: "Name",
    show: ({ name }) => <a href={placeOf("collections", name)}>{name}</a>,
    by: ({ name }) => name,
  },
  { name: "State", show: ({ live }) => (live === null ? "closed" : "open"), by: (row) => (row.live === null ? 1 : 0) },
  { name: "Points", show: ({ live }) => short(live?.points), ...live(({ points }) => points) },
  { name: "Pending", show: ({ live }) => short(live?.pending), ...live(({ pending }) => pending) },
  { name: "Spaces", show: ({ live }) => short(live?.spaces), ...live(({ spaces }) => spaces) },
  { name: "Graphs", show: ({ live }) => short(live?.graphs), ...live(({ graphs }) => graphs) },
  {
    name: "Used",
    show: ({ live }) => (live === null ? "–" : bytes(live.bytes.used)),
    ...live((one) => one.bytes.used),
  },
  {
    name: "Reserved",
    show: ({ live }) => (live === null ? "–" : bytes(live.bytes.reserved)),
    ...live((one) => one.bytes.reserved),
  },
];

export function CollectionsPage({ feed: { events } }: { feed: Feed }) {
  const [wanted, setWanted] = useState("");
  const { value, error, loading, again } = useLoaded(
    (signal) => call<{ collections: { name: string }[] }>("GET", "collections", undefined, signal),
    [],
  );
  const open = new Map(events.at(-1)?.collections.map((one) => [one.name, one]));
  const found = (value?.collections ?? []).filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  const rows = found.slice(0, SHOWN).map(({ name }): Row => ({ name, live: open.get(name) ?? null }));
  return (
    <>
      <h1>Collections</h1>
      {error !== null && <Wrong>{error}</Wrong>}
      <div class="row">
        <label class="field">
          Name contains
          <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
        </label>
        <button type="button" onClick={again}>
          Load again
        </button>
      </div>
      <Table caption="Collections" columns={COLUMNS} rows={rows} keyOf={({ name }) => name} />
      <Hint>
        {loading && value === null ? "Loading …" : `${rows.length} of ${value?.collections.length ?? 0} shown. `}
        The figures are of open collections; one is opened when it is used.
      </Hint>
    </>
  );
}
