/* Who is notified of an incident? The user's function, or the process by a warning. */
import { escaped } from "../errors.ts";
import type { Incident, OpenOptions } from "../options/open.ts";
import { warn } from "../runtime/platform.ts";

/** What the user's function throws is thrown in a turn of its own: it stops nothing here. */
export function reporterOf(onIncident: OpenOptions["onIncident"]): (incident: Incident) => void {
  if (onIncident === undefined) return warnOf;
  return ({ message, ...incident }) => {
    try {
      onIncident({ ...incident, message: escaped(message) });
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  };
}

export function warnOf({ worker, kind, message }: Incident): void {
  warn(escaped(`worker ${worker}: ${kind}: ${message}`));
}
