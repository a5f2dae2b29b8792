/* How is a file, or stdin, split into lines without holding all of it in memory? */
import { FileError } from "../terminal/failures.ts";

const MOST_CHARACTERS = 1 << 22; // in a line: 4,096 floats take 90,000 at most

/** Lines with their numbers, from 1. `onRead` gets the bytes of each chunk. Throws FileError. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<{ line: string; number: number }> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new FileError(`${name}, after line ${number}: not UTF-8`);
    }
  };
  let rest = "";
  let number = 0;
  for await (const chunk of chunks) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield { line: withoutReturn(line), number: ++number };
    if (rest.length > MOST_CHARACTERS) throw new FileError(`${name}, line ${number + 1}: too long to be text`);
    onRead(chunk.length);
  }
  rest += decode();
  if (rest !== "") yield { line: withoutReturn(rest), number: ++number };
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
