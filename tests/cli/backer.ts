/* A process that backs a folder up to the destination in each line of its stdin, and prints how each backup ended. */
import { backUp } from "../../src/storage/tools/backup.ts";

const [folder] = process.argv.slice(2);
console.log("ready");
for await (const destination of console) {
  const outcome = await backUp(folder!, destination).then(
    () => "done",
    (error) => `${error.code}: ${error.message}`,
  );
  console.log(outcome);
}
