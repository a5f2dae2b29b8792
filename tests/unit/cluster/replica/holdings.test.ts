/* Is a partition emptied only when no read is in it? */
import { expect, test } from "bun:test";
import { Holdings } from "../../../../src/cluster/replica/holdings.ts";

test("a read begins only where a partition is served", () => {
  const holdings = new Holdings(2, false);
  expect(holdings.read(0)).toBeNull();
  holdings.loads(0);
  expect([holdings.read(0), holdings.applies(0)]).toEqual([null, false]);
  holdings.serve(0);
  expect(holdings.read(0)).not.toBeNull();
  expect(holdings.served).toEqual([0]);
  expect(new Holdings(3, true).served).toEqual([0, 1, 2]);
});

test("one that leaves waits for its reads, takes no others, and is applied until it is dropped", async () => {
  const holdings = new Holdings(1, false);
  holdings.serve(0);
  const ends = [holdings.read(0)!, holdings.read(0)!];
  let isLeft = false;
  const left = holdings.leave(0, 60_000).then(() => {
    isLeft = true;
  });
  expect(holdings.read(0)).toBeNull();
  expect(holdings.applies(0)).toBe(true);
  ends[0]!();
  ends[0]!(); // the same read ends once
  await Promise.resolve();
  expect(isLeft).toBe(false);
  ends[1]!();
  await left;
  holdings.lacks(0);
  expect(holdings.applies(0)).toBe(false);
});

test("a read that does not end does not hold it for good", async () => {
  const holdings = new Holdings(1, false);
  holdings.serve(0);
  const end = holdings.read(0)!;
  await holdings.leave(0, 1);
  holdings.lacks(0);
  holdings.serve(0);
  end(); // of what is not there any more
  const other = holdings.read(0)!;
  other();
  await holdings.leave(0, 60_000);
});
