/* What is one point, and how is it changed? Its document and vector as text; a key that may write changes and deletes it. */
import { useState } from "preact/hooks";
import { type Id, parse, print, type Value } from "../data/json.ts";
import { call, inPath } from "../data/server.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Hint, Wrong } from "../parts/notes.tsx";
import { reason, useLoaded } from "../parts/use.ts";

interface Found {
  id: Id;
  payload: { [name: string]: Value } | null;
  vector?: number[];
}

interface Props {
  collection: string;
  id: Id;
  canWrite: boolean;
  onChange(): void;
  onClose(): void;
  onSimilar(): void;
}

export function PointDialog({ collection, id, canWrite, onChange, onClose, onSimilar }: Props) {
  const points = `collections/${inPath(collection)}/points`;
  const [draft, setDraft] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const found = useLoaded(
    async (signal) => {
      const body = { ids: [id], with_payload: true, with_vector: true };
      const [point] = await call<Found[]>("POST", points, body, signal);
      if (point === undefined) throw new Error("There is no such point any more.");
      return point;
    },
    [collection, id],
  );
  const change = async (work: () => Promise<unknown>) => {
    try {
      await work();
      onChange();
      onClose();
    } catch (failure) {
      setError(reason(failure));
    }
  };
  const save = () =>
    change(() => call("PUT", `${points}/payload?wait=true`, { payload: parse(draft!) as object, points: [id] }));
  const remove = () => change(() => call("POST", `${points}/delete?wait=true`, { points: [id] }));
  const point = found.value;
  return (
    <Dialog title={`Point ${id}`} onClose={onClose}>
      {(error ?? found.error) !== null && <Wrong>{error ?? found.error}</Wrong>}
      {point === null ? (
        <Hint>{found.error === null ? "Loading …" : ""}</Hint>
      ) : (
        <>
          <label class="field wide">
            Document
            <textarea
              class="document"
              rows={12}
              spellcheck={false}
              readOnly={!canWrite}
              value={draft ?? print(point.payload ?? {}, 2)}
              onInput={(event) => setDraft(event.currentTarget.value)}
            />
          </label>
          <details>
            <summary>Vector{point.vector ? `, ${point.vector.length} dimensions` : ": none"}</summary>
            <code class="document">{print(point.vector ?? [])}</code>
          </details>
          <div class="row">
            <button type="button" onClick={onSimilar} disabled={point.vector === undefined}>
              Similar points
            </button>
            {canWrite && (
              <>
                <button type="button" onClick={save} disabled={draft === null}>
                  Save the document
                </button>
                <button type="button" class="danger" onClick={isSure ? remove : () => setSure(true)}>
                  {isSure ? "Delete it for good" : "Delete"}
                </button>
              </>
            )}
          </div>
        </>
      )}
    </Dialog>
  );
}
