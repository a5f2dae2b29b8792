/* What stands in a cell of numbers where there is no number? A NaN, so that it compares with nothing. */

export const NUMBER_MISSING: u64 = 0x7ff8000000000001;
export const NUMBER_NULL: u64 = 0x7ff8000000000002;
/** Beside the address of a list in the low half. */
export const NUMBER_LIST: u64 = 0x7ffc000000000000;

/** Whether a cell refers to a list. */
export function isNumberList(bits: u64): bool {
  return bits >>> 32 == NUMBER_LIST >>> 32;
}
