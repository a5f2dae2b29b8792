/* Which vectors are nearest, and which keys are there? */
import type { Hit } from "../../values/hit.ts";
import type { Key } from "../../values/keys.ts";
import type { Seat } from "../seat.ts";
import type { Refusal } from "./refusals.ts";
import type { SpaceAt } from "./spaces.ts";

/** The k nearest to the first vector of the intake, nearest first; `exactly`: of all that there are. */
export function search(seat: Seat, space: SpaceAt, k: number, ef: number, exactly = false): Hit[] | Refusal {
  const count = seat.core.search(space.address, space.incarnation, k, ef, exactly ? 1 : 0);
  if (count < 0) return count;
  try {
    return seat.readHits(count);
  } finally {
    seat.core.endSearch();
  }
}

/** Every key, oldest vector first. */
export function listKeys(seat: Seat, space: SpaceAt): Key[] | Refusal {
  const count = seat.core.listKeys(space.address, space.incarnation);
  if (count < 0) return count;
  try {
    return seat.readKeys(count);
  } finally {
    seat.core.endSearch();
  }
}
