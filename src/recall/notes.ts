/*
 * How is what was measured written beside a graph, so that every thread finds it? NOTES_BYTES, little endian:
 *
 *   [version u32, the core's][vectors u32][linked u32][serial u32][searched u32][stored u16][steps u8][steps in f32 u8]
 *   [by codes u8][steps u8 × MEASURED_SHARES][whole u8][-] then the steps of both: a u16 per figure, of 0 to 1: recall × KS, error × REPORTED_KS, of searches; then those of shares, recall alone
 */
import { MEASURED_SHARES, NOTES_BYTES, NOTES_LINKED, NOTES_SEARCHED, NOTES_SERIAL } from "../../assembly/layout.ts";
import { KS, type Measured, REPORTED_KS, type Step, WIDTHS } from "./curve.ts";

const SHARES = 25;
const WHOLE_AT = 30;
const STEPS = 32;
const STEP_BYTES = 2 * (KS.length + REPORTED_KS.length + 1);
const WHOLE = 0xffff;

export function encodeNotes(measured: Measured): Uint8Array {
  const notes = new Uint8Array(NOTES_BYTES);
  const view = new DataView(notes.buffer);
  view.setUint32(4, measured.vectors, true);
  view.setUint32(NOTES_LINKED, measured.linked, true);
  view.setUint32(NOTES_SERIAL, measured.serial, true);
  view.setUint32(NOTES_SEARCHED, measured.searched, true);
  view.setUint16(20, measured.stored, true);
  view.setUint8(22, measured.steps.length);
  view.setUint8(23, measured.f32.length);
  view.setUint8(24, measured.goesByCodes ? 1 : 0);
  view.setUint8(WHOLE_AT, measured.isWhole ? 1 : 0);
  for (const [i, steps] of measured.shares.entries()) view.setUint8(SHARES + i, steps.length);
  let at = STEPS;
  const put = (figure: number) => {
    view.setUint16(at, Math.round(Math.min(1, figure) * WHOLE), true);
    at += 2;
  };
  for (const { recall, error, ofSearches } of [...measured.steps, ...measured.f32]) {
    for (const figure of [...recall, ...error, ofSearches]) put(figure);
  }
  for (const { recall } of measured.shares.flat()) put(recall);
  return notes;
}

/** Null for notes that were never written. */
export function decodeNotes(notes: Uint8Array): Measured | null {
  const view = new DataView(notes.buffer, notes.byteOffset, notes.byteLength);
  if (view.getUint32(0, true) === 0) return null;
  const [count, inF32] = [view.getUint8(22), view.getUint8(23)];
  const step = (number: number, ef: number): Step => {
    const at = STEPS + number * STEP_BYTES;
    const figure = (i: number) => view.getUint16(at + 2 * i, true) / WHOLE;
    const recall = KS.map((_, i) => figure(i));
    const error = REPORTED_KS.map((_, i) => figure(KS.length + i));
    return { ef, recall, error, ofSearches: figure(KS.length + REPORTED_KS.length) };
  };
  const shares: Measured["shares"] = [];
  for (let i = 0, at = STEPS + (count + inF32) * STEP_BYTES; i < MEASURED_SHARES; i++) {
    const from = at;
    const steps = WIDTHS.slice(0, view.getUint8(SHARES + i));
    shares.push(steps.map((ef, j) => ({ ef, recall: view.getUint16(from + 2 * j, true) / WHOLE })));
    at += 2 * steps.length;
  }
  return {
    shares,
    vectors: view.getUint32(4, true),
    linked: view.getUint32(NOTES_LINKED, true),
    serial: view.getUint32(NOTES_SERIAL, true),
    stored: view.getUint16(20, true),
    searched: view.getUint32(NOTES_SEARCHED, true),
    goesByCodes: view.getUint8(24) === 1,
    isWhole: view.getUint8(WHOLE_AT) === 1,
    steps: WIDTHS.slice(0, count).map((ef, i) => step(i, ef)),
    f32: WIDTHS.slice(0, inF32).map((ef, i) => step(count + i, ef)),
  };
}
