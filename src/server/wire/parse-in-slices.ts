/*
 * How is a body of megabytes parsed while other requests run? Large arrays and objects are cut into their parts, which brackets,
 * commas and quotes mark; parts that are small enough go to the runtime's own parser, which says whether they are JSON.
 */
import { type Json, setOwn } from "../../documents/json.ts";
import type { Slice } from "../../runtime/event-loop.ts";
import { hasLongInteger, isDeeperThan, parse, type Value } from "./json.ts";

/** Characters of a text that is parsed as a whole: 0.5 ms for numbers, 3 ms for arrays 60 deep (2026-11-30). */
const SMALL = 262_144;
/** Of a part. Long integers take the parser 15 times as long. */
const PART = 65_536;
const SCANNED_AT_ONCE = 65_536;
/** Where a quoted text, array or object begins or ends. */
const MARKS = /["[\]{}]/g;

const [TAB, LINE, RETURN, SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [9, 10, 13, 32, 34, 44, 58, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/**
 * As `parse`. `small`: characters that are parsed in one go. Rejects with SyntaxError; RangeError for what is nested deeper than
 * `deepest` levels.
 */
export async function parseInSlices(text: string, deepest: number, slice: Slice, small = SMALL): Promise<Value> {
  if (text.length <= small && !hasLongInteger(text)) return checked(JSON.parse(text) as Value, deepest);
  return await valueIn({ text, slice, small: Math.min(small, PART) }, 0, text.length, deepest);
}

interface Parsing {
  text: string;
  slice: Slice;
  small: number;
}

async function valueIn(parsing: Parsing, from: number, to: number, deepest: number): Promise<Value> {
  const { text, slice, small } = parsing;
  const open = afterBlanks(text, from);
  const isList = text.charCodeAt(open) === OPEN_LIST;
  if (to - from <= small || (!isList && text.charCodeAt(open) !== OPEN_OBJECT)) {
    return checked(parse(text.slice(from, to)), deepest);
  }
  if (deepest === 0) throw tooDeep();
  const ends = await endsOfParts(text, open, to, slice);
  const [first] = ends;
  if (ends.length === 1 && afterBlanks(text, open + 1) === first) return isList ? [] : {};
  const values: Value[] = [];
  const object: { [name: string]: Json } = {};
  for (let i = 0, start = open + 1; i < ends.length; ) {
    let end = ends[i++]!;
    if (end - start > small) {
      const [name, from] = isList ? [null, start] : nameIn(text, start, end);
      const value = await valueIn(parsing, from, end, deepest - 1);
      if (name === null) values.push(value);
      else setOwn(object, name, value as Json);
    } else {
      while (i < ends.length && ends[i]! - start <= small) end = ends[i++]!;
      const part = text.slice(start, end);
      const some = checked(parse(isList ? `[${part}]` : `{${part}}`), deepest);
      if (isList) for (const value of some as Value[]) values.push(value);
      else for (const [name, value] of Object.entries(some as object)) setOwn(object, name, value as Json);
    }
    start = end + 1;
    if (slice.isOver) await slice.next();
  }
  return isList ? values : object;
}

function checked(value: Value, deepest: number): Value {
  if (isDeeperThan(value, deepest)) throw tooDeep();
  return value;
}

const tooDeep = () => new RangeError("nested too deeply");

/** Where the parts of an array or object end: its commas, and its last bracket, behind which there is nothing. */
async function endsOfParts(text: string, open: number, to: number, slice: Slice): Promise<number[]> {
  const ends: number[] = [];
  let depth = 0;
  let pause = open + SCANNED_AT_ONCE;
  let start = open + 1;
  for (let at = start; at < to; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at, to);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth++;
        break;
      case COMMA:
        if (depth > 0) break;
        if (afterBlanks(text, start) === at) throw new SyntaxError("nothing before a comma");
        ends.push(at);
        start = at + 1;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (depth-- > 0) break;
        if (text.charCodeAt(at) - text.charCodeAt(open) !== 2) throw new SyntaxError("a bracket of another kind");
        if (ends.length > 0 && afterBlanks(text, start) === at) throw new SyntaxError("nothing behind a comma");
        if (afterBlanks(text, at + 1) < to) throw new SyntaxError("something behind the end");
        return [...ends, at];
      default:
        if (depth > 0) at = nextMark(text, at) - 1;
    }
    if (at < pause) continue;
    if (slice.isOver) await slice.next();
    pause = at + SCANNED_AT_ONCE;
  }
  throw new SyntaxError("no end");
}

function nextMark(text: string, after: number): number {
  MARKS.lastIndex = after + 1;
  return MARKS.test(text) ? MARKS.lastIndex - 1 : text.length;
}

/** The name of a member, and where its value begins. */
function nameIn(text: string, from: number, to: number): [name: string, value: number] {
  const start = afterBlanks(text, from);
  if (text.charCodeAt(start) !== QUOTE) throw new SyntaxError("a member without a name");
  const end = endOfString(text, start, to);
  const colon = afterBlanks(text, end + 1);
  if (text.charCodeAt(colon) !== COLON) throw new SyntaxError("a name without a value");
  return [JSON.parse(text.slice(start, end + 1)) as string, colon + 1];
}

function endOfString(text: string, open: number, to: number): number {
  for (let at = open + 1; ; ) {
    const end = text.indexOf('"', at);
    if (end < 0 || end >= to) throw new SyntaxError("a string without an end");
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
    at = end + 1;
  }
}

function afterBlanks(text: string, from: number): number {
  for (let at = from; ; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== SPACE && unit !== LINE && unit !== RETURN && unit !== TAB) return at;
  }
}
