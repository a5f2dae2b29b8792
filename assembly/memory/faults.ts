/*
 * Where can a test make this instance trap? In debug builds only: release builds contain none of it.
 *
 * `armFault(point, countdown)` makes the countdown-th visit of that point trap.
 */
let armed: u32 = 0;
let remaining: u32 = 0;

export function armFault(point: u32, countdown: u32): void {
  armed = point;
  remaining = countdown;
}

export function faultPoint(point: u32): void {
  if (!ASC_NO_ASSERT) {
    if (armed == point && --remaining == 0) {
      armed = 0;
      unreachable();
    }
  }
}
