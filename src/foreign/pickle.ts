/*
 * What does a pickle of Python hold? Dicts, texts and integers, which need no code to run; all else is refused. Classes are
 * never looked up: an object of one that the caller knows by name is its attributes. (`pickletools.py` of CPython, protocols 2
 * to 5.)
 */
import { damaged, FileBytes, unreadable } from "./bytes.ts";

export type Pickled = null | boolean | number | bigint | string | PickledDict | PickledTuple | PickledClass;
export type PickledDict = Map<Pickled, Pickled>;

class PickledTuple {
  constructor(readonly items: readonly Pickled[]) {}
}

class PickledClass {
  constructor(readonly name: string) {}
}

const MARK = Symbol("mark");
type Entry = Pickled | typeof MARK;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * `what`: the file, as errors call it. `classes`: "module Name" of objects that are read as their attributes.
 * Throws EXPORT_DAMAGED, or EXPORT_FOREIGN for what only Python could load.
 */
export function readPickle(bytes: Uint8Array, what: string, classes: readonly string[] = []): Pickled {
  return new PickleReader(new FileBytes(bytes, what), classes).read();
}

class PickleReader {
  private readonly stack: Entry[] = [];
  private readonly memo = new Map<number, Entry>();
  private at = 0;

  constructor(
    private readonly file: FileBytes,
    private readonly classes: readonly string[],
  ) {}

  read(): Pickled {
    for (;;) {
      const start = this.at;
      const code = String.fromCharCode(this.file.bytes[this.take(1)]!);
      if (code === ".") return this.value();
      if (!this.constant(code) && !this.container(code) && !this.object(code)) {
        const shown = `0x${code.charCodeAt(0).toString(16)}`;
        throw unreadable(
          this.file.what,
          `its pickle has the instruction ${shown} at byte ${start}, which is not run here`,
        );
      }
    }
  }

  /** Instructions that push one value, or none. */
  private constant(code: string): boolean {
    const { view } = this.file;
    switch (code) {
      case "\x80":
        if (view.getUint8(this.take(1)) > 5) throw unreadable(this.file.what, "its pickle is of a protocol after 5");
        return true;
      case "\x95": // the frame's length is of use to readers of streams
        this.take(8);
        return true;
      case "N":
        return this.push(null);
      case "\x88":
      case "\x89":
        return this.push(code === "\x88");
      case "K":
        return this.push(view.getUint8(this.take(1)));
      case "M":
        return this.push(view.getUint16(this.take(2), true));
      case "J":
        return this.push(view.getInt32(this.take(4), true));
      case "\x8a":
        return this.push(this.long(view.getUint8(this.take(1))));
      case "\x8c":
        return this.push(this.text(view.getUint8(this.take(1))));
      case "X":
        return this.push(this.text(this.word()));
      case "\x8d":
        return this.push(this.text(this.file.size(this.take(8))));
      default:
        return false;
    }
  }

  private container(code: string): boolean {
    switch (code) {
      case "(":
        return this.push(MARK);
      case "}":
        return this.push(new Map());
      case ")":
        return this.push(new PickledTuple([]));
      case "s": {
        const [value, key] = [this.value(), this.value()];
        return this.setItems([key, value]);
      }
      case "u": {
        const from = this.stack.lastIndexOf(MARK);
        if (from < 0) throw this.broken();
        const items = this.stack.splice(from).slice(1) as Pickled[];
        return this.setItems(items);
      }
      case "\x94":
        this.memo.set(this.memo.size, this.top());
        return true;
      case "q":
        this.memo.set(this.file.view.getUint8(this.take(1)), this.top());
        return true;
      case "r":
        this.memo.set(this.word(), this.top());
        return true;
      case "h":
        return this.recall(this.file.view.getUint8(this.take(1)));
      case "j":
        return this.recall(this.word());
      default:
        return false;
    }
  }

  /** An object: its class, arguments that must be none, and a dict of attributes, which is what it is read as. */
  private object(code: string): boolean {
    switch (code) {
      case "c":
        return this.pushClass(this.line(), this.line());
      case "\x93": {
        const [name, module] = [this.value(), this.value()];
        return this.pushClass(String(module), String(name));
      }
      case "\x81": {
        const [args, made] = [this.value(), this.value()];
        if (!(made instanceof PickledClass && args instanceof PickledTuple)) throw this.broken();
        return this.push(new Map());
      }
      case "b": {
        const [state, object] = [this.value(), this.top()];
        if (!(state instanceof Map && object instanceof Map)) throw this.broken();
        for (const [name, value] of state) object.set(name, value);
        return true;
      }
      default:
        return false;
    }
  }

  private pushClass(module: string, name: string): boolean {
    if (!this.classes.includes(`${module} ${name}`)) {
      throw unreadable(this.file.what, `its pickle holds an object of ${module}.${name}`);
    }
    return this.push(new PickledClass(name));
  }

  private setItems(items: Pickled[]): boolean {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw this.broken();
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
    return true;
  }

  private push(entry: Entry): true {
    this.stack.push(entry);
    return true;
  }

  private recall(place: number): true {
    const entry = this.memo.get(place);
    if (entry === undefined) throw this.broken();
    return this.push(entry);
  }

  private top(): Entry {
    const entry = this.stack.at(-1);
    if (entry === undefined) throw this.broken();
    return entry;
  }

  private value(): Pickled {
    const entry = this.stack.pop();
    if (entry === undefined || entry === MARK) throw this.broken();
    return entry;
  }

  /** Where the next `count` bytes begin. */
  private take(count: number): number {
    const start = this.at;
    this.file.expect(start, count);
    this.at += count;
    return start;
  }

  private word(): number {
    return this.file.word(this.take(4));
  }

  private text(length: number): string {
    const start = this.take(length);
    try {
      return utf8.decode(this.file.bytes.subarray(start, start + length));
    } catch {
      throw damaged(this.file.what, `the text at byte ${start} is not UTF-8`);
    }
  }

  private line(): string {
    const end = this.file.bytes.indexOf(10, this.at);
    if (end < 0) throw damaged(this.file.what, "it ends in a name");
    const text = this.text(end - this.at);
    this.take(1);
    return text;
  }

  /** Two's complement, little-endian. */
  private long(length: number): number | bigint {
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.file.bytes[start + i]!);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  private broken(): Error {
    return damaged(this.file.what, `its pickle does not go together before byte ${this.at}`);
  }
}
