/* Is a message one line that a terminal shows as it is, whatever it quotes? */
import { expect, test } from "bun:test";
import { escaped, HnswError } from "../../src/errors.ts";

test("what steers a terminal, breaks a line or turns the direction of writing is escaped", () => {
  expect(escaped("\u0000\t\n\u001b[31m\u007f\u009b")).toBe("\\u0000\\u0009\\u000a\\u001b[31m\\u007f\\u009b");
  expect(escaped("\u2028\u2029\u202e\u2066\u200f")).toBe("\\u2028\\u2029\\u202e\\u2066\\u200f");
  expect(escaped("half \ud83d")).toBe("half \\ud83d");
});

test("everything else stays as it is, and so does what was escaped before", () => {
  for (const text of ["", "ü€ 😀 👩‍👩‍👧 שלום C:\\new", escaped("\u001b\n")]) expect(escaped(text)).toBe(text);
});

test("no error has more in its message; its cause stays what it was", () => {
  const cause = new Error("\u001b");
  const error = new HnswError("BAD_SPACE", "There is no space \u001b.", { cause });
  expect([error.message, error.cause]).toEqual(["There is no space \\u001b.", cause]);
});
