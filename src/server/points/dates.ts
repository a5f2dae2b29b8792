/* What moment does a payload's text name? Those forms that Qdrant reads; without a zone it is UTC. */

const FORM = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** Milliseconds since 1970, or null. */
export function momentOf(value: unknown): number | null {
  const parts = typeof value === "string" && value.length < 64 ? FORM.exec(value) : null;
  if (parts === null) return null;
  const [, day, time = "00:00", zone = "Z"] = parts;
  const [, sign, hours, minutes = "00"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const ms = Date.parse(
    `${day}T${time.length === 5 ? `${time}:00` : time}${sign ? `${sign}${hours}:${minutes}` : "Z"}`,
  );
  return Number.isNaN(ms) ? null : ms;
}
