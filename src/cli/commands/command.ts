/* What is a command, and how are its arguments read? */
import { parseArgs } from "node:util";
import { messageOf } from "../../errors.ts";
import { UsageError } from "../terminal/failures.ts";

export interface Option {
  /** Stands for its value in the help; an option without it is a switch. */
  value?: string;
  help: string;
}

export interface Command {
  summary: string;
  /** Names of the arguments that it needs, such as `PATH`. */
  takes: readonly string[];
  options: Record<string, Option>;
  notes: string;
  /** Null when everything was printed already. */
  run(args: Arguments): Promise<Outcome | null>;
}

/** What a command prints at its end: the lines, or with --json the report. */
export interface Outcome {
  lines: string[];
  report: object;
  failed?: boolean;
}

const JSON_OPTION: Option = { help: "print JSON" };

type Values = Record<string, string | boolean | undefined>;

export class Arguments {
  constructor(
    private readonly command: string,
    private readonly positionals: string[],
    private readonly values: Values,
  ) {}

  at(i: number): string {
    return this.positionals[i]!;
  }

  has(option: string): boolean {
    return this.values[option] !== undefined;
  }

  /** All options but --json, as one text. */
  get written(): string {
    return JSON.stringify(Object.entries({ ...this.values, json: undefined }).sort());
  }

  text(option: string): string | undefined {
    return this.values[option] as string | undefined;
  }

  /** Throws UsageError. */
  integer(option: string): number | undefined {
    const text = this.text(option);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw this.wrong(`--${option} must be a whole number, not "${text}"`);
    return Number(text);
  }

  /** Throws UsageError unless exactly one of two options is there. */
  oneOf(a: string, b: string): void {
    if (this.has(a) === this.has(b)) throw this.wrong(`give either --${a} or --${b}`);
  }

  wrong(message: string): UsageError {
    return wrong(this.command, message);
  }
}

/** Throws UsageError. */
export function parse(name: string, { takes, options }: Command, args: string[]): Arguments {
  const known = Object.entries({ json: JSON_OPTION, ...options }).map(([option, { value }]) => {
    return [option, { type: value === undefined ? "boolean" : "string" }] as const;
  });
  let found: { positionals: string[]; values: Record<string, unknown> };
  try {
    found = parseArgs({ args, options: Object.fromEntries(known), allowPositionals: true });
  } catch (error) {
    throw wrong(name, messageOf(error));
  }
  const { positionals } = found;
  if (positionals.length < takes.length) throw wrong(name, `${takes[positionals.length]} is missing`);
  if (positionals.length > takes.length) throw wrong(name, `"${positionals[takes.length]}" is one argument too many`);
  const empty = positionals.indexOf("");
  if (empty >= 0) throw wrong(name, `${takes[empty]} must not be empty`);
  return new Arguments(name, positionals, found.values as Values);
}

function wrong(name: string, message: string): UsageError {
  return new UsageError(`${message}; see \`hnsw-workers ${name} --help\``);
}

export function helpOf(name: string, { summary, takes, options, notes }: Command): string[] {
  const rows = Object.entries({ json: JSON_OPTION, ...options }).map(([option, { value, help }]) => {
    return [value === undefined ? `--${option}` : `--${option} ${value}`, help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const list = rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
  return [`hnsw-workers ${[name, ...takes].join(" ")} [options]: ${summary}`, "", ...list, "", ...notes.split("\n")];
}
