//! How long does a distance take in Rust? Sums of four lanes, which the compiler makes SIMD of.

/// The query, the first `floats` values, against each of the vectors behind it, `rounds` times.
pub fn each(values: &[f32], floats: usize, rounds: u32, distance: fn(&[f32], &[f32]) -> f32) -> f32 {
    let (query, vectors) = values.split_at(floats);
    let mut sum = 0.0;
    for _ in 0..rounds {
        for vector in vectors.chunks_exact(floats) {
            sum += distance(query, vector);
        }
    }
    sum
}

pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b, |x, y| x * y)
}

pub fn squared(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b, |x, y| (x - y) * (x - y))
}

#[inline(always)]
fn lanes(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            sums[i] += term(a[i], b[i]);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let values: Vec<f32> = (0..48).map(|i| i as f32).collect();
        assert_eq!(dot(&values[0..16], &values[16..32]), (0..16).map(|i| (i * (i + 16)) as f32).sum());
        assert_eq!(squared(&values[0..16], &values[16..32]), 16.0 * 256.0);
        assert_eq!(each(&values, 16, 2, squared), 2.0 * (16.0 * 256.0 + 16.0 * 1024.0));
    }
}
