//! Pools with windows of one size: maxima, means, p-norms.

use gradus_autograd::ops::Pool;
use gradus_autograd::{Var, params};
use gradus_tensor::Tensor;

use crate::input::Batched;
use crate::module::Module;

/// What the pools of a kind have in common, and their examples: windows of 2 halve a size.
macro_rules! pool {
    ($Name:ident $axes:literal [$($size:literal),*] $(#[$meta:meta])* |$layer:ident, $x:ident| $value:expr) => {
        $(#[$meta])*
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{", stringify!($Name), ", Module};")]
        /// use gradus_tensor::Tensor;
        #[doc = concat!("let layer = ", stringify!($Name), "::new(2); // windows of 2 side by side")]
        #[doc = concat!("let y = layer.predict(&Tensor::ones([1, 3", $(", ", stringify!($size),)* "]));")]
        #[doc = concat!("assert_eq!(y.shape()[..], [1, 3", $(", ", stringify!($size), " / 2",)* "]);")]
        /// ```
        #[derive(Debug, Clone)]
        pub struct $Name {
            /// The windows.
            pub pool: Pool,
        }

        params!($Name {});

        impl $Name {
            /// With a size of the windows, for all axes or for each, side by side; or with all options,
            /// `Pool { stride: vec![2], ..Pool::of(3) }`.
            pub fn new(pool: impl Into<Pool>) -> Self {
                Self { pool: pool.into() }
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has other axes, or a window does not fit.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                let ($layer, $x) = (self, x);
                $value
            }
        }
    };
}

macro_rules! maxima {
    ($($Name:ident $axes:literal $name:literal [$($size:literal),*] $form:literal;)*) => {$(
        pool! {
            $Name $axes [$($size),*]
            #[doc = concat!("The largest element of each window of `[N, C, ", $form, "]` or `[C, ", $form, "]`. Beyond the edges")]
            /// there is -∞. The gradient goes to the first of equal elements.
            |layer, x| layer.with_indices(x).0
        }

        impl $Name {
            /// As `forward`, and the flat places of the elements in the spatial axes, I64: what the layer of the name
            #[doc = concat!("`MaxUnpool", stringify!($axes), "d` takes.")]
            ///
            /// # Panics
            /// If the input has other axes, or a window does not fit.
            #[doc(alias = "return_indices")]
            #[track_caller]
            pub fn with_indices<'t>(&self, x: Var<'t>) -> (Var<'t>, Tensor) {
                let batch = Batched::of($name, x, $axes);
                let (y, places) = batch.x.max_pool(&self.pool);
                (batch.back(y), batch.back_places(places))
            }
        }
    )*};
}
maxima! {
    MaxPool1d 1 "max_pool1d" [8] "L";
    MaxPool2d 2 "max_pool2d" [8, 6] "H, W";
    MaxPool3d 3 "max_pool3d" [8, 6, 4] "D, H, W";
}

macro_rules! means {
    ($($Name:ident $axes:literal $name:literal [$($size:literal),*] $form:literal;)*) => {$(
        pool! {
            $Name $axes [$($size),*]
            #[doc = concat!("The mean of each window of `[N, C, ", $form, "]` or `[C, ", $form, "]`; whether padding counts")]
            /// and by what sums are divided, [`Pool`] says.
            |layer, x| {
                let batch = Batched::of($name, x, $axes);
                batch.back(batch.x.avg_pool(&layer.pool))
            }
        }
    )*};
}
means! {
    AvgPool1d 1 "avg_pool1d" [8] "L";
    AvgPool2d 2 "avg_pool2d" [8, 6] "H, W";
    AvgPool3d 3 "avg_pool3d" [8, 6, 4] "D, H, W";
}

macro_rules! norms {
    ($($Name:ident $axes:literal $name:literal $form:literal;)*) => {$(
        #[doc = concat!("`$(\\sum x^p)^{1/p}$` of each window of `[N, C, ", $form, "]` or `[C, ", $form, "]`.")]
        ///
        /// ```
        #[doc = concat!("use gradus_nn::", stringify!($Name), ";")]
        #[doc = concat!("let layer = ", stringify!($Name), "::new(2.0, 3); // p = 2, windows of 3 side by side")]
        /// assert_eq!(layer.pool.kernel, [3]);
        /// ```
        #[derive(Debug, Clone)]
        #[doc(alias = "LPPool")]
        pub struct $Name {
            /// The order p, above 0.
            pub p: f64,
            /// The windows.
            pub pool: Pool,
        }

        params!($Name {});

        impl $Name {
            /// Of this order, with a size of the windows, for all axes or for each, side by side; or with all options.
            pub fn new(p: f64, pool: impl Into<Pool>) -> Self {
                Self { p, pool: pool.into() }
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has other axes, a window does not fit, or p is not above 0.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                let batch = Batched::of($name, x, $axes);
                batch.back(batch.x.lp_pool(self.p, &self.pool))
            }
        }
    )*};
}
norms! {
    LpPool1d 1 "lp_pool1d" "L";
    LpPool2d 2 "lp_pool2d" "H, W";
    LpPool3d 3 "lp_pool3d" "D, H, W";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;

    fn picture() -> Tensor {
        Tensor::from([[[1.0, 2.0, 5.0], [3.0, 4.0, 8.0]]])
    }

    #[test]
    fn windows_by_hand() {
        let x = picture();
        assert_eq!(MaxPool2d::new([2, 1]).predict(&x), Tensor::from([[[3.0, 4.0, 8.0]]]));
        assert_eq!(AvgPool2d::new([2, 1]).predict(&x), Tensor::from([[[2.0, 3.0, 6.5]]]));
        assert_eq!(LpPool2d::new(1.0, [1, 3]).predict(&x), Tensor::from([[[8.0], [15.0]]]));
        let wide = Pool { stride: vec![1], ceil: true, ..Pool::of(2) };
        assert_eq!(MaxPool1d::new(wide).predict(&x.squeeze_axis(0)), Tensor::from([[2.0, 5.0], [4.0, 8.0]]));
        let tape = Tape::new();
        let (y, places) = MaxPool2d::new(2).with_indices(tape.constant(x.unsqueeze(0)));
        assert_eq!((y.item(), places.to_f64_vec(), places.rank()), (4.0, vec![4.0], 4));
    }

    #[test]
    #[should_panic(expected = "max_pool2d: the input must be [N, C, H, W] or [C, H, W], got [2, 3]")]
    fn missing_axes_are_named() {
        MaxPool2d::new(2).predict(&Tensor::zeros([2, 3]));
    }
}
