/* `backup`: how is a folder copied while a server has it open? */
import { backUp } from "../../storage/tools/backup.ts";
import { backUpStore, isStore } from "../../storage/tools/backup-store.ts";
import { bytesOf, counted } from "../terminal/amounts.ts";
import { Progress } from "../terminal/progress.ts";
import type { Command } from "./command.ts";

export const backup: Command = {
  summary: "copies a folder, or a store of collections, even one that is open",
  takes: ["PATH", "DEST"],
  options: {},
  notes:
    "Takes no lock: a server may have PATH open, add to it and take snapshots. DEST is created, or must be empty. The\n" +
    "copy is an index of its own, with every op that was on the disk when the backup began, and is on the disk itself.\n" +
    "Of a store, collections of one shape are as they were when their turn came.",
  async run(args) {
    const [path, destination] = [args.at(0), args.at(1)];
    using progress = new Progress();
    if (isStore(path)) return await backUpAll(path, destination, progress);
    let total = 0;
    const report = await backUp(path, destination, (bytes, of) => {
      if (of !== total) progress.start("copying", of);
      total = of;
      progress.to(bytes);
    });
    progress.stop();
    const { files, bytes } = report;
    const line = `${destination}: ${bytesOf(bytes)}, the journal and ${counted(files, "file")} of snapshots`;
    return { lines: [line], report: { path, destination, ...report } };
  },
};

async function backUpAll(path: string, destination: string, progress: Progress) {
  const report = await backUpStore(path, destination, (done, of) => {
    if (done === 1) progress.start("copying indexes", of);
    progress.to(done);
  });
  progress.stop();
  const { collections, bytes } = report;
  const line = `${destination}: ${bytesOf(bytes)}, ${counted(collections, "collection")}`;
  return { lines: [line], report: { path, destination, ...report } };
}
