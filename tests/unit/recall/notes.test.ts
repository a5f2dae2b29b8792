/* Does what was measured come back from its notes? */
import { expect, test } from "bun:test";
import { MEASURED_SHARES, NOTES_BYTES } from "../../../assembly/layout.ts";
import { KS, type Measured, type Step, WIDTHS } from "../../../src/recall/curve.ts";
import { decodeNotes, encodeNotes } from "../../../src/recall/notes.ts";

const steps = (count: number, from: number): Step[] =>
  WIDTHS.slice(0, count).map((ef, i) => ({
    ...{ ef, recall: KS.map((_, j) => from + 0.01 * i + 0.001 * j), error: [0.01, 0.02, 0.03], ofSearches: from },
  }));

/** Notes that were written once. */
const written = (measured: Measured) => {
  const notes = encodeNotes(measured);
  new DataView(notes.buffer).setUint32(0, 1, true);
  return notes;
};

const MEASURED: Measured = {
  ...{ vectors: 4e9, linked: 123_456, serial: 7, stored: 300, searched: 100, goesByCodes: true, isWhole: true },
  ...{ steps: steps(WIDTHS.length, 0.5), f32: steps(WIDTHS.length, 0.7) },
  shares: Array.from({ length: MEASURED_SHARES }, (_, i) =>
    WIDTHS.slice(0, 7).map((ef, j) => ({ ef, recall: 0.1 * i + 0.01 * j })),
  ),
};

test("every figure, but for rounding, of as many steps as there may be", () => {
  const { steps, f32, shares, ...figures } = decodeNotes(written(MEASURED))!;
  expect(figures).toEqual({ ...figures, vectors: 4e9, linked: 123_456, serial: 7, stored: 300, searched: 100 });
  for (const [i, found] of shares.entries()) {
    expect(found.map(({ ef }) => ef)).toEqual(MEASURED.shares[i]!.map(({ ef }) => ef));
    for (const [j, { recall }] of found.entries()) expect(recall).toBeCloseTo(MEASURED.shares[i]![j]!.recall, 4);
  }
  for (const [found, given] of [[steps, MEASURED.steps] as const, [f32, MEASURED.f32] as const]) {
    expect(found.map(({ ef }) => ef)).toEqual(given.map(({ ef }) => ef));
    for (const [i, { recall, error, ofSearches }] of found.entries()) {
      for (const [j, figure] of recall.entries()) expect(figure).toBeCloseTo(given[i]!.recall[j]!, 4);
      for (const [j, figure] of error.entries()) expect(figure).toBeCloseTo(given[i]!.error[j]!, 4);
      expect(ofSearches).toBeCloseTo(given[i]!.ofSearches, 4);
    }
  }
});

test("they fit, and notes that were never written are none", () => {
  expect(encodeNotes(MEASURED).length).toBe(NOTES_BYTES);
  expect(decodeNotes(encodeNotes(MEASURED))).toBeNull();
});
