//! Layers that put a frame around the last axes.

use gradus_autograd::ops::PaddingMode;
use gradus_autograd::{Var, params};

use crate::input::place;
use crate::module::Module;

/// The frame of the last axes, in their order.
#[track_caller]
fn frame<'t>(layer: &str, x: Var<'t>, padding: &[(isize, isize)], mode: PaddingMode) -> Var<'t> {
    let (axes, shape) = (padding.len(), x.shape());
    assert!(
        shape.len() >= axes,
        "{layer}: the input must have {axes} spatial axes at its end, got {shape}{}",
        place()
    );
    let sizes: Vec<_> =
        padding.iter().enumerate().map(|(a, &pair)| (a as isize - axes as isize, pair)).collect();
    if mode == PaddingMode::Zeros || matches!(mode, PaddingMode::Constant(_)) {
        return x.pad(&sizes, mode);
    }
    for (a, &(before, after)) in padding.iter().enumerate() {
        let size = shape[shape.len() - axes + a];
        let room = match mode {
            PaddingMode::Reflect => size.saturating_sub(1),
            PaddingMode::Circular => size,
            _ => isize::MAX as usize,
        };
        let most = before.max(after);
        assert!(
            most <= 0 || most.unsigned_abs() <= room,
            "{layer}: padding ({before}, {after}) of spatial axis {a}, of size {size}, in {shape}; at most {room}{}",
            place()
        );
    }
    x.pad(&sizes, mode)
}

macro_rules! pads {
    ($($Name:ident $axes:literal $name:literal $mode:expr, $what:literal;)*) => {$(
        #[doc = concat!("Places before and after each of the last ", stringify!($axes), " axes of `[N, C, …]` or `[C, …]`,")]
        #[doc = concat!("filled with ", $what, "; negative numbers cut places off.")]
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{Module, ", stringify!($Name), "};")]
        /// use gradus_tensor::Tensor;
        #[doc = concat!("let layer = ", stringify!($Name), "::new([(2, 0); ", stringify!($axes), "]); // 2 before, 0 after")]
        #[doc = concat!("let y = layer.predict(&Tensor::ones(&[[1, 3].as_slice(), &[4; ", stringify!($axes), "]].concat()[..]));")]
        #[doc = concat!("assert_eq!(y.shape()[2..], [6; ", stringify!($axes), "]);")]
        /// ```
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            /// The places before and after each spatial axis, in the order of the axes (PyTorch's tuple begins with the last).
            pub padding: [(isize, isize); $axes],
        }

        params!($Name {});

        impl $Name {
            /// With these places before and after each spatial axis, in the order of the axes.
            pub fn new(padding: [(isize, isize); $axes]) -> Self {
                Self { padding }
            }

            /// With this number of places on every side.
            pub fn all(places: isize) -> Self {
                Self { padding: [(places, places); $axes] }
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has less axes, or one of them is too short.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                frame($name, x, &self.padding, $mode)
            }
        }
    )*};
}
pads! {
    ZeroPad1d 1 "zero_pad1d" PaddingMode::Zeros, "zeros";
    ZeroPad2d 2 "zero_pad2d" PaddingMode::Zeros, "zeros";
    ZeroPad3d 3 "zero_pad3d" PaddingMode::Zeros, "zeros";
    ReflectionPad1d 1 "reflection_pad1d" PaddingMode::Reflect, "the mirror image, without the edge itself";
    ReflectionPad2d 2 "reflection_pad2d" PaddingMode::Reflect, "the mirror image, without the edge itself";
    ReflectionPad3d 3 "reflection_pad3d" PaddingMode::Reflect, "the mirror image, without the edge itself";
    ReplicationPad1d 1 "replication_pad1d" PaddingMode::Replicate, "the element at the edge";
    ReplicationPad2d 2 "replication_pad2d" PaddingMode::Replicate, "the element at the edge";
    ReplicationPad3d 3 "replication_pad3d" PaddingMode::Replicate, "the element at the edge";
    CircularPad1d 1 "circular_pad1d" PaddingMode::Circular, "the other end";
    CircularPad2d 2 "circular_pad2d" PaddingMode::Circular, "the other end";
    CircularPad3d 3 "circular_pad3d" PaddingMode::Circular, "the other end";
}

