/*
 * The protocols by which threads share an index without a lock, each cut down to a few words (docs/CONCURRENCY.md). `broken`
 * says what must never be seen. `takesOrder`: it would be seen if words that are published were plain (memory/order.ts); so a
 * build for x86, where they are, holds it only because x86 shows stores in their order.
 *
 * `stands` names the functions that a litmus test stands for. If the order of their accesses changes, accesses.test.ts fails.
 */
import type { Actor, Program, Registers } from "./explorer.ts";

export interface Litmus {
  name: string;
  promise: string;
  stands: Readonly<Record<string, readonly string[]>>;
  threads: Program["threads"];
  initial?: Program["initial"];
  broken(seen: Registers): boolean;
  takesOrder: boolean;
}

export const PROTOCOLS: readonly Litmus[] = [
  {
    name: "accepting",
    promise: "a search that counts a slot finds it whole",
    stands: {
      "space/accept.ts": ["writeSlot", "commit"],
      "space/search.ts": ["fixMoment", "scanFrom"],
    },
    threads: [
      (t) => {
        t.store("vector", 1);
        t.exchange("count", 1);
        t.exchange("version", 1);
      },
      (t) => {
        const version = t.atomicLoad("version");
        const count = t.atomicLoad("count");
        return { version, count, vector: count === 1 ? t.load("vector") : 1 };
      },
    ],
    broken: ({ version, count, vector }) => vector === 0 || (version === 1 && count === 0),
    takesOrder: false,
  },
  {
    name: "replacing",
    promise: "a search at a version sees the old vector or the new one, never both and never none",
    stands: {
      "space/accept.ts": ["commit"],
      "space/search.ts": ["fixMoment"],
      "vectors/slots.ts": ["visible"],
    },
    threads: [
      (t) => {
        t.store("born", 1);
        t.atomicStore("died", 1);
        t.exchange("count", 1);
        t.exchange("version", 1);
      },
      (t) => {
        const version = t.atomicLoad("version");
        const count = t.atomicLoad("count");
        const died = t.load("died");
        const isOld = died === 0 || version < died;
        const isNew = count === 1 && t.load("born") <= version;
        return { version, seen: Number(isOld) + Number(isNew) };
      },
    ],
    broken: ({ seen }) => seen !== 1,
    takesOrder: false,
  },
  {
    name: "linking while a search scans",
    promise: "what a scan of waiting slots takes for linked, the walk that follows finds",
    stands: {
      "graph/insert.ts": ["insert", "finish"],
      "graph/links.ts": ["connect", "append"],
      "graph/lists.ts": ["setEntry"],
      "space/search.ts": ["searchGeneration", "scanTail"],
      "vectors/slots.ts": ["stateOf", "inGraph"],
    },
    threads: [
      (t) => {
        t.acquire("node");
        t.publish("id", 1);
        t.release("node");
        t.atomicStore("state", 1);
      },
      (t) => ({ linked: t.published("state"), found: t.published("id") }),
    ],
    broken: ({ linked, found }) => linked === 1 && found === 0,
    takesOrder: true,
  },
  {
    name: "the floor",
    promise:
      "a slot below the floor that a search begins at is found by the walk, also if another thread has linked it",
    stands: {
      "graph/insert.ts": ["finish"],
      "graph/single.ts": ["advanceFloor"],
      "space/search.ts": ["fixMoment"],
      "vectors/slots.ts": ["stateOf"],
    },
    threads: [
      (t) => {
        t.publish("id", 1);
        t.atomicStore("state", 1);
      },
      (t) => {
        if (t.published("state") === 1) t.compareExchange("floor", 0, 1);
      },
      (t) => ({ floor: t.atomicLoad("floor"), found: t.published("id") }),
    ],
    broken: ({ floor, found }) => floor === 1 && found === 0,
    takesOrder: true,
  },
  {
    name: "walking",
    promise: "a walk that steps onto a slot finds its code and its list, also if a prune has moved the id in between",
    stands: {
      "graph/insert.ts": ["linkSlot", "insert", "writeList"],
      "graph/lists.ts": ["setEntry", "writeOwnList", "writeIds", "publishedId"],
      "graph/prune.ts": ["pruneInto"],
      "graph/visited.ts": ["visitAll"],
      "graph/walk.ts": ["descend", "searchLayer"],
    },
    threads: [
      (t) => {
        t.store("code", 1);
        t.publish("list", 1);
        t.publish("id of another", 1);
      },
      (t) => {
        if (t.published("id of another") === 1) t.publish("id of a third", 1);
      },
      (t) => {
        if (t.published("id of a third") === 0) return { id: 0 };
        return { id: 1, code: t.load("code"), list: t.published("list") };
      },
    ],
    broken: ({ code, list }) => code === 0 || list === 0,
    takesOrder: true,
  },
  {
    name: "an entry point",
    promise: "a walk finds the list of the entry point that it begins at",
    stands: { "graph/insert.ts": ["linkSlot", "insert"], "space/search.ts": ["searchGraph"] },
    threads: [
      (t) => {
        t.publish("list", 1);
        t.atomicStore("entry", 1);
      },
      (t) => (t.atomicLoad("entry") === 0 ? { entry: 0 } : { entry: 1, list: t.published("list") }),
    ],
    broken: ({ list }) => list === 0,
    takesOrder: false,
  },
  {
    name: "promotion",
    promise: "a search that finds a generation to be a graph finds what belongs to one",
    stands: { "graph/promotion.ts": ["promote"], "space/search.ts": ["searchGeneration"] },
    threads: [
      (t) => {
        t.store("beam", 1);
        t.atomicStore("is graph", 1);
      },
      (t) => (t.published("is graph") === 0 ? { graph: 0 } : { graph: 1, beam: t.load("beam") }),
    ],
    broken: ({ beam }) => beam === 0,
    takesOrder: true,
  },
  {
    name: "a larger directory",
    promise: "a reader of a slot finds its chunk, in the old directory or in the new one",
    stands: {
      "vectors/slots.ts": ["ensureSlot", "chunkAddress"],
      "rows/directories.ts": ["grown"],
      "rows/columns.ts": ["columnAt", "cellsOf"],
    },
    threads: [
      (t) => {
        t.store("entry in the larger", 1);
        t.atomicStore("directory", 1);
      },
      (t) => {
        const directory = t.published("directory");
        return { directory, chunk: t.load(directory === 1 ? "entry in the larger" : "entry in the older") };
      },
    ],
    initial: { "entry in the older": 1 },
    broken: ({ chunk }) => chunk === 0,
    takesOrder: true,
  },
  {
    name: "twins",
    promise: "a search that follows a chain of slots with one vector finds each of them whole",
    stands: {
      "graph/twins.ts": ["hangBehindOlder"],
      "graph/lists.ts": ["firstTwin"],
      "vectors/slots.ts": ["nextTwin"],
    },
    threads: [
      (t) => {
        t.store("its link", 1);
        t.compareExchange("first", 0, 1);
      },
      (t) => (t.published("first") === 0 ? { first: 0 } : { first: 1, link: t.load("its link") }),
    ],
    broken: ({ link }) => link === 0,
    takesOrder: true,
  },
  {
    name: "two slots that are linked at the same time",
    promise: "of two that overlap, the one that ends later sees the other, with its lists",
    stands: { "graph/insert.ts": ["insert", "connectRecent"] },
    threads: [(t) => linkedAtOnce(t, "a", "b"), (t) => linkedAtOnce(t, "b", "a")],
    broken: ({ a, b }) => a === 0 && b === 0,
    takesOrder: false,
  },
  {
    name: "codes that go blind",
    promise:
      "a slot that was chosen neighbours by codes is linked again: by its own thread, or by the one that links suspects",
    stands: { "graph/suspects.ts": ["watch", "turn", "linkSuspects", "linkAgain"], "graph/insert.ts": ["finish"] },
    threads: [
      (t) => {
        t.atomicStore("state", 1);
        return { own: t.atomicLoad("beam") };
      },
      (t) => {
        t.atomicStore("beam", 1);
        t.compareExchange("suspect", 0, 1);
        return { other: t.published("state") };
      },
    ],
    broken: ({ own, other }) => own === 0 && other === 0,
    takesOrder: true,
  },
  {
    name: "suspects",
    promise: "a search that sees where suspects end sees where they begin",
    stands: { "graph/suspects.ts": ["turn"], "space/search.ts": ["scanTail"] },
    threads: [
      (t) => {
        t.atomicStore("begin", 1);
        t.atomicStore("end", 2);
      },
      (t) => ({ end: t.published("end"), begin: t.atomicLoad("begin") }),
    ],
    broken: ({ end, begin }) => end === 2 && begin === 0,
    takesOrder: true,
  },
  {
    name: "the marks of a snapshot",
    promise: "the list of a slot that was linked when it was marked is copied whole",
    stands: {
      "snapshot/write.ts": ["markLinked"],
      "graph/links.ts": ["copyLists"],
      "graph/insert.ts": ["insert", "finish"],
    },
    threads: [
      (t) => {
        t.publish("list", 1);
        t.atomicStore("state", 1);
      },
      (t) => {
        if (t.published("state") === 0) return { state: 0 };
        t.acquire("node");
        return { state: 1, list: t.load("list") };
      },
    ],
    broken: ({ list }) => list === 0,
    takesOrder: true,
  },
  {
    name: "the queue of spaces",
    promise: "a slot that was accepted while its space left the queue is claimed, or its space is in the queue again",
    stands: {
      "space/queues.ts": ["enqueue", "makeReady", "claimFrom"],
      "space/portions.ts": ["raiseReady", "unclaimedIn"],
    },
    threads: [
      (t) => {
        t.exchange("ready", 1);
        return { pushed: 1 - t.exchange("queued", 1) };
      },
      (t) => {
        t.exchange("queued", 0);
        return { seen: t.atomicLoad("ready") };
      },
    ],
    initial: { queued: 1 },
    broken: ({ pushed, seen }) => pushed === 0 && seen === 0,
    takesOrder: false,
  },
  {
    name: "giving up",
    promise: "a thread that takes the mark of a broken queue sees the bulk that it was marked for",
    stands: { "space/queues.ts": ["giveUpPortions", "distrustQueues", "mend", "mendQueue"] },
    threads: [
      (t) => {
        t.store("stale", 1);
        t.atomicStore("broken", 1);
      },
      (t) => {
        const marked = t.exchange("broken", 0); // one that comes later stays, for the next thread
        return { marked, stale: t.load("stale") };
      },
    ],
    broken: ({ marked, stale }) => marked === 1 && stale === 0,
    takesOrder: false,
  },
  {
    name: "the board of a portion",
    promise:
      "what any thread wrote in one phase, every thread reads that takes a unit of the next, and whether it needs locks",
    stands: {
      "bulk/board.ts": ["openPhase", "isPhaseDone", "takeUnit", "finishUnit"],
    },
    threads: [
      (t) => {
        t.assume(t.compareExchange("board", 0, 1) === 0);
        t.store("row", 1);
        t.add("done", 1);
      },
      (t) => {
        t.assume(t.atomicLoad("done") === 1);
        t.store("locks", 1);
        t.atomicStore("done", 0);
        t.atomicStore("board", 10);
      },
      (t) => {
        const board = t.atomicLoad("board");
        const hasTaken = board === 10 && t.compareExchange("board", board, board + 1) === board;
        return hasTaken ? { taken: 1, row: t.load("row"), locks: t.load("locks") } : { taken: 0 };
      },
    ],
    broken: ({ row, locks }) => row === 0 || locks === 0,
    takesOrder: false,
  },
  {
    name: "leaving a portion",
    promise: "the memory of a portion is freed only when no thread that helps can touch it",
    stands: {
      "space/helping.ts": ["joinBulk", "join", "leaveBulk"],
      "space/queues.ts": ["endBulk", "giveUpBulk"],
      "bulk/board.ts": ["close", "isHelped"],
    },
    threads: [
      (t) => {
        t.acquire("partition");
        const hasJoined = t.atomicLoad("closed") === 0;
        if (hasJoined) t.atomicStore("helps", 1);
        t.release("partition");
        if (!hasJoined) return { hasJoined: 0 };
        const isFreed = t.load("freed");
        t.acquire("partition");
        t.atomicStore("helps", 0);
        t.release("partition");
        return { hasJoined: 1, touched: isFreed };
      },
      (t) => {
        t.acquire("partition");
        t.atomicStore("closed", 1);
        if (t.atomicLoad("helps") === 0) t.store("freed", 1);
        t.release("partition");
      },
    ],
    broken: ({ touched }) => touched === 1,
    takesOrder: false,
  },
  {
    name: "parking",
    promise: "a worker that parks sees the work, or the thread that made it sees the worker parked",
    stands: {},
    threads: [
      (t) => {
        t.exchange("work", 1);
        t.add("wake", 1);
        return { sees: t.atomicLoad("parked") };
      },
      (t) => {
        const wake = t.atomicLoad("wake");
        t.atomicStore("parked", 1);
        const work = t.atomicLoad("work");
        return { work, woken: t.atomicLoad("wake") === wake ? 0 : 1 }; // a wait returns at once if it has changed
      },
    ],
    broken: ({ sees, work, woken }) => sees === 0 && work === 0 && woken === 0,
    takesOrder: false,
  },
  {
    name: "epochs",
    promise: "memory is freed only when no thread that announced its epoch can have found it",
    stands: {
      "memory/epochs.ts": ["announce", "nextEpoch", "oldestEpoch"],
      "space/retirement.ts": ["retire", "collect"],
      "space/compaction.ts": ["end"],
    },
    threads: [
      (t) => {
        t.atomicStore("current", 1); // the old one is unlinked
        const retiredAt = t.add("epoch", 1) + 1;
        const announced = t.atomicLoad("announced");
        return { freed: Number(announced === 0 || announced >= retiredAt) };
      },
      (t) => {
        t.exchange("announced", t.atomicLoad("epoch"));
        return { reads: 1 - t.atomicLoad("current") }; // 1: it found the old one, and reads it from now on
      },
    ],
    initial: { epoch: 1 },
    broken: ({ freed, reads }) => freed === 1 && reads === 1,
    takesOrder: false,
  },
  {
    name: "the journal's ring",
    promise: "an entry is overwritten only after the journal has read it",
    stands: { "journal/ring.ts": ["journalRoom", "journalWritten", "journalWaiting"] },
    threads: [
      (t) => {
        const entry = t.load("entry");
        t.atomicStore("tail", 1);
        return { entry };
      },
      (t) => {
        const tail = t.atomicLoad("tail");
        if (tail === 1) t.store("entry", 2);
        return { tail };
      },
    ],
    initial: { entry: 1 },
    broken: ({ entry }) => entry === 2,
    takesOrder: false,
  },
  {
    name: "locks",
    promise: "what one thread has written under a lock, the next one sees",
    stands: { "memory/locks.ts": ["acquire", "release"] },
    threads: [(t) => underLock(t, "a"), (t) => underLock(t, "b")],
    broken: ({ a, b }) => a === b,
    takesOrder: false,
  },
];

function linkedAtOnce(t: Actor, own: string, other: string): Registers {
  t.publish(`list of ${own}`, 1);
  const position = t.add("finished", 1);
  t.atomicStore(`recent ${position}`, own === "a" ? 1 : 2);
  if (position === 0) return { [own]: 0 };
  // The place before may not be filled yet: then the other one is still at work, and its search may have seen this slot.
  const seen = t.atomicLoad("recent 0");
  t.assume(seen !== 0);
  return { [own]: t.published(`list of ${other}`) };
}

function underLock(t: Actor, name: string): Registers {
  t.acquire("lock");
  const was = t.load("word");
  t.store("word", was + 1);
  t.release("lock");
  return { [name]: was };
}
