//! Layers that move values and compute nothing.

use gradus_autograd::{Var, params};

use crate::input::place;
use crate::module::Module;

mod pixel;
mod windows;

pub use pixel::{ChannelShuffle, PixelShuffle, PixelUnshuffle};
pub use windows::{Fold, Unfold};

/// Axes from `start` to `end`, both included, as one: by default all but the first, `[N, a, b, …]` to `[N, a·b·…]`.
///
/// ```
/// use gradus_nn::{Flatten, Module};
/// use gradus_tensor::Tensor;
/// let x = Tensor::zeros([10, 3, 8, 8]);
/// assert_eq!(Flatten::default().predict(&x).shape()[..], [10, 192]);
/// assert_eq!(Flatten { start: 0, end: 1 }.predict(&x).shape()[..], [30, 8, 8]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Flatten {
    /// The first axis; negative ones count from the end.
    pub start: isize,
    /// The last axis; negative ones count from the end.
    pub end: isize,
}

params!(Flatten {});

impl Default for Flatten {
    fn default() -> Self {
        Self { start: 1, end: -1 }
    }
}

impl Module for Flatten {
    /// # Panics
    /// If an axis is out of range.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.flatten_axes(self.start, self.end)
    }
}

/// An axis as several: `[N, a·b]` to `[N, a, b]`. One size may be -1: what is left for it.
///
/// ```
/// use gradus_nn::{Module, Unflatten};
/// use gradus_tensor::Tensor;
/// let layer = Unflatten::new(1, [3, -1]);
/// assert_eq!(layer.predict(&Tensor::zeros([10, 12])).shape()[..], [10, 3, 4]);
/// ```
#[derive(Debug, Clone)]
pub struct Unflatten {
    /// The axis; negative ones count from the end.
    pub axis: isize,
    /// Its sizes.
    pub sizes: Vec<isize>,
}

params!(Unflatten {});

impl Unflatten {
    /// An axis as these sizes.
    pub fn new(axis: isize, sizes: impl Into<Vec<isize>>) -> Self {
        Self { axis, sizes: sizes.into() }
    }
}

impl Module for Unflatten {
    /// # Panics
    /// If the axis is out of range, or its size is not the product of these.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let shape = x.shape();
        let at = gradus_tensor::axis_index("unflatten", self.axis, &shape);
        let (size, open) = (shape[at], self.sizes.iter().filter(|&&n| n == -1).count());
        let known = self.sizes.iter().filter(|&&n| n != -1);
        let product =
            known.clone().try_fold(1, |product: usize, &n| product.checked_mul(usize::try_from(n).ok()?));
        let fits = match product {
            Some(product) if open == 0 => product == size,
            Some(product) => open == 1 && product > 0 && size.is_multiple_of(product),
            None => false,
        };
        assert!(
            fits && !self.sizes.is_empty(),
            "unflatten: axis {at} of {shape}, of size {size}, as {:?}; the product of the sizes must be {size}, and at most \
             one of them -1{}",
            self.sizes,
            place()
        );
        let rest = size / product.unwrap_or(1).max(1);
        let sizes = self.sizes.iter().map(|&n| if n == -1 { rest } else { n.unsigned_abs() });
        x.reshape(
            shape[..at]
                .iter()
                .copied()
                .chain(sizes)
                .chain(shape[at + 1..].iter().copied())
                .collect::<Vec<_>>(),
        )
    }
}

/// The input itself: a place to be filled later.
///
/// ```
/// use gradus_nn::{Identity, Module};
/// assert_eq!(Identity.predict(&2f32.into()).item(), 2.0);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity;

params!(Identity {});

impl Module for Identity {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::Tensor;

    #[test]
    fn the_batch_axis_stays() {
        let x = Tensor::randn([2, 3, 4, 5], &mut gradus_tensor::rng(0));
        let y = Flatten::default().predict(&x);
        assert_eq!(*y.shape(), [2, 60]);
        assert_eq!(y.to_f64_vec(), x.to_f64_vec());
        assert!(Identity.predict(&x).equal(&x));
        assert!(Unflatten::new(-1, [3, 4, 5]).predict(&y).equal(&x));
        assert!(Unflatten::new(1, [-1, 4, 5]).predict(&y).equal(&x));
    }

    #[test]
    #[should_panic(
        expected = "unflatten: axis 1 of [2, 6], of size 6, as [4, -1]; the product of the sizes must be 6"
    )]
    fn sizes_that_do_not_fit_are_named() {
        Unflatten::new(1, [4, -1]).predict(&Tensor::zeros([2, 6]));
    }
}
