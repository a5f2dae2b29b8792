/* How are rows shown? A table whose columns sort it, by a button in their heads. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export interface Column<Row> {
  name: string;
  show(row: Row): ComponentChildren;
  /** What it is sorted by; without it the column does not sort. */
  by?(row: Row): number | string;
  isNumber?: boolean;
}

export interface Sorting {
  column: string;
  down: boolean;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  /** Where the rows are sorted by the server. */
  sorting?: Sorting;
  onSort?(sorting: Sorting): void;
}

export function Table<Row>({ caption, columns, rows, keyOf, sorting, onSort }: Props<Row>) {
  const [own, setOwn] = useState<Sorting | null>(null);
  const now = sorting ?? own;
  const sorted = sorting === undefined ? sortedBy(rows, columns, own) : rows;
  const sortBy = (column: string) => (onSort ?? setOwn)({ column, down: now?.column === column ? !now.down : false });
  const head = ({ name, by, isNumber }: Column<Row>) => {
    const order = now?.column !== name ? undefined : now.down ? "descending" : "ascending";
    return (
      <th key={name} scope="col" class={isNumber ? "number" : ""} aria-sort={order}>
        {by === undefined ? (
          name
        ) : (
          <button type="button" class="sort" onClick={() => sortBy(name)}>
            {name}
            <span aria-hidden="true">{order === undefined ? "" : now!.down ? " ▾" : " ▴"}</span>
          </button>
        )}
      </th>
    );
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>{columns.map(head)}</tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, show, isNumber }) => (
                <td key={name} class={isNumber ? "number" : ""}>
                  {show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function sortedBy<Row>(rows: readonly Row[], columns: Column<Row>[], sorting: Sorting | null): readonly Row[] {
  const by = columns.find(({ name }) => name === sorting?.column)?.by;
  if (by === undefined) return rows;
  const sign = sorting!.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return x < y ? -sign : x > y ? sign : 0;
  });
}
