/*
 * Is a folder from elsewhere refused, or harmless, when it is opened, salvaged, inspected, verified, exported and copied?
 * And is nothing beside it touched, and nothing in it by those that only read? A process of its own, since some of it may
 * hang: `judge-folder.ts ORIGIN CASES FIRST` prints a verdict a line for each of a JSON list of cases, from FIRST on.
 */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWith } from "../../src/api/open.ts";
import { type Command, parse } from "../../src/cli/commands/command.ts";
import { exportSpaces } from "../../src/cli/commands/export.ts";
import { verify } from "../../src/cli/commands/verify.ts";
import { HnswError } from "../../src/errors.ts";
import { backUp } from "../../src/storage/tools/backup.ts";
import { inspect } from "../../src/storage/tools/inspect.ts";
import { CASES, FIELDS, SHAPE } from "./folder-cases.ts";
import { fieldCase } from "./folder-fields.ts";
import { Rows } from "./folder-rows.ts";
import { judgeIndex, MEMORY_LIMIT, usedMs, type Verdict, verdictOf } from "./judge.ts";

const READERS = ["inspect", "verify", "export", "backup"] as const;
const DEEDS = [...READERS, "open", "salvage"] as const;
export type Deed = (typeof DEEDS)[number];

/** A name of CASES, or the seed of a random one. */
export type Case = string | number;

export type FolderVerdict = Verdict & { deeds?: Record<Deed, Verdict> };

const MOST_MS = 5000;

async function judgeCase(origin: string, id: Case): Promise<FolderVerdict> {
  const root = mkdtempSync(join(tmpdir(), "hnsw-workers-hostile-"));
  try {
    const index = join(root, "index");
    const changed = join(root, "changed");
    mkdirSync(changed);
    cpSync(origin, join(changed, "index"), { recursive: true });
    change(id, join(changed, "index"), changed);
    const deeds = {} as Record<Deed, Verdict>;
    const problems: string[] = [];
    for (const deed of DEEDS) {
      // As cp -a: links and pipes stay what they are.
      const isFresh = deed === READERS[0] || !READERS.includes(deed as never);
      if (isFresh) {
        rmSync(index, { recursive: true, force: true });
        Bun.spawnSync(["cp", "-a", join(changed, "index"), index]);
      }
      const [was, start] = [stateOf(root), usedMs()];
      deeds[deed] = await judge(deed, index, join(root, `copy-${deed}`));
      const ms = usedMs() - start;
      if (deeds[deed].kind === "wrong") problems.push(`${deed}: ${deeds[deed].why}`);
      if (ms > MOST_MS) problems.push(`${deed} took ${Math.round(ms)} ms`);
      for (const path of differences(was, stateOf(root))) {
        const isOurs = path.startsWith(index) && (!READERS.includes(deed as never) || path === join(index, "lock"));
        if (!isOurs) problems.push(`${deed} touched ${path.slice(root.length)}`);
      }
      rmSync(join(root, `copy-${deed}`), { recursive: true, force: true });
    }
    if (deeds.open.kind === "refused" && deeds.verify.kind === "right") problems.push("verify finds nothing wrong");
    return problems.length > 0 ? { kind: "wrong", why: problems.join("; "), deeds } : { kind: "right", deeds };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function change(id: Case, index: string, root: string): void {
  const make = typeof id === "number" ? fieldCase(id) : CASES[id]!;
  let after: unknown;
  {
    using rows = new Rows(index);
    after = make(rows, index, root);
  }
  if (typeof after === "function") after();
}

/** Everything in a folder, links not followed, but copies that are being made. */
function stateOf(folder: string, found = new Map<string, string>()): Map<string, string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith("copy-")) continue;
    if (entry.isDirectory()) stateOf(path, found);
    if (entry.isFile()) found.set(path, Bun.hash(readFileSync(path)).toString());
    else found.set(path, entry.isSymbolicLink() ? readlinkSync(path) : `${lstatSync(path).mode}`);
  }
  return found;
}

function differences(was: Map<string, string>, is: Map<string, string>): string[] {
  return [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path));
}

const COMMANDS: Partial<Record<Deed, [Command, string[]]>> = {
  verify: [verify, []],
  export: [exportSpaces, ["--all"]],
};

async function judge(deed: Deed, folder: string, destination: string): Promise<Verdict> {
  const command = COMMANDS[deed];
  return await verdictOf(async () => {
    if (deed === "inspect") await inspect(folder);
    else if (deed === "backup") await backUp(folder, destination);
    else if (command) {
      const outcome = await quietly(() => command[0].run(parse(deed, command[0], [folder, ...command[1]])));
      if (outcome?.failed) throw new HnswError("PATH_DAMAGED", "it is not sound");
    } else await use(folder, deed === "salvage");
  });
}

async function use(path: string, salvaging: boolean): Promise<void> {
  const limits = { workers: 0, memoryLimit: MEMORY_LIMIT, timeoutMs: 2000, onIncident: () => {} };
  const { index } = await openWith({
    path,
    ...(salvaging ? { ...SHAPE, fields: FIELDS, onDamage: "salvage" } : SHAPE),
    ...limits,
  });
  try {
    await judgeIndex(index, null);
  } finally {
    await index.close();
  }
}

/** Runs a command and throws away what it prints: the verdicts are what is read here. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = (_: unknown, ...rest: unknown[]) => {
    for (const each of rest) if (typeof each === "function") each(null);
    return true;
  };
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}

if (import.meta.main) {
  const [origin, list, first] = process.argv.slice(2);
  process.stdout.write("ready\n");
  const cases: Case[] = JSON.parse(readFileSync(list!, "utf8"));
  for (const id of cases.slice(Number(first))) {
    process.stdout.write(`${JSON.stringify(await judgeCase(origin!, id))}\n`);
    if (!existsSync(origin!)) throw new Error("a case took the origin with it");
    Bun.gc(true);
  }
  process.exit(0);
}
