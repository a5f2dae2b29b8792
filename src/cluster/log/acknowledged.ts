/* What do the servers owe this member? Each message that they acknowledged to it, under its number, until it comes back in the log. */

export class Acknowledged {
  /** The highest number of all. */
  last = 0;
  private passed = 0;
  /** What messages are known by that have not come back. */
  private readonly digests = new Map<number, string>();

  add(number: number, digest: string): void {
    this.last = Math.max(this.last, number);
    if (number > this.passed) this.digests.set(number, digest); // the log may be quicker than the acknowledgement
  }

  /** A message comes in the log, in order. False: another was acknowledged under its number. */
  isKept(number: number, digest: string): boolean {
    const known = this.digests.get(number);
    this.digests.delete(number);
    this.passed = Math.max(this.passed, number); // a reading begins again with the last one
    return known === undefined || known === digest;
  }
}
