//! Layers that move values and compute nothing.

use gradus_autograd::{Var, params};

use crate::module::Module;

/// All axes but the first as one: `[N, a, b, …]` to `[N, a·b·…]`.
///
/// ```
/// use gradus_nn::{Flatten, Module};
/// use gradus_tensor::Tensor;
/// assert_eq!(Flatten.predict(&Tensor::zeros([10, 3, 8, 8])).shape()[..], [10, 192]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Flatten;

params!(Flatten {});

impl Module for Flatten {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.flatten_axes(1, -1)
    }
}

/// The input itself: a place to be filled later.
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
        let y = Flatten.predict(&x);
        assert_eq!(*y.shape(), [2, 60]);
        assert_eq!(y.to_f64_vec(), x.to_f64_vec());
        assert!(Identity.predict(&x).equal(&x));
    }
}
