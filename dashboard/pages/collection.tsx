/* What is in one collection? Its options, the fields that are indexed, and its spaces. */
import { bytes, short, whole } from "../data/format.ts";
import { print, type Value } from "../data/json.ts";
import type { Feed } from "../data/live.ts";
import { collectionIn } from "../data/rates.ts";
import { call, inPath } from "../data/server.ts";
import { Hint, Pairs, Tile, Tiles, Wrong } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { placeOf, useLoaded } from "../parts/use.ts";
import { Spaces } from "./spaces.tsx";

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
        <a href={placeOf("collections")}>All collections</a> · <a href={placeOf("points", name)}>Its points</a> ·{" "}
        <a href={placeOf("map", name)}>Its map</a>
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
