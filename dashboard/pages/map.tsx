/* How do a collection's points lie? A sample in two dimensions, coloured by a field; one that is picked shows its neighbours. */
import { useMemo, useState } from "preact/hooks";
import { short, whole } from "../data/format.ts";
import { type Id, parse, print, type Value } from "../data/json.ts";
import { COLORS, cloudOf, type Placed } from "../data/map.ts";
import { call, inPath } from "../data/server.ts";
import { CloudCanvas } from "../parts/cloud.tsx";
import { Choice, Hint, Wrong } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { placeOf, useLoaded } from "../parts/use.ts";
import { OfCollection } from "./of-collection.tsx";

const SAMPLES = ["2000", "5000", "20000"];
const NEIGHBOURS = 10;

export function MapPage({ name }: { name: string | undefined }) {
  return (
    <OfCollection title="Map" page="map" name={name} show={(chosen) => <MapOf key={chosen} collection={chosen} />} />
  );
}

function MapOf({ collection }: { collection: string }) {
  const [field, setField] = useState("");
  const [colour, setColour] = useState("");
  const [sample, setSample] = useState(SAMPLES[0]!);
  const [picked, setPicked] = useState<Id | null>(null);
  const { value, error, loading } = useLoaded(
    (signal) => {
      const query = new URLSearchParams({ sample, ...(colour === "" ? {} : { field: colour }) });
      return call<Placed[]>("GET", `v1/collections/${inPath(collection)}/map?${query}`, undefined, signal);
    },
    [collection, colour, sample],
  );
  const cloud = useMemo(() => cloudOf(value ?? []), [value]);
  const places = useMemo(() => new Map(cloud.ids.map((id, place) => [id, place])), [cloud]);
  const hits = useNeighbours(collection, picked);
  const neighbours = useMemo(
    () => hits.points.map(({ id }) => places.get(id) ?? -1).filter((place) => place >= 0),
    [hits.points, places],
  );
  const submit = (event: Event) => {
    event.preventDefault();
    setColour(field.trim());
  };
  return (
    <>
      <form class="question" onSubmit={submit}>
        <label class="field">
          Colour by field
          <input value={field} onInput={(event) => setField(event.currentTarget.value)} />
        </label>
        <Choice label="Points at most" value={sample} of={SAMPLES} onChange={setSample} />
        <button type="submit">Show</button>
      </form>
      {error !== null && <Wrong>{error}</Wrong>}
      <CloudCanvas
        {...{ cloud, neighbours, picked: picked === null ? -1 : (places.get(picked) ?? -1) }}
        label={`${whole(cloud.ids.length)} points of ${collection} in two dimensions`}
        onPick={(place) => setPicked(cloud.ids[place]!)}
      />
      <ul class="legend">
        {cloud.legend.map(({ color, text }) => (
          <li key={text}>
            <span class={`swatch ${color < COLORS ? `line-${color}` : "line-other"}`} aria-hidden="true" />
            {text}
          </li>
        ))}
      </ul>
      <Hint>
        {loading ? "Loading …" : `${whole(cloud.ids.length)} points along their first two principal components.`} Drag
        or use the arrows to move, the wheel or + and − to zoom; a click picks a point.
      </Hint>
      <Picked {...{ collection, picked, error: hits.error, points: hits.points }} onPick={setPicked} />
    </>
  );
}

interface Hit {
  id: Id;
  score: number;
  payload?: { [name: string]: Value } | null;
}
const NONE: Hit[] = [];

function useNeighbours(collection: string, picked: Id | null): { points: Hit[]; error: string | null } {
  const { value, error } = useLoaded(
    async (signal) => {
      if (picked === null) return NONE;
      const body = { query: picked, limit: NEIGHBOURS, with_payload: true };
      const path = `collections/${inPath(collection)}/points/query`;
      return (await call<{ points: Hit[] }>("POST", path, body, signal)).points;
    },
    [collection, picked],
  );
  return { points: error === null ? (value ?? NONE) : NONE, error };
}

interface PickedProps {
  collection: string;
  picked: Id | null;
  points: Hit[];
  error: string | null;
  onPick(id: Id): void;
}

function Picked({ collection, picked, points, error, onPick }: PickedProps) {
  const [text, setText] = useState("");
  const columns: Column<Hit>[] = [
    {
      name: "Id",
      show: ({ id }) => (
        <button type="button" class="link" onClick={() => onPick(id)}>
          {`${id}`}
        </button>
      ),
    },
    { name: "Score", show: ({ score }) => short(score), by: ({ score }) => score, isNumber: true },
    { name: "Document", show: ({ payload }) => <code class="document">{print(payload ?? {})}</code> },
  ];
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== "") onPick(/^\d{1,20}$/.test(text.trim()) ? (parse(text) as Id) : text.trim());
  };
  return (
    <>
      <form class="row" onSubmit={submit}>
        <label class="field">
          Id of a point
          <input value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit">Pick</button>
        {picked !== null && <a href={placeOf("points", collection, `${picked}`)}>Among the points</a>}
      </form>
      {error !== null && <Wrong>{error}</Wrong>}
      {picked !== null && error === null && (
        <Table
          caption={`Nearest to ${picked}`}
          columns={columns}
          rows={points}
          keyOf={({ id }) => `${typeof id} ${id}`}
        />
      )}
    </>
  );
}
