/* Who took work from whom? A matrix of ops: a row per thief, a column per victim. */
import type { WorkerStats } from "../../src/values/reports.ts";
import { whole } from "../data/format.ts";
import { Hint } from "../parts/notes.tsx";

const SHADES = 5; // .shade-0 to .shade-4

export function Steals({ workers }: { workers: readonly WorkerStats[] }) {
  if (workers.length < 2) return <Hint>With one worker there is nothing to steal: `--workers` starts more.</Hint>;
  const most = Math.max(1, ...workers.flatMap(({ stolenFrom }) => stolenFrom));
  const cell = (ops: number, thief: number, victim: number) => {
    const shade = ops === 0 ? 0 : 1 + Math.floor(((SHADES - 1.01) * ops) / most);
    return (
      <td key={victim} class={`number shade-${shade}`}>
        {thief === victim ? "" : whole(ops)}
      </td>
    );
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" tabIndex={0} aria-label="Ops stolen since the collection was opened">
      <table class="steals">
        <caption>Ops stolen since the collection was opened</caption>
        <thead>
          <tr>
            <th scope="col">by ↓ from →</th>
            {workers.map(({ worker }) => (
              <th key={worker} scope="col" class="number">
                {worker}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {workers.map(({ worker: thief, stolenFrom }) => (
            <tr key={thief}>
              <th scope="row">worker {thief}</th>
              {stolenFrom.map((ops, victim) => cell(ops, thief, victim))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
