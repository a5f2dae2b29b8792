/* How many turns does the event loop have while something is under way? They show that work goes in slices, on machines of any speed. */

/** 0 when it has none before the end. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = -1; // the first is the one that the call begins in
  let over = false;
  const count = () => {
    if (over) return;
    turns++;
    setImmediate(count);
  };
  await new Promise((resolve) => setImmediate(resolve));
  count();
  await work();
  over = true;
  return turns;
}
