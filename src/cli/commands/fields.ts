/* Which fields does the option --fields name? */
import type { FieldType } from "../../documents/fields.ts";
import type { Arguments } from "./command.ts";

/** "tags:keyword,createdAt:date"; `open` refuses what is none. */
export function fieldsOf(args: Arguments): Record<string, FieldType> {
  const text = args.text("fields");
  if (text === undefined) return {};
  const pairs = text.split(",").map((pair): [string, FieldType] => {
    const at = pair.lastIndexOf(":");
    if (at < 1) throw args.wrong(`--fields must be such as tags:keyword,createdAt:date, not "${text}"`);
    return [pair.slice(0, at), pair.slice(at + 1) as FieldType];
  });
  return Object.fromEntries(pairs);
}
