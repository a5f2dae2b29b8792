/* Does each protocol keep its promise in the memory model of WebAssembly, and only because its published words are ordered? */
import { describe, expect, test } from "bun:test";
import { results } from "./explorer.ts";
import { PROTOCOLS } from "./protocols.ts";

for (const { name, promise, threads, initial = {}, broken, takesOrder } of PROTOCOLS) {
  describe(`${name}: ${promise}`, () => {
    test("holds in an ordered build", () => {
      const found = results({ threads, initial, ordered: true });
      expect(found.length).toBeGreaterThan(1);
      expect(found.filter(broken)).toEqual([]);
    });

    test(takesOrder ? "takes it" : "holds without", () => {
      expect(results({ threads, initial, ordered: false }).some(broken)).toBe(takesOrder);
    });
  });
}
