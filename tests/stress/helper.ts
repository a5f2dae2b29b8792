/* Another thread of a stress run: attaches to the index, plays its role, and verifies its spaces at the end. */
import { parentPort } from "node:worker_threads";
import { attachWith } from "../../src/api/attach.ts";
import type { AttachTicket, VectorIndex } from "../../src/index.ts";
import { Actor, type Outcome, type Role } from "./actor.ts";

export type ToHelper = { type: "start"; ticket: AttachTicket; role: Role } | { type: "verify" } | { type: "leave" };
export type FromHelper = { type: "done"; outcome?: Outcome; failure?: string };

const port = parentPort!;
let index: VectorIndex;
let actor: Actor;

async function obey(message: ToHelper): Promise<void> {
  if (message.type === "start") {
    const attached = attachWith(message.ticket);
    index = attached.index;
    actor = new Actor(attached, message.role);
    await actor.run();
  } else if (message.type === "verify") {
    await actor.verify();
  } else {
    await actor.dropAll();
    await index.close();
  }
}

port.on("message", async (message: ToHelper) => {
  let failure: string | undefined;
  try {
    await obey(message);
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  port.postMessage({ type: "done", outcome: actor?.outcome(), failure } satisfies FromHelper);
  if (message.type === "leave") port.close();
});
