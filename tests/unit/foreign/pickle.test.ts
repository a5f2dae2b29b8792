/* Are pickles of Python read without running what is in them? */
import { describe, expect, test } from "bun:test";
import { HnswError } from "../../../src/errors.ts";
import { readPickle } from "../../../src/foreign/pickle.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const read = (text: string, ...classes: string[]) => readPickle(bytes(text), "The pickle", classes);

describe("read", () => {
  // pickle.dumps of CPython 3.11, by protocol
  test.each([
    ["dict, 2", "\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bq\x02Nu.", { a: 1, b: null }],
    ["dict of one, 3", "\x80\x03}q\x00X\x01\x00\x00\x00aq\x01J\xff\xff\xff\xffs.", { a: -1 }],
    [
      "dict, 4",
      "\x80\x04\x95\x11\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94\x88\x8c\x01b\x94\x89u.",
      { a: true, b: false },
    ],
    ["the same text twice", "\x80\x04}\x94(\x8c\x01a\x94M\x00\x01\x8c\x01b\x94h\x01u.", { a: 256, b: "a" }],
  ])("%s", (_, text, wanted) => {
    expect(Object.fromEntries(read(text) as Map<string, unknown>)).toEqual(wanted);
  });

  test("integers of any length, exactly", () => {
    expect(read("\x80\x02\x8a\x00.")).toBe(0);
    expect(read("\x80\x02\x8a\x01\xff.")).toBe(-1);
    expect(read("\x80\x02\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.")).toBe(2n ** 63n - 1n);
  });

  test("objects of a class that is named, as their attributes", () => {
    const text = "\x80\x04\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x01a\x94K\x07sb.";
    expect(Object.fromEntries(read(text, "m C") as Map<string, unknown>)).toEqual({ a: 7 });
  });
});

test.each([
  ["EXPORT_FOREIGN", "an object of m.C", "\x80\x04\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81."],
  ["EXPORT_FOREIGN", "an object of os.system", "\x80\x02cos\nsystem\nX\x01\x00\x00\x00a\x85R."],
  ["EXPORT_FOREIGN", "the instruction 0x52 at byte 3", "\x80\x02NR."],
  ["EXPORT_FOREIGN", "of a protocol after 5", "\x80\x06N."],
  ["EXPORT_DAMAGED", "it ends at byte 3", "\x80\x02N"],
  ["EXPORT_DAMAGED", "it ends at byte 8, where", "\x80\x02X\xff\xff\x00\x00a"],
  ["EXPORT_DAMAGED", "is not UTF-8", "\x80\x04\x8c\x01\xff."],
  ["EXPORT_DAMAGED", "does not go together", "\x80\x02h\x05."],
  ["EXPORT_DAMAGED", "does not go together", "\x80\x02."],
  ["EXPORT_DAMAGED", "does not go together", "\x80\x02Nu."],
  ["EXPORT_DAMAGED", "does not go together", "\x80\x02(NNu."],
  ["EXPORT_DAMAGED", "does not go together", "\x80\x02}(Nu."],
])("%s: %s", (code, says, text) => {
  expect(() => read(text)).toThrow(HnswError);
  try {
    read(text);
  } catch (error) {
    const { code: found, message } = error as HnswError;
    expect([found, message]).toEqual([code as never, expect.stringContaining(says)]);
  }
});
