/* Who links where there are no workers? The thread that opened the index, in turns of its event loop. */
import { nextTurn } from "../runtime/event-loop.ts";
import { warn } from "../runtime/platform.ts";
import { ensureStack } from "../runtime/stack.ts";
import type { Control } from "../workers/control.ts";
import type { LinkLoop } from "../workers/link-loop.ts";

export class InlineLinker {
  private running = false;
  private serving = false;

  constructor(
    private readonly loop: LinkLoop,
    private readonly control: Control,
    private readonly isClosed: () => boolean,
  ) {}

  /** Links as soon as the event loop comes round. */
  wake(): void {
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    await nextTurn();
    // A step that only passed over ops of dropped spaces did nothing, and more may wait behind them.
    while (!this.isClosed() && (this.step() || this.loop.hasWork())) await nextTurn();
    this.running = false;
  }

  /** One step. Returns whether it did anything. */
  step(): boolean {
    if (this.isClosed()) return false;
    try {
      ensureStack(); // a slot is blamed for what fails while it is linked
      return this.loop.step();
    } catch (trap) {
      // It is repaired; the slot is tried again, and set aside if it fails once more.
      warn(`linking trapped: ${String(trap)}`);
      return true;
    }
  }

  /** Links for attached threads too, whenever one of them adds. Ends with the index. */
  async serveOthers(): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    for (let seen = this.control.wakes(0); !this.isClosed(); ) {
      const slept = await this.control.park(0, seen, this.loop.restMs, () => this.loop.hasWork());
      if (this.running || !slept) await nextTurn();
      seen = this.control.wakes(0);
      if (!this.running && !this.isClosed()) await this.run();
    }
  }
}