macro_rules! constants {
    ($($Name:ident $axes:literal $name:literal;)*) => {$(
        #[doc = concat!("Places before and after each of the last ", stringify!($axes), " axes of `[N, C, …]` or `[C, …]`,")]
        /// filled with a number; negative numbers of places cut off.
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{Module, ", stringify!($Name), "};")]
        /// use gradus_tensor::Tensor;
        #[doc = concat!("let layer = ", stringify!($Name), "::new([(2, 0); ", stringify!($axes), "], 3.5); // 2 before, 0 after")]
        #[doc = concat!("let y = layer.predict(&Tensor::ones(&[[1, 3].as_slice(), &[4; ", stringify!($axes), "]].concat()[..]));")]
        #[doc = concat!("assert_eq!(y.shape()[2..], [6; ", stringify!($axes), "]);")]
        /// ```
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            /// The places before and after each spatial axis, in the order of the axes (PyTorch's tuple begins with the last).
            pub padding: [(isize, isize); $axes],
            /// What stands there.
            pub value: f64,
        }

        params!($Name {});

        impl $Name {
            /// With these places before and after each spatial axis, in the order of the axes, and what stands there.
            pub fn new(padding: [(isize, isize); $axes], value: f64) -> Self {
                Self { padding, value }
            }

            /// With this number of places on every side, and what stands there.
            pub fn all(places: isize, value: f64) -> Self {
                Self { padding: [(places, places); $axes], value }
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has less axes, or more is cut off than there is.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                frame($name, x, &self.padding, PaddingMode::Constant(self.value))
            }
        }
    )*};
}
constants! {
    ConstantPad1d 1 "constant_pad1d";
    ConstantPad2d 2 "constant_pad2d";
    ConstantPad3d 3 "constant_pad3d";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::Tensor;

    #[test]
    fn frames_by_hand() {
        let x = Tensor::from([[1.0, 2.0, 3.0]]);
        let cases: [(&dyn Module, &[f64]); 6] = [
            (&ZeroPad1d::new([(1, 2)]), &[0.0, 1.0, 2.0, 3.0, 0.0, 0.0]),
            (&ConstantPad1d::all(1, 7.0), &[7.0, 1.0, 2.0, 3.0, 7.0]),
            (&ReflectionPad1d::all(2), &[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]),
            (&ReplicationPad1d::new([(2, 0)]), &[1.0, 1.0, 1.0, 2.0, 3.0]),
            (&CircularPad1d::new([(1, 2)]), &[3.0, 1.0, 2.0, 3.0, 1.0, 2.0]),
            (&ZeroPad1d::new([(-1, 1)]), &[2.0, 3.0, 0.0]),
        ];
        for (layer, want) in cases {
            assert_eq!(layer.predict(&x).to_f64_vec(), want, "{layer:?}");
        }
        // The first pair is that of the first spatial axis.
        let y = ZeroPad2d::new([(1, 0), (0, 2)]).predict(&Tensor::ones([1, 1, 2, 3]));
        assert_eq!(y.shape()[..], [1, 1, 3, 5]);
    }

    #[test]
    #[should_panic(
        expected = "reflection_pad1d: padding (3, 0) of spatial axis 0, of size 3, in [1, 3]; at most 2"
    )]
    fn a_short_axis_is_named() {
        ReflectionPad1d::new([(3, 0)]).predict(&Tensor::zeros([1, 3]));
    }

    #[test]
    #[should_panic(expected = "zero_pad3d: the input must have 3 spatial axes at its end, got [2, 3]")]
    fn missing_axes_are_named() {
        ZeroPad3d::all(1).predict(&Tensor::zeros([2, 3]));
    }
}
