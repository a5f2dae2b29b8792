/* Are rates, percentiles, colours and long integers worked out right, without a browser? */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bytes, duration, short } from "../../dashboard/data/format.ts";
import { parse, print } from "../../dashboard/data/json.ts";
import { cloudOf, pointAt, wholeOf } from "../../dashboard/data/map.ts";
import { quantile, ratesOf } from "../../dashboard/data/rates.ts";

type Event = Parameters<Parameters<typeof ratesOf>[1]>[0];
const event = (at: number, gapMs: number) => ({ at, gapMs }) as Event;

describe("rates", () => {
  test("are per second, and unknown before the first and where a counter was set back", () => {
    const events = [event(0, 5), event(2000, 25), event(3000, 3), event(3000, 4), event(4000, 4)];
    expect(ratesOf(events, ({ gapMs }) => gapMs)).toEqual([null, 10, null, null, 0]);
    expect(ratesOf(events.slice(0, 2), () => undefined)).toEqual([null, null]);
  });

  test("a percentile lies in the bucket that holds it", () => {
    const bounds = [1, 2, 4, 8];
    const counts = fc.array(fc.nat(50), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(counts, fc.double({ min: 0.01, max: 1, noNaN: true }), (counts, share) => {
        const total = counts.reduce((sum, one) => sum + one);
        const found = quantile(counts, bounds, share);
        if (total === 0) return void expect(found).toBeNull();
        const sorted = counts.flatMap((count, bucket) => Array<number>(count).fill(bucket));
        const bucket = sorted[Math.max(0, Math.ceil(total * share) - 1)]!;
        expect(found).toBeWithin((bounds[bucket - 1] ?? 0) - 1e-9, (bounds[bucket] ?? 16) + 1e-9);
      }),
    );
  });
});

test("integers of 64 bits keep their digits", () => {
  const text = '{"id":18446744073709551615,"list":[1.5,-9007199254740993,"a",null,true],"e":1e400}';
  const value = parse(text.replace(',"e":1e400', ""));
  expect(print(value)).toBe(text.replace(',"e":1e400', ""));
  expect(parse(print(value, 2))).toEqual(value);
  fc.assert(fc.property(fc.jsonValue(), (value) => expect(print(parse(print(value, 2)))).toBe(JSON.stringify(value))));
});

test("numbers are short and have their unit", () => {
  expect([0, 1023, 1024, 5_000_000].map(bytes)).toEqual(["0 B", "1023 B", "1.00 KiB", "4.77 MiB"]);
  expect([null, 0, 0.126, 12.34, 123.4, 12_345].map(short)).toEqual(["–", "0", "0.13", "12.3", "123", "12,345"]);
  expect([5000, 65_000, 7_260_000, 90_000_000].map(duration)).toEqual(["5 s", "1 min 5 s", "2 h 1 min", "1 d 1 h"]);
});

describe("a cloud", () => {
  const points = Array.from({ length: 100 }, (_, i) => ({ id: i, x: i, y: i % 10, value: `v${i % 12}` }));

  test("has a colour for each of its most frequent values, and one for all others", () => {
    const { legend, colors } = cloudOf(points);
    expect(legend).toHaveLength(9);
    expect(legend.at(-1)).toEqual({ color: 8, text: "4 others" });
    expect(legend[colors[0]!]!.text).toBe("v0");
  });

  test("has colours by rank where the values are many numbers", () => {
    const { colors, legend } = cloudOf(points.map((point, value) => ({ ...point, value })));
    expect([...new Set(colors)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(legend[1]!.text).toBe("from 12");
  });

  test("is shown as a whole, and each point is found where it is drawn", () => {
    const cloud = cloudOf(points);
    const window = wholeOf(cloud, 400, 300);
    for (const [i, { x, y }] of points.entries()) {
      const [right, down] = [(x - window.x) * window.scale, (y - window.y) * window.scale];
      expect(Math.abs(right)).toBeLessThan(200);
      expect(pointAt(cloud, window, right, down, 1)).toBe(i);
    }
    expect(pointAt(cloud, window, 1000, 1000, 5)).toBe(-1);
    expect(cloudOf([])).toMatchObject({ ids: [], legend: [], radius: 1 });
  });
});
