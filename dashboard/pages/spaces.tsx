/* Which spaces does a collection have? The server searches, sorts and pages them: there may be a hundred thousand. */
import { useState } from "preact/hooks";
import type { SpaceStats } from "../../src/values/reports.ts";
import { bytes, whole } from "../data/format.ts";
import { call, inPath } from "../data/server.ts";
import { Wrong } from "../parts/notes.tsx";
import { type Column, type Sorting, Table } from "../parts/table.tsx";
import { useLoaded } from "../parts/use.ts";

const PAGE = 50;

const figure = (name: string, show: (space: SpaceStats) => string) => ({ name, show, by: () => 0, isNumber: true });
const COLUMNS: Column<SpaceStats>[] = [
  { name: "Name", show: ({ name }) => name, by: () => 0 },
  { name: "Kind", show: ({ kind, beam }) => (kind === "graph" ? `graph, by ${beam}` : "flat") },
  { name: "Recall at 10", show: recallOf },
  figure("Live", ({ live }) => whole(live)),
  figure("Dead", ({ dead }) => whole(dead)),
  figure("Pending", ({ pending }) => whole(pending)),
  figure("Bytes", (space) => bytes(space.bytes)),
  figure("Compactions", ({ compactions }) => whole(compactions)),
  figure("Quarantined", ({ quarantined }) => whole(quarantined)),
  { name: "Home", show: ({ home }) => `worker ${home}` },
];

/** As it was measured, with the ef in use. */
function recallOf({ ef, recall }: SpaceStats): string {
  if (ef === null) return "exact";
  if (recall === null) return `not measured, ef ${whole(ef)}`;
  return `${recall.at10.recall.toFixed(3)} ± ${recall.at10.error.toFixed(3)}, ef ${whole(ef)}`;
}

interface Found {
  spaces: SpaceStats[];
  total: number;
}

export function Spaces({ collection }: { collection: string }) {
  const [contains, setContains] = useState("");
  const [sorting, setSorting] = useState<Sorting>({ column: "Name", down: false });
  const [skip, setSkip] = useState(0);
  const { value, error, again } = useLoaded(
    (signal) => {
      const { column, down } = sorting;
      const page = { limit: `${PAGE}`, skip: `${skip}`, sort: column.toLowerCase(), down: `${down}` };
      const query = new URLSearchParams({ ...page, contains });
      return call<Found>("GET", `v1/collections/${inPath(collection)}/spaces?${query}`, undefined, signal);
    },
    [collection, contains, sorting, skip],
  );
  const { spaces = [], total = 0 } = value ?? {};
  const fromStart = (change: () => void) => {
    setSkip(0);
    change();
  };
  const places = `${whole(skip + 1)} to ${whole(skip + spaces.length)} of ${whole(total)}`;
  return (
    <section aria-label="Spaces">
      {error !== null && <Wrong>{error}</Wrong>}
      <div class="row">
        <label class="field">
          Name contains
          <input
            type="search"
            value={contains}
            onInput={({ currentTarget: { value } }) => fromStart(() => setContains(value))}
          />
        </label>
        <button type="button" onClick={again}>
          Load again
        </button>
      </div>
      <Table
        caption="Spaces"
        columns={COLUMNS}
        rows={spaces}
        keyOf={({ name }) => name}
        sorting={sorting}
        onSort={(next) => fromStart(() => setSorting(next))}
      />
      <div class="row">
        <button type="button" disabled={skip === 0} onClick={() => setSkip(Math.max(0, skip - PAGE))}>
          Previous page
        </button>
        <button type="button" disabled={skip + PAGE >= total} onClick={() => setSkip(skip + PAGE)}>
          Next page
        </button>
        <span class="hint" role="status">
          {spaces.length === 0 ? "No space." : places}
        </span>
      </div>
    </section>
  );
}
