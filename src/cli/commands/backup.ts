/* `backup`: how is a folder copied while a server has it open? */
import { backUp } from "../../storage/tools/backup.ts";
import { bytesOf, counted } from "../terminal/amounts.ts";
import { Progress } from "../terminal/progress.ts";
import type { Command } from "./command.ts";

export const backup: Command = {
  summary: "copies a folder, even one that is open",
  takes: ["PATH", "DEST"],
  options: {},
  notes:
    "Takes no lock: a server may have PATH open, add to it and take snapshots. DEST is created, or must be empty. The\n" +
    "copy is an index of its own, with every op that was on the disk when the backup began, and is on the disk itself.",
  async run(args) {
    const [path, destination] = [args.at(0), args.at(1)];
    using progress = new Progress();
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
