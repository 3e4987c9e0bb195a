//! Pools to a given number of windows, whatever the size of the input.

use gradus_autograd::{Var, params};
use gradus_tensor::{Shape, Tensor};

use crate::input::Batched;
use crate::module::Module;

/// The sizes wanted of `[N, C, …]`, where `None` keeps a size.
fn sizes(wanted: &[Option<usize>], shape: &Shape) -> Vec<usize> {
    wanted.iter().zip(&shape[2..]).map(|(wanted, &own)| wanted.unwrap_or(own)).collect()
}

macro_rules! adaptive {
    ($($Name:ident $axes:literal $name:literal $op:ident [$($from:literal),*] [$($to:literal),*] $what:literal $form:literal |$layer:ident, $x:ident| $value:expr;)*) => {$(
        #[doc = concat!($what, " of each window of `[N, C, ", $form, "]` or `[C, ", $form, "]`, where an axis of size n")]
        /// is covered by m windows, from `$\lfloor o n / m \rfloor$` to `$\lceil (o + 1) n / m \rceil$`: the spatial sizes become
        /// `output_size`.
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{", stringify!($Name), ", Module};")]
        /// use gradus_tensor::Tensor;
        #[doc = concat!("let layer = ", stringify!($Name), "::new([", $(stringify!($to), ", ",)* "]);")]
        #[doc = concat!("let y = layer.predict(&Tensor::ones([1, 3", $(", ", stringify!($from),)* "]));")]
        #[doc = concat!("assert_eq!(y.shape()[..], [1, 3", $(", ", stringify!($to),)* "]);")]
        /// ```
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            /// The spatial sizes of the result; `None` keeps that of the input.
            pub output_size: [Option<usize>; $axes],
        }

        params!($Name {});

        impl $Name {
            /// To these spatial sizes.
            pub fn new(output_size: [usize; $axes]) -> Self {
                Self { output_size: output_size.map(Some) }
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has other axes, or an axis is empty.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                let ($layer, $x) = (self, x);
                $value
            }
        }
    )*};
}

macro_rules! means {
    ($($Name:ident $axes:literal $name:literal [$($from:literal),*] [$($to:literal),*] $form:literal;)*) => {
        adaptive! {$(
            $Name $axes $name adaptive_avg_pool [$($from),*] [$($to),*] "The mean" $form |layer, x| {
                let batch = Batched::of($name, x, $axes);
                let out = sizes(&layer.output_size, &batch.x.shape());
                batch.back(batch.x.adaptive_avg_pool(&out))
            };
        )*}
    };
}
means! {
    AdaptiveAvgPool1d 1 "adaptive_avg_pool1d" [7] [3] "L";
    AdaptiveAvgPool2d 2 "adaptive_avg_pool2d" [7, 5] [3, 2] "H, W";
    AdaptiveAvgPool3d 3 "adaptive_avg_pool3d" [7, 5, 4] [3, 2, 1] "D, H, W";
}

macro_rules! maxima {
    ($($Name:ident $axes:literal $name:literal [$($from:literal),*] [$($to:literal),*] $form:literal;)*) => {
        adaptive! {$(
            $Name $axes $name adaptive_max_pool [$($from),*] [$($to),*] "The largest element" $form
                |layer, x| layer.with_indices(x).0;
        )*}
        $(impl $Name {
            /// As `forward`, and the flat places of the elements in the spatial axes, I64.
            ///
            /// # Panics
            /// If the input has other axes, or an axis is empty.
            #[doc(alias = "return_indices")]
            #[track_caller]
            pub fn with_indices<'t>(&self, x: Var<'t>) -> (Var<'t>, Tensor) {
                let batch = Batched::of($name, x, $axes);
                let (y, places) = batch.x.adaptive_max_pool(&sizes(&self.output_size, &batch.x.shape()));
                (batch.back(y), batch.back_places(places))
            }
        })*
    };
}
maxima! {
    AdaptiveMaxPool1d 1 "adaptive_max_pool1d" [7] [3] "L";
    AdaptiveMaxPool2d 2 "adaptive_max_pool2d" [7, 5] [3, 2] "H, W";
    AdaptiveMaxPool3d 3 "adaptive_max_pool3d" [7, 5, 4] [3, 2, 1] "D, H, W";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;

    #[test]
    fn windows_by_hand() {
        let x = Tensor::from([[1.0, 2.0, 6.0, 5.0, 4.0]]);
        // 0 … 2, 1 … 4, 3 … 5.
        assert_eq!(AdaptiveAvgPool1d::new([3]).predict(&x), Tensor::from([[1.5, 13.0 / 3.0, 4.5]]));
        let tape = Tape::new();
        let (y, places) = AdaptiveMaxPool1d::new([3]).with_indices(tape.constant(&x));
        assert_eq!((y.value(), places), (Tensor::from([[2.0, 6.0, 5.0]]), Tensor::from([[1, 2, 3]])));
        let kept = AdaptiveAvgPool2d { output_size: [None, Some(1)] };
        assert_eq!(kept.predict(&Tensor::ones([2, 3, 4])).shape()[..], [2, 3, 1]);
    }

    #[test]
    #[should_panic(expected = "adaptive_avg_pool1d: the input must be [N, C, L] or [C, L], got [5]")]
    fn missing_axes_are_named() {
        AdaptiveAvgPool1d::new([2]).predict(&Tensor::zeros([5]));
    }
}
