//! The inverse of max pools: each element back to its place.

use gradus_autograd::{Var, params};
use gradus_tensor::Tensor;

use crate::input::Batched;

macro_rules! unpools {
    ($($Name:ident $Pool:ident $axes:literal $name:literal $form:literal;)*) => {$(
        #[doc = concat!("The elements of `[N, C, ", $form, "]` or `[C, ", $form, "]` at the places that")]
        #[doc = concat!("[`", stringify!($Pool), "::with_indices`](crate::", stringify!($Pool), "::with_indices) found; zeros")]
        /// elsewhere. Where places repeat, the last one counts. It has two inputs, so it is no `Module`.
        ///
        /// ```
        /// use gradus_autograd::Tape;
        #[doc = concat!("use gradus_nn::{", stringify!($Pool), ", ", stringify!($Name), "};")]
        /// use gradus_tensor::{Tensor, rng};
        /// let tape = Tape::new();
        #[doc = concat!("let x = tape.constant(Tensor::randn(&[[1, 2].as_slice(), &[6; ", stringify!($axes), "]].concat()[..], &mut rng(0)));")]
        #[doc = concat!("let (y, places) = ", stringify!($Pool), "::new(2).with_indices(x);")]
        #[doc = concat!("let z = ", stringify!($Name), "::new([2; ", stringify!($axes), "]).unpool(y, &places);")]
        /// assert_eq!(z.shape(), x.shape());
        /// assert!(z.value().sum().allclose(&y.value().sum(), 1e-5, 0.0));
        /// ```
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            /// The size of a window along each spatial axis.
            pub kernel: [usize; $axes],
            /// The steps between windows.
            pub stride: [usize; $axes],
            /// The places that were added in front of and behind each axis.
            pub padding: [usize; $axes],
        }

        params!($Name {});

        impl $Name {
            /// For windows of this size side by side.
            pub fn new(kernel: [usize; $axes]) -> Self {
                Self { kernel, stride: kernel, padding: [0; $axes] }
            }

            /// The size along a spatial axis that became n, `$(n - 1) s - 2 p + k$`.
            fn size(&self, axis: usize, n: usize) -> usize {
                let (s, p, k) = (self.stride[axis], self.padding[axis], self.kernel[axis]);
                (n.saturating_sub(1).saturating_mul(s).saturating_add(k)).saturating_sub(p.saturating_mul(2))
            }

            /// To the spatial sizes `$(n - 1) s - 2 p + k$`.
            ///
            /// # Panics
            /// If the input has other axes, the places another shape, or a place is out of range.
            #[track_caller]
            pub fn unpool<'t>(&self, x: Var<'t>, indices: &Tensor) -> Var<'t> {
                let batch = Batched::of($name, x, $axes);
                let shape = batch.x.shape();
                let mut out = [0; $axes];
                for a in 0..$axes {
                    out[a] = self.size(a, shape[2 + a]);
                }
                batch.back(batch.x.max_unpool(&batch.places(indices), &out))
            }

            /// As [`Self::unpool`], to other sizes, by less than a stride larger or smaller: several sizes become the same
            /// when they are pooled.
            ///
            /// # Panics
            /// If a size differs by a stride or more, and as [`Self::unpool`].
            #[track_caller]
            pub fn unpool_to<'t>(&self, x: Var<'t>, indices: &Tensor, output_size: [usize; $axes]) -> Var<'t> {
                let batch = Batched::of($name, x, $axes);
                let shape = batch.x.shape();
                for (a, &wanted) in output_size.iter().enumerate() {
                    let usual = self.size(a, shape[2 + a]);
                    assert!(
                        usual.abs_diff(wanted) < self.stride[a],
                        "{}: an output size of {wanted} along spatial axis {a}; it can be {} to {}",
                        $name,
                        usual.saturating_sub(self.stride[a]) + 1,
                        usual.saturating_add(self.stride[a]) - 1
                    );
                }
                batch.back(batch.x.max_unpool(&batch.places(indices), &output_size))
            }
        }
    )*};
}
unpools! {
    MaxUnpool1d MaxPool1d 1 "max_unpool1d" "L";
    MaxUnpool2d MaxPool2d 2 "max_unpool2d" "H, W";
    MaxUnpool3d MaxPool3d 3 "max_unpool3d" "D, H, W";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;

    #[test]
    fn places_by_hand() {
        let tape = Tape::new();
        let x = tape.var(Tensor::from([[5.0, 7.0]]));
        let places = Tensor::from([[1, 2]]);
        let layer = MaxUnpool1d::new([2]);
        assert_eq!(layer.unpool(x, &places).value(), Tensor::from([[0.0, 5.0, 7.0, 0.0]]));
        let y = layer.unpool_to(x, &places, [5]);
        assert_eq!(y.value(), Tensor::from([[0.0, 5.0, 7.0, 0.0, 0.0]]));
        assert_eq!(y.square().sum().backward().wrt(x), Tensor::from([[10.0, 14.0]]));
    }

    #[test]
    #[should_panic(expected = "max_unpool1d: an output size of 6 along spatial axis 0; it can be 3 to 5")]
    fn a_size_out_of_reach_is_named() {
        let tape = Tape::new();
        MaxUnpool1d::new([2]).unpool_to(tape.constant(Tensor::zeros([1, 2])), &Tensor::from([[0, 1]]), [6]);
    }
}
