/* How is the demo's load started? By a button, where the server allows it. */
import { useState } from "preact/hooks";
import { call } from "../data/server.ts";
import { Wrong } from "../parts/notes.tsx";
import { reason } from "../parts/use.ts";

export function DemoButton({ isRunning }: { isRunning: boolean }) {
  const [error, setError] = useState<string | null>(null);
  const change = async () => {
    try {
      await call("POST", "v1/demo", { run: !isRunning });
      setError(null);
    } catch (failure) {
      setError(reason(failure));
    }
  };
  return (
    <>
      <div class="row">
        <button type="button" onClick={change}>
          {isRunning ? "End the load" : "Start a skewed load"}
        </button>
        <span class="hint">
          For a minute, nine of ten vectors go to one space of the collection demo: its worker falls behind, and the
          others steal.
        </span>
      </div>
      {error !== null && <Wrong>{error}</Wrong>}
    </>
  );
}
