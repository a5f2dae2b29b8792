/* Where do results go? To stdout as fast as it takes them, or to a file that is either whole or absent. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { escaped, messageOf } from "../../errors.ts";
import { FileError, OutputClosed } from "./failures.ts";

const BUFFER_CHARACTERS = 1 << 16;

let stdoutFailure: Error | null = null;
process.stdout.on("error", (error) => {
  stdoutFailure = error; // may come after the write that failed
});

/** Prints lines to stdout, whatever names are in them. Rejects with OutputClosed. */
export async function print(lines: readonly string[]): Promise<void> {
  await write(lines.map((line) => `${escaped(line)}\n`).join(""));
}

async function write(text: string): Promise<void> {
  const failed = await new Promise<Error | null | undefined>((resolve) => process.stdout.write(text, resolve));
  const failure = failed ?? stdoutFailure;
  if (!failure) return;
  throw failure.message.includes("EPIPE") ? new OutputClosed() : new FileError(`stdout: ${failure.message}`);
}

export class LineWriter {
  private readonly file: number | null;
  private text = "";

  /** To a file, or to stdout if `path` is null. Throws FileError. */
  constructor(private readonly path: string | null) {
    try {
      this.file = path === null ? null : openSync(`${path}.unfinished`, "w");
    } catch (error) {
      throw new FileError(`${path} can't be written: ${messageOf(error)}`);
    }
  }

  async line(line: string): Promise<void> {
    this.text += `${escaped(line)}\n`; // in lines of JSON that is a way to write the same
    if (this.text.length >= BUFFER_CHARACTERS) await this.flush();
  }

  private async flush(): Promise<void> {
    const { text } = this;
    this.text = "";
    if (this.file === null) return await write(text);
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at); // may be short
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Writes the rest; a file gets its name once it is on the disk. */
  async finish(): Promise<void> {
    if (this.text !== "") await this.flush();
    if (this.file === null) return;
    try {
      fsyncSync(this.file);
      renameSync(`${this.path}.unfinished`, this.path!);
    } catch (error) {
      throw this.failure(error);
    }
    closeSync(this.file);
  }

  abandon(): void {
    if (this.file === null) return;
    closeSync(this.file);
    rmSync(`${this.path}.unfinished`, { force: true });
  }

  private failure(error: unknown): FileError {
    return new FileError(`${this.path} can't be written: ${messageOf(error)}`);
  }
}
