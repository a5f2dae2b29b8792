/* Are parts put together again, in any order, and is what makes no sense left out? */
import { expect, test } from "bun:test";
import { Assembly, partsOf, TooLarge } from "../../../../src/cluster/peers/parts.ts";

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

test.each([0, 1, 91, 92, 93, 1000])("%d bytes", (length) => {
  const whole = bytes.subarray(0, length);
  const parts = partsOf(whole, 100);
  const assembly = new Assembly();
  const taken = parts.reverse().map((part) => assembly.take("one", part, 0));
  expect(taken.pop()).toEqual(whole);
  expect(taken.every((one) => one === null)).toBe(true);
});

test("parts of two, in turn; one that comes twice counts once", () => {
  const assembly = new Assembly();
  const [a, b] = [
    partsOf(bytes, 400),
    partsOf(
      bytes.map((byte) => byte + 1),
      400,
    ),
  ];
  for (let i = 0; i < 2; i++) {
    for (const part of [a[i]!, a[i]!]) expect(assembly.take("a", part, 0)).toBeNull();
    expect(assembly.take("b", b[i]!, 0)).toBeNull();
  }
  expect(assembly.take("a", a[2]!, 0)).toEqual(bytes);
  expect(assembly.take("b", b[2]!, 0)![0]).toBe(1);
});

test("what makes no sense is nothing; what is never complete is forgotten", () => {
  const assembly = new Assembly();
  const wrong = [[], [1, 2], [0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 255, 255, 255, 255]];
  for (const message of wrong) expect(assembly.take("x", Uint8Array.from(message), 0)).toBeNull();
  const parts = partsOf(bytes, 600);
  assembly.take("late", parts[0]!, 0);
  assembly.take("other", parts[0]!, 100_000);
  expect(assembly.take("late", parts[1]!, 100_000)).toBeNull();
  expect(assembly.take("other", parts[1]!, 100_000)).toEqual(bytes);
});

test("too much for any number of messages is refused", () => {
  expect(() => partsOf(new Uint8Array(100_000), 20)).toThrow(TooLarge);
});
