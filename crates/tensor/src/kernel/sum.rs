//! Sums: pairwise over fixed blocks, so that the rounding error grows with `$\log n$` and the bits never depend on the
//! number of threads.

use super::{BLOCK, Real, run};

/// Lanes of one block's running sums: enough for four vectors of the widest kind.
const LANES: usize = 64;

/// `$\sum_i x_i$`.
pub fn sum<T: Real>(x: &[T]) -> T {
    run(
        #[inline(always)]
        || pairwise(x, &|block: &[T]| block_sum(block)),
    )
}

/// `$\sum_i f(x_i)$`, pairwise like [`sum`]: `f` maps each block into the cache first.
pub fn sum_map<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    run(
        #[inline(always)]
        || {
            pairwise(x, &|block: &[T]| {
                let mut buffer = [T::ZERO; BLOCK];
                for (y, &x) in buffer.iter_mut().zip(block) {
                    *y = f(x);
                }
                block_sum(&buffer[..block.len()])
            })
        },
    )
}

/// `$\sum_i x_i y_i$`.
pub fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    debug_assert_eq!(x.len(), y.len());
    run(
        #[inline(always)]
        || {
            let mut total = T::ZERO;
            for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
                total += block_dot(x, y);
            }
            total
        },
    )
}

#[inline(always)]
fn pairwise<T: Real>(x: &[T], block: &impl Fn(&[T]) -> T) -> T {
    // An explicit stack of partial sums: level k holds the sum of 2^k blocks.
    let mut levels = [T::ZERO; 48];
    let mut count = 0usize;
    for piece in x.chunks(BLOCK) {
        let mut total = block(piece);
        let mut level = 0;
        while count >> level & 1 == 1 {
            total = levels[level] + total;
            level += 1;
        }
        levels[level] = total;
        count += 1;
    }
    let mut total = T::ZERO;
    let mut first = true;
    for (level, &partial) in levels.iter().enumerate() {
        if count >> level & 1 == 1 {
            total = if first { partial } else { partial + total };
            first = false;
        }
    }
    total
}

/// The sum of at most [`BLOCK`] numbers, in lanes.
#[inline(always)]
pub fn block_sum<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    fold(lanes)
}

#[inline(always)]
fn block_dot<T: Real>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let ((cx, rx), (cy, ry)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in cx.iter().zip(cy) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
            *lane = super::math::mul_add(x, y, *lane);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(rx).zip(ry) {
        *lane = super::math::mul_add(x, y, *lane);
    }
    fold(lanes)
}

/// Adds the lanes pairwise.
#[inline(always)]
fn fold<T: Real>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            let upper = lanes[i + width];
            lanes[i] += upper;
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_integers_are_exact() {
        for n in [0usize, 1, 7, 63, 64, 65, 1023, 1024, 1025, 5000] {
            let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let want = (n * n.saturating_sub(1) / 2) as f64;
            assert_eq!(sum(&x), want);
            assert_eq!(sum_map(&x, |x| x + x), 2.0 * want);
            assert_eq!(dot(&x, &vec![3.0; n]), 3.0 * want);
        }
    }

    #[test]
    fn the_error_of_a_long_sum_stays_small() {
        let x = vec![0.1f32; 10_000_000];
        let want = f64::from(0.1f32) * 1e7;
        assert!((f64::from(sum(&x)) - want).abs() / want < 1e-6);
    }
}
