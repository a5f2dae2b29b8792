// How do threads exclude one another, as with a mutex of any language? By a word in shared memory, and by sleeping.

const FREE = 0;
const TAKEN = 1;
const WAITED_FOR = 2;

/** Ulrich Drepper, "Futexes are tricky" (2011), mutex 3: a thread that finds it taken sleeps until it is let go. */
export class Mutex {
  readonly word: Int32Array;

  constructor(word: Int32Array = new Int32Array(new SharedArrayBuffer(4))) {
    this.word = word;
  }

  lock(): void {
    if (Atomics.compareExchange(this.word, 0, FREE, TAKEN) === FREE) return;
    while (Atomics.exchange(this.word, 0, WAITED_FOR) !== FREE) Atomics.wait(this.word, 0, WAITED_FOR);
  }

  unlock(): void {
    if (Atomics.exchange(this.word, 0, FREE) === WAITED_FOR) Atomics.notify(this.word, 0, 1);
  }
}
