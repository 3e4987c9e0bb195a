//! Fractional max pooling: windows at steps that are no whole numbers, drawn for each channel.

use gradus_tensor::{DType, Tensor, pool};

use super::spatial_sizes;
use crate::ops::conv::each;
use crate::ops::expect;
use crate::var::Var;

/// Where the windows along an axis lie: at `$\lfloor (o + u) \alpha \rfloor - \lfloor u \alpha \rfloor$` with
/// `$\alpha = (n - k)/(m - 1)$`, the last one at the end.
fn windows(size: usize, out: usize, kernel: usize, u: f64) -> Vec<Vec<usize>> {
    let room = size - kernel;
    let alpha = room as f64 / out.saturating_sub(1).max(1) as f64;
    let start = |o: usize| {
        if o + 1 == out { room } else { ((o as f64 + u) * alpha) as usize - (u * alpha) as usize }
    };
    (0..out).map(|o| (start(o)..start(o) + kernel).collect()).collect()
}

/// # Fractional pooling
impl Var<'_> {
    /// The largest element of each window of `[N, C, …]`, and its flat place in the spatial axes (I64), with windows of a
    /// size `kernel` whose m places along an axis of size n are spread over it: window o of m begins at
    /// `$\lfloor (o + u) \alpha \rfloor - \lfloor u \alpha \rfloor$`, `$\alpha = (n - k)/(m - 1)$`, the last one ends at the
    /// end. The spatial sizes become `out`. `samples`, `[N, C, axes]`, holds the u of each channel and axis, from 0 to 1.
    ///
    /// # Panics
    /// If a window does not fit, or the samples have another shape or lie outside of 0 … 1.
    ///
    /// # Source
    /// Graham, "Fractional Max-Pooling", 2014; PyTorch's `fractional_max_pool2d` has the formula of the windows.
    #[doc(alias = "fractional_max_pool2d")]
    #[doc(alias = "fractional_max_pool3d")]
    #[track_caller]
    pub fn fractional_max_pool(self, kernel: &[usize], out: &[usize], samples: &Tensor) -> (Self, Tensor) {
        const OP: &str = "fractional_max_pool";
        expect::floats(OP, self.dtype());
        let shape = self.shape();
        let sizes = spatial_sizes(OP, &shape);
        let rank = sizes.len();
        let (kernel, out) = (each(OP, kernel, rank), each(OP, out, rank));
        expect::shape(OP, "the samples", samples.shape(), &[shape[0], shape[1], rank]);
        for (a, ((&k, &m), &n)) in kernel.iter().zip(&out).zip(&sizes).enumerate() {
            assert!(
                k > 0 && m > 0 && (m - 1).checked_add(k).is_some_and(|most| most <= n),
                "{OP}: {m} windows of {k} places do not fit spatial axis {a} of {n}; kernel and output must be at least \
                 1, and output + kernel - 1 at most the size"
            );
        }
        let samples = samples.to_f64_vec();
        let outside = samples.iter().find(|u| !(0.0..=1.0).contains(*u));
        assert!(outside.is_none(), "{OP}: a sample is {}; they must be from 0 to 1", outside.unwrap_or(&0.0));
        let rows = shape[0] * shape[1];
        let wide = [vec![rows, 1], vec![1; 3 - rank], sizes.clone()].concat();
        let value = self.value().reshape(&wide[..]);
        let of_row = |row: usize| {
            let all = std::array::from_fn(|a| match (a + rank).checked_sub(3) {
                Some(b) => windows(sizes[b], out[b], kernel[b], samples[row * rank + b]),
                None => vec![vec![0]],
            });
            pool::window_max(&value.narrow(0, row, 1).squeeze_axis(1), &all)
        };
        let full = [&shape[..2], &out[..]].concat();
        let (values, places): (Vec<Tensor>, Vec<Tensor>) = (0..rows).map(of_row).unzip();
        let joined = |parts: &[Tensor], dtype: DType| match rows {
            0 => Tensor::zeros_of(&full[..], dtype),
            _ => Tensor::stack(parts, 0).reshape(&full[..]),
        };
        self.at_places(&joined(&values, self.dtype()), joined(&places, DType::I64))
    }
}
