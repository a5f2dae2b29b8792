/* Do two backups to one destination leave each other alone, and does a failed one remove only what it created? */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../src/storage/tools/backup.ts";
import { Destination } from "../../src/storage/tools/backup-destination.ts";
import { Folder } from "../support/folder.ts";
import { refusalOf } from "../support/indexes.ts";
import { outOf, stateOf } from "./program.ts";

const OPTIONS = { dimensions: 4, workers: 0, partitions: 2 } as const;
const WHOLE = ["journal.mark", "journal.sqlite", "snapshots"];
const ROUNDS = 10;

let folder: Folder;
beforeAll(async () => {
  folder = new Folder();
  const { index } = await folder.open(OPTIONS);
  for (let n = 1; n <= 20; n++) await index.space(`space ${n % 5}`).add(n, [n, 1, 2, 3]);
  await index.checkpoint();
  await index.close();
});
afterAll(() => folder[Symbol.dispose]());

async function expectWhole(copy: string): Promise<void> {
  expect(readdirSync(copy).sort()).toEqual(WHOLE);
  expect(JSON.parse(await outOf(["verify", copy, "--json"])).vectors).toBe(20);
}

/** A process that makes a backup for each line that it reads; see `backer.ts`. */
class Backer implements Disposable {
  private readonly process = Bun.spawn(
    [process.execPath, new URL("./backer.ts", import.meta.url).pathname, folder.path],
    { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  );
  private readonly lines = this.read();

  private async *read(): AsyncGenerator<string> {
    let text = "";
    for await (const chunk of this.process.stdout) {
      const lines = (text + Buffer.from(chunk).toString()).split("\n");
      text = lines.pop()!;
      yield* lines;
    }
  }

  async line(): Promise<string> {
    return (await this.lines.next()).value;
  }

  backUp(destination: string): void {
    this.process.stdin.write(`${destination}\n`);
    void this.process.stdin.flush();
  }

  [Symbol.dispose](): void {
    this.process.stdin.end();
  }
}

describe("two at once", () => {
  test("by two processes: one makes it, the other is refused, and the copy is whole", async () => {
    using one = new Backer();
    using other = new Backer();
    expect([await one.line(), await other.line()]).toEqual(["ready", "ready"]);
    for (let round = 0; round < ROUNDS; round++) {
      const copy = join(folder.root, `race-${round}`);
      for (const each of [one, other]) each.backUp(copy);
      const outcomes = [await one.line(), await other.line()].sort();
      expect(outcomes[0], `round ${round}`).toStartWith("PATH_FOREIGN: ");
      expect(outcomes[1], `round ${round}`).toBe("done");
      expect(readdirSync(copy).sort(), `round ${round}`).toEqual(WHOLE);
    }
    await expectWhole(join(folder.root, `race-${ROUNDS - 1}`));
  });

  test("the second is refused because one is running, and the first completes", async () => {
    const copy = join(folder.root, "busy");
    let second: Promise<unknown> | null = null;
    let code = "";
    let message = "";
    await backUp(folder.path, copy, () => {
      second ??= refusalOf(() => Destination.take(folder.path, copy)).then((error) => {
        ({ code, message } = error);
      });
    });
    await second;
    expect(code).toBe("PATH_FOREIGN");
    const why = `${copy} holds backup.unfinished: another backup to it is running, or one was interrupted`;
    expect(message).toBe(`The folder ${why}. Wait for it, or empty the folder if none is running.`);
    await expectWhole(copy);
  });

  test("the second can begin when the first has given up", async () => {
    const copy = join(folder.root, "again");
    const first = Destination.take(folder.path, copy);
    expect((await refusalOf(() => Destination.take(folder.path, copy))).code).toBe("PATH_FOREIGN");
    first.takeBack();
    expect(existsSync(copy)).toBe(false);
    await backUp(folder.path, copy);
    await expectWhole(copy);
  });
});

test("an interrupted one stays as it is until the folder is emptied", async () => {
  const copy = join(folder.root, "cut");
  mkdirSync(join(copy, "backup.unfinished", "snapshots"), { recursive: true });
  writeFileSync(join(copy, "backup.unfinished", "journal.sqlite"), "half");
  const before = stateOf(copy);
  const refusal = await refusalOf(() => backUp(folder.path, copy));
  expect([refusal.code, refusal.message]).toEqual(["PATH_FOREIGN", expect.stringContaining("or one was interrupted")]);
  expect(stateOf(copy)).toEqual(before);
  rmSync(join(copy, "backup.unfinished"), { recursive: true });
  await backUp(folder.path, copy);
  await expectWhole(copy);
});

describe("a failed one", () => {
  const fail = () => {
    throw new Error("enough");
  };

  test("removes every folder that it created, and no other", async () => {
    mkdirSync(join(folder.root, "there"));
    const refusal = await refusalOf(() => backUp(folder.path, join(folder.root, "there", "x", "y"), fail));
    expect([refusal.code, refusal.message]).toEqual(["PATH_FAILED", expect.stringContaining("enough")]);
    expect(readdirSync(join(folder.root, "there"))).toEqual([]);
    const empty = await refusalOf(() => backUp(folder.path, join(folder.root, "there"), fail));
    expect(empty.code).toBe("PATH_FAILED");
    expect(readdirSync(join(folder.root, "there"))).toEqual([]);
  });

  test("creates nothing inside the folder itself", async () => {
    const before = readdirSync(folder.path);
    const refusal = await refusalOf(() => backUp(folder.path, join(folder.path, "x", "y")));
    expect(refusal.code).toBe("BAD_OPTION");
    expect(readdirSync(folder.path)).toEqual(before);
  });

  test("leaves files that others have put beside it", async () => {
    const copy = join(folder.root, "shared");
    const refusal = await refusalOf(() =>
      backUp(folder.path, copy, () => {
        writeFileSync(join(copy, "note"), "");
        fail();
      }),
    );
    expect(refusal.code).toBe("PATH_FAILED");
    expect(readdirSync(copy)).toEqual(["note"]);
  });

  test("removes its files even from their final place", async () => {
    const copy = join(folder.root, "late");
    const place = Destination.take(folder.path, copy);
    place.clear();
    for (const part of ["journal", "mark"] as const) writeFileSync(place.unfinished[part], "");
    writeFileSync(join(place.unfinished.folder, "rest"), ""); // so the folder can't be removed
    expect(() => place.moveUp()).toThrow();
    expect(readdirSync(copy).sort()).toEqual(["backup.unfinished", ...WHOLE].sort());
    place.takeBack();
    expect(existsSync(copy)).toBe(false);
  });
});
