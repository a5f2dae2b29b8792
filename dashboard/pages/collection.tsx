/* What is in one collection? Its options, the fields that are indexed, and its spaces page by page. */
import { useState } from "preact/hooks";
import type { SpaceStats } from "../../src/values/reports.ts";
import { bytes, short, whole } from "../data/format.ts";
import { print, type Value } from "../data/json.ts";
import type { Feed } from "../data/live.ts";
import { collectionIn } from "../data/rates.ts";
import { call, inPath } from "../data/server.ts";
import { Hint, Pairs, Tile, Tiles, Wrong } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { placeOf, useLoaded } from "../parts/use.ts";

const PAGE = 50;

interface Described {
  points_count: number;
  config: { params: { vectors: { size: number; distance: string } }; hnsw_config: { [name: string]: Value } };
  payload_schema: Record<string, { data_type: string; points: number }>;
}

interface Field {
  name: string;
  type: string;
  points: number;
}

const FIELDS: Column<Field>[] = [
  { name: "Field", show: ({ name }) => name, by: ({ name }) => name },
  { name: "Type", show: ({ type }) => type, by: ({ type }) => type },
  { name: "Points", show: ({ points }) => whole(points), by: ({ points }) => points, isNumber: true },
];

export function CollectionPage({ name, feed }: { name: string; feed: Feed }) {
  const { value, error } = useLoaded(
    (signal) => call<Described>("GET", `collections/${inPath(name)}`, undefined, signal),
    [name],
  );
  const live = collectionIn(feed.events.at(-1), name);
  const fields = Object.entries(value?.payload_schema ?? {}).map(([name, { data_type, points }]) => ({
    ...{ name, type: data_type, points },
  }));
  return (
    <>
      <h1>{name}</h1>
      <p>
        <a href={placeOf("collections")}>All collections</a> · <a href={placeOf("points", name)}>Its points</a>
      </p>
      {error !== null && <Wrong>{error}</Wrong>}
      <Tiles>
        <Tile name="Points" value={short(live?.points ?? value?.points_count)} />
        <Tile name="Pending" value={short(live?.pending)} note="not linked yet" />
        <Tile name="Spaces" value={short(live?.spaces)} note={live && `${short(live.graphs)} with a graph`} />
        <Tile name="Used" value={live === undefined ? "–" : bytes(live.bytes.used)} />
        <Tile name="Reserved" value={live === undefined ? "–" : bytes(live.bytes.reserved)} />
      </Tiles>
      {value !== null && (
        <Pairs
          of={[
            ["Dimensions", short(value.config.params.vectors.size)],
            ["Distance", value.config.params.vectors.distance],
            ["Graph", print(value.config.hnsw_config)],
          ]}
        />
      )}
      {fields.length > 0 ? (
        <Table caption="Indexed fields" columns={FIELDS} rows={fields} keyOf={(field) => field.name} />
      ) : (
        <Hint>No field has an index.</Hint>
      )}
      <Spaces collection={name} />
    </>
  );
}

const SPACES: Column<SpaceStats>[] = [
  { name: "Space", show: ({ name }) => name },
  { name: "Kind", show: ({ kind, beam }) => (kind === "graph" ? `graph, by ${beam}` : "flat") },
  { name: "Live", show: ({ live }) => whole(live), isNumber: true },
  { name: "Dead", show: ({ dead }) => whole(dead), isNumber: true },
  { name: "Pending", show: ({ pending }) => whole(pending), isNumber: true },
  { name: "Bytes", show: (one) => bytes(one.bytes), isNumber: true },
  { name: "Compactions", show: ({ compactions }) => whole(compactions), isNumber: true },
  { name: "Quarantined", show: ({ quarantined }) => whole(quarantined), isNumber: true },
  { name: "Home", show: ({ home }) => `worker ${home}` },
];

function Spaces({ collection }: { collection: string }) {
  const [prefix, setPrefix] = useState("");
  const [starts, setStarts] = useState<string[]>([]);
  const after = starts.at(-1);
  const { value, error, again } = useLoaded(
    (signal) => {
      const query = new URLSearchParams({ limit: `${PAGE}`, prefix, ...(after === undefined ? {} : { after }) });
      const path = `v1/collections/${inPath(collection)}/spaces?${query}`;
      return call<{ spaces: SpaceStats[]; next: string | null }>("GET", path, undefined, signal);
    },
    [collection, prefix, after],
  );
  return (
    <section aria-label="Spaces">
      {error !== null && <Wrong>{error}</Wrong>}
      <div class="row">
        <label class="field">
          Name begins with
          <input
            type="search"
            value={prefix}
            onInput={(event) => {
              setStarts([]);
              setPrefix(event.currentTarget.value);
            }}
          />
        </label>
        <button type="button" onClick={again}>
          Load again
        </button>
      </div>
      <Table caption="Spaces" columns={SPACES} rows={value?.spaces ?? []} keyOf={({ name }) => name} />
      <div class="row">
        <button type="button" disabled={starts.length === 0} onClick={() => setStarts(starts.slice(0, -1))}>
          Previous page
        </button>
        <button
          type="button"
          disabled={value === null || value.next === null}
          onClick={() => setStarts([...starts, value!.next!])}
        >
          Next page
        </button>
      </div>
    </section>
  );
}
