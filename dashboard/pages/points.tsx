/* Which points does a collection have? All by id, those near a vector or another point, those that pass a filter. */
import { useState } from "preact/hooks";
import { short } from "../data/format.ts";
import { type Id, parse, print, type Value } from "../data/json.ts";
import { call, inPath, mayWrite, type Session } from "../data/server.ts";
import { Choice, Hint, Wrong } from "../parts/notes.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { reason, useLoaded } from "../parts/use.ts";
import { OfCollection } from "./of-collection.tsx";
import { PointDialog } from "./point.tsx";

interface Point {
  id: Id;
  score?: number;
  payload?: { [name: string]: Value } | null;
}

const WAYS = ["all, by id", "near a vector", "similar to a point"] as const;
type Way = (typeof WAYS)[number];

interface Asked {
  way: Way;
  /** A vector as JSON, or an id. */
  from: string;
  /** As JSON; empty: none. */
  filter: string;
  limit: number;
}

export function PointsPage({
  name,
  id,
  session,
}: {
  name: string | undefined;
  id: string | undefined;
  session: Session;
}) {
  const show = (chosen: string) => (
    <Points key={chosen} collection={chosen} id={id} canWrite={mayWrite(session, chosen)} />
  );
  return <OfCollection title="Points" page="points" name={name} show={show} />;
}

/** An id as it is typed: digits are a number, everything else is a text. */
function idOf(text: string): Id {
  return /^\d{1,20}$/.test(text) ? (parse(text) as number | bigint) : text;
}

function bodyOf({ way, from, filter, limit }: Asked, offset: Id | null): { path: string; body: object } {
  const parsed = filter.trim() === "" ? undefined : readJson(filter, "The filter");
  const common = { limit, with_payload: true, ...(parsed === undefined ? {} : { filter: parsed }) };
  if (way === "all, by id") return { path: "scroll", body: { ...common, ...(offset === null ? {} : { offset }) } };
  const query = way === "near a vector" ? readJson(from, "The vector") : idOf(from.trim());
  return { path: "query", body: { ...common, query } };
}

function readJson(text: string, what: string): Value {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${what} is not JSON: ${reason(error)}`);
  }
}

function Points({ collection, id, canWrite }: { collection: string; id: string | undefined; canWrite: boolean }) {
  const first: Asked = { way: id === undefined ? WAYS[0] : WAYS[2], from: id ?? "", filter: "", limit: 20 };
  const [asked, setAsked] = useState(first);
  const [offsets, setOffsets] = useState<Id[]>([]);
  const [shown, setShown] = useState<Id | null>(null);
  const offset = offsets.at(-1) ?? null;
  const { value, error, loading, again } = useLoaded(
    async (signal) => {
      const { path, body } = bodyOf(asked, offset);
      const found = await call<{ points: Point[]; next_page_offset?: Id | null }>(
        ...(["POST", `collections/${inPath(collection)}/points/${path}`, body, signal] as const),
      );
      return { points: found.points, next: found.next_page_offset ?? null, way: asked.way };
    },
    [asked, offset],
  );
  const rows = error === null ? (value?.points ?? []) : [];
  return (
    <>
      <Question
        first={first}
        onAsk={(next) => {
          setOffsets([]);
          setAsked(next);
        }}
      />
      {error !== null && <Wrong>{error}</Wrong>}
      <Table
        caption="Points"
        columns={columnsFor(value?.way ?? asked.way, setShown)}
        rows={rows}
        keyOf={({ id }) => `${typeof id} ${id}`}
      />
      {error === null && (
        <Hint>{loading ? "Loading …" : rows.length === 0 ? "No point." : `${rows.length} points.`}</Hint>
      )}
      {asked.way === WAYS[0] && (
        <div class="row">
          <button type="button" disabled={offsets.length === 0} onClick={() => setOffsets(offsets.slice(0, -1))}>
            Previous page
          </button>
          <button
            type="button"
            disabled={value === null || value.next === null}
            onClick={() => setOffsets([...offsets, value!.next!])}
          >
            Next page
          </button>
        </div>
      )}
      {shown !== null && (
        <PointDialog
          {...{ collection, id: shown, canWrite, onChange: again }}
          onClose={() => setShown(null)}
          onSimilar={() => {
            setShown(null);
            setOffsets([]);
            setAsked({ ...asked, way: WAYS[2], from: `${shown}` });
          }}
        />
      )}
    </>
  );
}

function columnsFor(way: Way, show: (id: Id) => void): Column<Point>[] {
  const score: Column<Point> = { name: "Score", show: ({ score }) => short(score), isNumber: true };
  return [
    {
      name: "Id",
      show: ({ id }) => (
        <button type="button" class="link" onClick={() => show(id)}>
          {`${id}`}
        </button>
      ),
    },
    ...(way === WAYS[0] ? [] : [score]),
    { name: "Document", show: ({ payload }) => <code class="document">{print(payload ?? {})}</code> },
  ];
}

function Question({ first, onAsk }: { first: Asked; onAsk(asked: Asked): void }) {
  const [asked, setAsked] = useState(first);
  const change = (part: Partial<Asked>) => setAsked({ ...asked, ...part });
  const submit = (event: Event) => {
    event.preventDefault();
    onAsk({ ...asked });
  };
  return (
    <form class="question" onSubmit={submit}>
      <Choice label="Show" value={asked.way} of={[...WAYS]} onChange={(way) => change({ way: way as Way })} />
      {asked.way !== WAYS[0] && (
        <label class="field wide">
          {asked.way === WAYS[1] ? "Vector, as JSON" : "Id of the point"}
          <input value={asked.from} onInput={(event) => change({ from: event.currentTarget.value })} />
        </label>
      )}
      <label class="field wide">
        Filter, as JSON (may be empty)
        <textarea
          rows={2}
          spellcheck={false}
          placeholder='{"must": [{"key": "city", "match": {"value": "Oslo"}}]}'
          value={asked.filter}
          onInput={(event) => change({ filter: event.currentTarget.value })}
        />
      </label>
      <Choice
        label="At most"
        value={`${asked.limit}`}
        of={["20", "100", "500"]}
        onChange={(n) => change({ limit: +n })}
      />
      <button type="submit">Search</button>
    </form>
  );
}
