//! The options of pooling operations, and the windows along an axis that follow from them.

use gradus_tensor::pool::Taps;

use crate::ops::conv::each;

/// Windows of a pooling operation: numbers for each spatial axis, or one for all. An empty `stride` means the kernel.
///
/// ```
/// use gradus_autograd::{Tape, ops::Pool};
/// use gradus_tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.var(Tensor::from([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]]));
/// let (largest, places) = x.max_pool(&Pool::of(2)); // windows of 2 × 2, side by side
/// assert_eq!(largest.value().to_f64_vec(), [4.0, 8.0]);
/// assert_eq!(places.to_f64_vec(), [5.0, 7.0]);
/// assert_eq!(x.avg_pool(&Pool::of(2)).value().to_f64_vec(), [2.5, 6.5]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Sizes of a window.
    pub kernel: Vec<usize>,
    /// Steps between windows.
    pub stride: Vec<usize>,
    /// Places in front of and behind each axis: zeros for means, -∞ for maxima.
    pub padding: Vec<usize>,
    /// Steps inside a window (maxima only).
    pub dilation: Vec<usize>,
    /// Whether a window may reach beyond the end.
    pub ceil: bool,
    /// Whether padding counts in a mean.
    pub count_padding: bool,
    /// What sums are divided by, instead of the number of elements.
    pub divisor: Option<f64>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            kernel: vec![2],
            stride: vec![],
            padding: vec![0],
            dilation: vec![1],
            ceil: false,
            count_padding: true,
            divisor: None,
        }
    }
}

/// The windows along one axis, by where each starts (which may lie in the padding).
pub(super) struct Line {
    size: usize,
    kernel: usize,
    padding: usize,
    pub(super) dilation: usize,
    starts: Vec<isize>,
}

impl From<usize> for Pool {
    fn from(kernel: usize) -> Self {
        Self::of(kernel)
    }
}

impl<const N: usize> From<[usize; N]> for Pool {
    fn from(kernel: [usize; N]) -> Self {
        Self { kernel: kernel.into(), ..Self::default() }
    }
}

impl Pool {
    /// Windows of this size, side by side.
    pub fn of(kernel: usize) -> Self {
        Self { kernel: vec![kernel], ..Self::default() }
    }

    /// Panics if there are options of means where there are none.
    #[track_caller]
    pub(super) fn no_means(&self, op: &str) {
        assert!(
            self.count_padding && self.divisor.is_none(),
            "{op}: count_padding {} and divisor {:?} are options of means, of avg_pool alone",
            self.count_padding,
            self.divisor
        );
    }

    #[track_caller]
    pub(super) fn lines(&self, op: &str, sizes: &[usize]) -> Vec<Line> {
        let rank = sizes.len();
        let kernel = each(op, &self.kernel, rank);
        let stride = if self.stride.is_empty() { kernel.clone() } else { each(op, &self.stride, rank) };
        let (padding, dilation) = (each(op, &self.padding, rank), each(op, &self.dilation, rank));
        let mut lines = Vec::with_capacity(rank);
        for a in 0..rank {
            let (size, p, s) = (sizes[a], padding[a], stride[a]);
            let numbers = [("kernel", kernel[a]), ("stride", s), ("dilation", dilation[a])];
            if let Some((name, _)) = numbers.iter().find(|(_, n)| *n == 0) {
                panic!("{op}: the {name} of spatial axis {a} is 0; it must be at least 1");
            }
            let span = dilation[a].saturating_mul(kernel[a] - 1).saturating_add(1);
            let padded = size.saturating_add(p.saturating_mul(2));
            assert!(
                span <= padded && padded <= isize::MAX as usize / 8,
                "{op}: a window of {span} places does not fit spatial axis {a} of {size} with padding {p}; the spatial \
                 sizes are {sizes:?}, the kernel is {kernel:?}"
            );
            // As PyTorch has it; beyond it, whole windows would lie in the padding.
            assert!(
                p <= span / 2,
                "{op}: padding {p} of spatial axis {a} is more than half of a window of {span} places"
            );
            let room = padded - span;
            let mut count = if self.ceil { room.div_ceil(s) } else { room / s } + 1;
            // The last window must start inside the value or the padding in front.
            if self.ceil && (count - 1) * s >= size + p {
                count -= 1;
            }
            let starts = (0..count).map(|o| (o * s) as isize - p as isize).collect();
            lines.push(Line { size, kernel: kernel[a], padding: p, dilation: dilation[a], starts });
        }
        lines
    }
}

impl Line {
    /// The places of each window that exist.
    pub(super) fn windows(&self) -> Vec<Vec<usize>> {
        let places = |&start: &isize| {
            let all = (0..self.kernel).map(move |k| start + (k * self.dilation) as isize);
            all.filter(|&i| (0..self.size as isize).contains(&i)).map(|i| i as usize).collect()
        };
        self.starts.iter().map(places).collect()
    }

    /// The weights of a mean.
    pub(super) fn mean(&self, pool: &Pool) -> Taps {
        let end = (self.size + self.padding) as isize;
        let weight = |(&start, places): (&isize, &Vec<usize>)| {
            let counted = (start + self.kernel as isize).min(end) - start;
            match pool {
                Pool { divisor: Some(_), .. } => 1.0,
                Pool { count_padding: true, .. } => 1.0 / counted as f64,
                _ => 1.0 / places.len() as f64,
            }
        };
        let windows = self.windows();
        let weights: Vec<f64> = self.starts.iter().zip(&windows).map(weight).collect();
        Taps::even(self.size, windows.into_iter().zip(weights))
    }
}
