/* Which spaces of an index may callers name as their own? All but those that the server keeps points in. */
import { MOVING } from "../points/moves.ts";
import { holdsPoints } from "../points/tenants.ts";
import { wrongInput } from "../wire/refusals.ts";

/** Whether the server alone writes there. */
export const isOurs = (space: string) => holdsPoints(space) || space === MOVING;

/** Throws Refusal. */
export function notOurs(space: string): void {
  if (!isOurs(space)) return;
  throw wrongInput(`the space "${space}" holds points: write them by /collections, or to a space of another name`);
}
