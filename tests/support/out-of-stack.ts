/* How does a test call something with hardly any stack left? From the deepest frames of a recursion that has used it up. */

/**
 * Uses up the stack, and calls `work` on the way back in the deepest `most` frames: in each with a little more stack left
 * than in the one before, so at first there is none for the call, and at last enough for all of it. `padding` makes frames
 * larger, so other amounts are left. What `work` throws is caught, as a caller would.
 */
export function outOfStack(padding: number, most: number, work: (frame: number) => void): void {
  let frames = 0;
  const descend = (...filler: number[]): number => {
    try {
      descend(...filler);
    } catch {
      // here is where the stack ended
    }
    if (frames < most) {
      try {
        work(frames);
      } catch {
        // no stack for it
      }
      frames++;
    }
    return filler.length;
  };
  descend(...new Array<number>(padding).fill(0));
}
