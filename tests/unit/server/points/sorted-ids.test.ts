/* Are ids in order, whatever was added and deleted before? */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { comesBefore, SortedIds } from "../../../../src/server/points/sorted-ids.ts";
import type { Key } from "../../../../src/values/keys.ts";

const uuid = fc.uuid();
const id: fc.Arbitrary<Key> = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.constantFrom(2n ** 60n, 2n ** 63n),
  uuid,
  fc.string({ minLength: 1, maxLength: 2 }),
);
const kindOf = (key: Key) => (typeof key !== "string" ? 0 : /^[0-9a-f]{8}-/.test(key) && key.length === 36 ? 1 : 2);
const sorted = (keys: Iterable<Key>) => [...keys].sort((a, b) => kindOf(a) - kindOf(b) || (a < b ? -1 : a > b ? 1 : 0));

test("integers come first, then UUIDs, then strings, from any id on", () => {
  const ops = fc.array(fc.tuple(fc.boolean(), id), { maxLength: 400 });
  fc.assert(
    fc.property(fc.uniqueArray(id, { maxLength: 3000, minLength: 0 }), ops, id, (first, changes, from) => {
      const ids = new SortedIds(first);
      const model = new Set(first);
      for (const [isAdded, key] of changes) {
        if (isAdded) {
          ids.add(key);
          model.add(key);
        } else {
          ids.delete(key);
          model.delete(key);
        }
      }
      const all = sorted(model);
      expect([...ids.from(null)]).toEqual(all);
      expect(all.every((key, i) => i === 0 || (comesBefore(all[i - 1]!, key) && !comesBefore(key, all[i - 1]!)))).toBe(
        true,
      );
      const place = sorted([...model, from]).indexOf(from);
      expect([...ids.from(from)]).toEqual(all.slice(place));
    }),
    { numRuns: 60 },
  );
});

test("thousands of them move in small pieces", () => {
  const ids = new SortedIds([]);
  for (let i = 0; i < 5000; i++) ids.add((i * 7919) % 5000);
  for (let i = 0; i < 5000; i += 2) ids.delete(i);
  expect([...ids.from(1001)].slice(0, 3)).toEqual([1001, 1003, 1005]);
  expect([...ids.from(null)]).toHaveLength(2500);
});
