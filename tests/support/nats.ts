/* Which tests need NATS? They are skipped loudly where there is none. */
import { describe } from "bun:test";
import { HOW_TO_GET_NATS, natsServer } from "./nats-servers.ts";

/** `describe`, or a line that says why not. */
export function describeWithNats(name: string, tests: () => void): void {
  if (natsServer === null) console.warn(`SKIPPED: ${name}: ${HOW_TO_GET_NATS}`);
  describe.skipIf(natsServer === null)(name, tests);
}
