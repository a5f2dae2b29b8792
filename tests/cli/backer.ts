/* A process that makes a backup of one folder for each line that it reads, to where the line says; prints how each ended. */
import { backUp } from "../../src/journal/backup.ts";

const [folder] = process.argv.slice(2);
console.log("ready");
for await (const destination of console) {
  const outcome = await backUp(folder!, destination).then(
    () => "done",
    (error) => `${error.code}: ${error.message}`,
  );
  console.log(outcome);
}
