/*
 * How long does a distance take? The core's own kernels in a loop, so that the call from JavaScript does not count. A
 * module of its own: the core does not export them.
 */
import { dotCode, dotF32, squaredF32 } from "../../../../assembly/vectors/kernels";

const START: usize = 1024;

/** Each of `rounds`: the query at the start against the `count` vectors of `floats` behind it. */
export function dots(rounds: u32, count: u32, floats: u32): f32 {
  let sum: f32 = 0;
  const stride = floats << 2;
  for (let r: u32 = 0; r < rounds; r++) {
    for (let i: u32 = 1; i <= count; i++) sum += dotF32(START, START + i * stride, floats);
  }
  return sum;
}

export function squares(rounds: u32, count: u32, floats: u32): f32 {
  let sum: f32 = 0;
  const stride = floats << 2;
  for (let r: u32 = 0; r < rounds; r++) {
    for (let i: u32 = 1; i <= count; i++) sum += squaredF32(START, START + i * stride, floats);
  }
  return sum;
}

/** The same with 7-bit codes of `blocks` × 16 bytes. */
export function codes(rounds: u32, count: u32, blocks: u32): i32 {
  let sum: i32 = 0;
  const stride = blocks << 4;
  for (let r: u32 = 0; r < rounds; r++) {
    for (let i: u32 = 1; i <= count; i++) sum += dotCode(START, START + i * stride, blocks);
  }
  return sum;
}
