/* Where do rows and filter programs lie on their way in and out? In the seat's row buffer, which grows as needed. */
import { FAULT_ROW_BUFFER, MAX_ROW_BYTES, SEAT_ROW, SEAT_ROW_BYTES } from "../layout";
import { allocate, free } from "../memory/arena";
import { faultPoint } from "../memory/faults";
import { seat } from "../memory/locks";

const SMALLEST: u32 = 4096;

/** The seat's row buffer, with room for `bytes`; 0 when there is no memory for it. What was in it may be lost. Partition lock held. */
export function rowBuffer(bytes: u32): usize {
  if (bytes <= load<u32>(seat + SEAT_ROW_BYTES)) return load<u32>(seat + SEAT_ROW);
  if (bytes > MAX_ROW_BYTES) return 0;
  const size = max<u32>(SMALLEST, bytes + (bytes >>> 2));
  const larger = allocate(size, 0);
  if (larger == 0) return 0;
  const old: usize = load<u32>(seat + SEAT_ROW);
  store<u32>(seat + SEAT_ROW_BYTES, 0);
  store<u32>(seat + SEAT_ROW, <u32>larger);
  faultPoint(FAULT_ROW_BUFFER);
  store<u32>(seat + SEAT_ROW_BYTES, size);
  free(old);
  return larger;
}
