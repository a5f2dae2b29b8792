/* What is a command, and how are the words behind it read? */

import { parseArgs } from "node:util";
import { messageOf } from "../errors.ts";
import { UsageError } from "./failures.ts";

export interface Option {
  /** What stands for its value in the help; without it the option is a switch. */
  value?: string;
  help: string;
}

export interface Command {
  summary: string;
  /** What must follow the command, such as `PATH`. */
  places: readonly string[];
  options: Record<string, Option>;
  /** What else its help says. */
  notes: string;
  /** Resolves to the exit code. */
  run(given: Given): Promise<number>;
}

export const JSON_OPTION: Option = { help: "print JSON" };

/** What was given to a command. */
export class Given {
  private readonly command: string;
  private readonly places: string[];
  private readonly values: Record<string, string | boolean | undefined>;

  constructor(command: string, places: string[], values: Record<string, string | boolean | undefined>) {
    this.command = command;
    this.places = places;
    this.values = values;
  }

  place(i: number): string {
    return this.places[i]!;
  }

  has(option: string): boolean {
    return this.values[option] !== undefined;
  }

  text(option: string): string | undefined {
    return this.values[option] as string | undefined;
  }

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
export function parse(name: string, { places, options }: Command, args: string[]): Given {
  const known = Object.entries(options).map(([option, { value }]) => {
    return [option, { type: value === undefined ? "boolean" : "string" }] as const;
  });
  let found: { positionals: string[]; values: Record<string, unknown> };
  try {
    found = parseArgs({ args, options: Object.fromEntries(known), allowPositionals: true });
  } catch (error) {
    throw wrong(name, messageOf(error));
  }
  const { positionals } = found;
  if (positionals.length < places.length) throw wrong(name, `${places[positionals.length]} is missing`);
  if (positionals.length > places.length) throw wrong(name, `"${positionals[places.length]}" is one word too many`);
  const empty = positionals.indexOf("");
  if (empty >= 0) throw wrong(name, `${places[empty]} must not be empty`);
  return new Given(name, positionals, found.values as Record<string, string | boolean | undefined>);
}

function wrong(name: string, message: string): UsageError {
  return new UsageError(`${message}; see \`hnsw-workers ${name} --help\``);
}

export function helpOf(name: string, { summary, places, options, notes }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help }]) => {
    return [value === undefined ? `--${option}` : `--${option} ${value}`, help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const list = rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}\n`).join("");
  return `hnsw-workers ${[name, ...places].join(" ")} [options]: ${summary}\n\n${list}\n${notes}\n`;
}
