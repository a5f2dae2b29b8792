/* Does one description of a table give both of its forms, and does a median stand for its rounds? */
import { expect, test } from "bun:test";
import { type Figure, medians } from "../../bench/kit/statistics.ts";
import { short, table, whole } from "../../bench/kit/table.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { terminal } from "../../bench/report/terminal.ts";

interface Row {
  name: string;
  rate: Figure;
  times: Figure;
  spent?: Figure | null;
}

const rows: Row[] = [
  { name: "first", rate: { median: 1234, min: 1000, max: 2000 }, times: { median: 1, min: 1, max: 1 }, spent: 2 },
  { name: "second one", rate: 5, times: { median: 0.5, min: 0.25, max: 0.75 }, spent: null },
];
const described = table(rows, [
  ["case", "name"],
  ["rate", "rate", whole],
  ["times", "times", short, "with extremes"],
  ["spent", ({ spent }) => spent, short, "detail"],
  ["not measured", () => undefined, short, "detail"],
]);

test("the document has the medians, and the extremes where a column says so", () => {
  expect(markdown(["Before.", described])).toBe(`Before.

| case       |  rate |           times |
| ---------- | ----: | --------------: |
| first      | 1,234 |               1 |
| second one |     5 | 0.5 (0.25–0.75) |`);
});

test("the terminal has all extremes, and the details that there are", () => {
  expect(terminal({ body: ["See [this](#there).", described], findings: [] })).toBe(`See this.

case                       rate            times  spent
----------  -------------------  ---------------  -----
first       1,234 (1,000–2,000)                1      2
second one                    5  0.5 (0.25–0.75)      -`);
});

test("findings end what the terminal shows", () => {
  const finding = { claim: "it is fast", measured: "twice", verdict: "holds" as const, why: "" };
  expect(terminal({ body: [], findings: [finding] })).toBe("holds: it is fast\n  twice");
});

test("medians take the place of spreads, wherever they are, and leave the rest", () => {
  expect(medians({ rows, note: "x" })).toEqual({
    rows: [
      { name: "first", rate: 1234, times: 1, spent: 2 },
      { name: "second one", rate: 5, times: 0.5, spent: null },
    ],
    note: "x",
  });
});
