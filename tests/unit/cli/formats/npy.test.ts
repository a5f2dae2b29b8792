/* Is the header of a .npy file read as NumPy wrote it, or refused with a reason? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { headerBytes, readHeader } from "../../../../src/cli/formats/npy.ts";
import { FileError } from "../../../../src/cli/terminal/failures.ts";
import { dictOf, npy } from "../../../support/npy.ts";

test("rows, columns and the width of a float, of every version", () => {
  for (const major of [1, 2, 3]) {
    const bytes = npy(dictOf("<f8", "(7, 3)"), new Uint8Array(168), major);
    expect(bytes.length - headerBytes(bytes)).toBe(168);
    expect(readHeader(bytes.subarray(0, headerBytes(bytes)))).toEqual({ rows: 7, columns: 3, width: 8 });
  }
});

test("any header is read, or refused with a reason", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "(",
    ")",
    "[",
    "'",
    "'descr'",
    ":",
    ",",
    "'<f4'",
    "(2, 3)",
    "False",
    "1",
    "ü",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const bytes = npy(Buffer.from(pieces.join(" ")).toString("latin1"));
      try {
        readHeader(bytes.subarray(0, headerBytes(bytes)));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
