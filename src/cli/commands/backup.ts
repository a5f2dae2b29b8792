/* `backup`: how is a folder copied while a server has it open? */
import { backUp } from "../../storage/tools/backup.ts";
import { type Command, JSON_OPTION } from "../command.ts";
import { bytesOf, counted } from "../terminal/amounts.ts";
import { print, printJson } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";

export const backup: Command = {
  summary: "copies a folder, be it open elsewhere",
  places: ["PATH", "DEST"],
  options: { json: JSON_OPTION },
  notes:
    "Takes no lock: a server may have PATH open, adding and taking snapshots. DEST is made, or must be empty; it is an\n" +
    "index of its own then, with every op that was on the disk when the backup began, and is itself on the disk.",
  async run(given) {
    const [path, destination] = [given.place(0), given.place(1)];
    using progress = new Progress();
    let total = 0;
    const report = await backUp(path, destination, (bytes, of) => {
      if (of !== total) progress.start("copying", of);
      total = of;
      progress.to(bytes);
    });
    progress.stop();
    const { files, bytes } = report;
    const text = `${destination}: ${bytesOf(bytes)}, the journal and ${counted(files, "file")} of snapshots\n`;
    await (given.has("json") ? printJson({ path, destination, ...report }) : print(text));
    return 0;
  },
};
