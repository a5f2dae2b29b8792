/* Does a checksum change with every bit, and with the place that the bytes belong to? */
import { expect, test } from "bun:test";
import { checksum, checksumOf } from "../../../../src/storage/disk/checksum.ts";

test("golden values: folders of an earlier version must open", () => {
  expect(checksum(Uint8Array.of(1, 2, 3))).toBe("743e13ee0c4ee5a5");
  expect(checksum(Uint8Array.of(1, 2, 3), "group 7")).toBe("295f25bc7762f6d8");
  expect(checksumOf("a", 1, 2 ** 53)).toBe("5143f57c05daea4a");
});

test("every bit counts, and so does the context", () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i);
  const sums = new Set([checksum(bytes), checksum(bytes, "x"), checksum(bytes, "y")]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    sums.add(checksum(changed));
  }
  expect(sums.size).toBe(3 + bytes.length * 8);
});

test("values are distinguished by type and place", () => {
  expect(new Set([checksumOf(1, "2"), checksumOf("1", 2), checksumOf("1", "2"), checksumOf("12")]).size).toBe(4);
});
