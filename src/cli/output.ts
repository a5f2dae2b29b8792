/* Where do results go? To stdout as fast as it takes them, or to a file that is whole or not there. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { FileError, messageOf, OutputClosed } from "./failures.ts";

const BUFFER_CHARACTERS = 1 << 16;

/** Prints to stdout. Rejects with OutputClosed. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(error.message.includes("EPIPE") ? new OutputClosed() : error);
    process.stdout.once("error", failed);
    process.stdout.write(text, (error) => {
      process.stdout.off("error", failed);
      if (error) failed(error);
      else resolve();
    });
  });
}

export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Takes lines one after the other. */
export class LineWriter {
  private readonly path: string | null;
  private readonly file: number | null;
  private text = "";

  /** Null: to stdout. Throws FileError. */
  constructor(path: string | null) {
    this.path = path;
    try {
      this.file = path === null ? null : openSync(`${path}.unfinished`, "w");
    } catch (error) {
      throw new FileError(`${path} can't be written: ${messageOf(error)}`);
    }
  }

  async line(line: string): Promise<void> {
    this.text += `${line}\n`;
    if (this.text.length >= BUFFER_CHARACTERS) await this.flush();
  }

  private async flush(): Promise<void> {
    const { text } = this;
    this.text = "";
    if (this.file === null) return await print(text);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at); // may be short
  }

  /** Writes what is left; a file gets its name once it is on the disk. */
  async finish(): Promise<void> {
    if (this.text !== "") await this.flush();
    if (this.file === null) return;
    fsyncSync(this.file);
    closeSync(this.file);
    renameSync(`${this.path}.unfinished`, this.path!);
  }

  /** Takes a file back. */
  abandon(): void {
    if (this.file === null) return;
    closeSync(this.file);
    rmSync(`${this.path}.unfinished`, { force: true });
  }
}
