//! The driver of kernels over runs: what lies along the last axis of a tensor is a run, and every kernel here takes any
//! number of runs of `width` elements and visits each while it lies in the cache.

use super::run;

/// Calls `f` with every run of equally long slices, inside the vector dispatch. The output is a parameter, not captured, so
/// that the compiler knows that it overlaps nothing.
#[inline(always)]
pub(super) fn each_run<T: Copy, const N: usize>(
    x: [&[T]; N],
    width: usize,
    y: &mut [T],
    f: impl Fn([&[T]; N], &mut [T]),
) {
    run(
        #[inline(always)]
        || {
            for (i, y) in y.chunks_exact_mut(width).enumerate() {
                f(x.map(|x| &x[i * width..][..width]), y);
            }
        },
    );
}
