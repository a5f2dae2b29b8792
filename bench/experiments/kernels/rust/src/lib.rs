//! What `wasm-pack build --target nodejs` exports.
mod kernels;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn dots(values: &[f32], floats: usize, rounds: u32) -> f32 {
    kernels::each(values, floats, rounds, kernels::dot)
}

#[wasm_bindgen]
pub fn squares(values: &[f32], floats: usize, rounds: u32) -> f32 {
    kernels::each(values, floats, rounds, kernels::squared)
}
