/*
 * Debug builds only: where can a test make this instance trap?
 *
 * `armFault(point, countdown)` makes the countdown-th visit of that point trap. Release builds contain none of it.
 */
let armed: u32 = 0;
let remaining: u32 = 0;

export function armFault(point: u32, countdown: u32): void {
  armed = point;
  remaining = countdown;
}

// @ts-ignore: decorator
@inline
export function faultPoint(point: u32): void {
  if (!ASC_NO_ASSERT) {
    if (armed == point && --remaining == 0) {
      armed = 0;
      unreachable();
    }
  }
}
