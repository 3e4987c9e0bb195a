//! Transposed convolutions: to more places than there were.

use gradus_autograd::ops::{ConvOptions, Padding};
use gradus_autograd::{Param, Var, params};

use super::{begin, check_groups};
use crate::input::{self, Batched};
use crate::module::Module;

/// The smallest size of the result along a spatial axis, `$(n - 1) s - 2 q + d (k - 1) + 1$`, and the stride.
fn smallest(how: &ConvOptions, axis: usize, size: usize, kernel: usize) -> (usize, usize) {
    let of = |list: &[usize], usual| list.get(axis).or(list.first()).copied().unwrap_or(usual);
    let padding = if let Padding::Sizes(sizes) = &how.padding { of(sizes, 0) } else { 0 };
    let stride = of(&how.stride, 1);
    let reach = size.saturating_sub(1) * stride + of(&how.dilation, 1) * kernel.saturating_sub(1) + 1;
    (reach.saturating_sub(2 * padding), stride)
}

macro_rules! transposed {
    ($($(#[doc = $doc:literal])* $Name:ident $axes:literal $layer:literal $weight:literal;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// Without bias: set it to `None`. Stride, padding (of zeros), dilation and groups are in [`ConvOptions`]. A single
        /// input, without its batch axis, gives a single result.
        #[derive(Debug, Clone)]
        pub struct $Name {
            #[doc = concat!("`", $weight, "`.")]
            pub weight: Param,
            /// `[O]`.
            pub bias: Option<Param>,
            /// How the window moves.
            pub how: ConvOptions,
            /// Places added behind each spatial axis of the result, fewer than the stride or the dilation.
            pub output_padding: [usize; $axes],
        }

        params!($Name { weight, bias });

        impl $Name {
            /// With weight and bias uniform in `$\pm 1/\sqrt n$`, n being the second size of the weight times the
            /// kernel's, F32, without output padding.
            ///
            /// # Panics
            /// If inputs or outputs cannot be split into the groups.
            #[track_caller]
            pub fn new(
                inputs: usize,
                outputs: usize,
                kernel: [usize; $axes],
                how: ConvOptions,
                rng: &mut impl rand::Rng,
            ) -> Self {
                check_groups($layer, inputs, outputs, how.groups);
                let sizes = [&[inputs, outputs / how.groups], &kernel[..]].concat();
                let (weight, bias) = begin(&sizes, outputs, rng);
                Self { weight, bias: Some(bias), how, output_padding: [0; $axes] }
            }

            /// As `forward`, to these spatial sizes: the output padding is what is missing to them. With a stride s each size
            /// can be one of s.
            ///
            /// # Panics
            /// If a size is none of these, or the input has other axes or channels.
            #[track_caller]
            pub fn forward_to<'t>(&self, x: Var<'t>, output_size: [usize; $axes]) -> Var<'t> {
                let shape = x.shape();
                input::channels($layer, &shape, $axes, self.weight.shape()[0]);
                let mut more = [0; $axes];
                for a in 0..$axes {
                    let (size, kernel) = (shape[shape.len() - $axes + a], self.weight.shape()[2 + a]);
                    let (least, stride) = smallest(&self.how, a, size, kernel);
                    let wanted = output_size[a];
                    assert!(
                        (least..least + stride.max(1)).contains(&wanted),
                        "{}: an output size of {wanted} along spatial axis {a}; of {size} places it can be {least} to {}{}",
                        $layer,
                        least + stride.max(1) - 1,
                        input::place()
                    );
                    more[a] = wanted - least;
                }
                self.run(x, &more)
            }

            #[track_caller]
            fn run<'t>(&self, x: Var<'t>, output_padding: &[usize]) -> Var<'t> {
                let tape = x.tape();
                input::channels($layer, &x.shape(), $axes, self.weight.shape()[0]);
                let batch = Batched::of($layer, x, $axes);
                let bias = self.bias.as_ref().map(|bias| tape.param(bias));
                batch.back(batch.x.conv_transpose(tape.param(&self.weight), bias, &self.how, output_padding))
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has other axes or channels.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                self.run(x, &self.output_padding)
            }
        }
    )*};
}
transposed! {
    /// As [`ConvTranspose2d`] with one axis less: `[N, C, L]` to `[N, O, L']`.
    ///
    /// ```
    /// use gradus_nn::{ConvOptions, ConvTranspose1d, Module};
    /// use gradus_tensor::{Tensor, rng};
    /// let layer = ConvTranspose1d::new(4, 1, [5], ConvOptions::default(), &mut rng(0));
    /// assert_eq!(layer.predict(&Tensor::zeros([2, 4, 96])).shape()[..], [2, 1, 100]);
    /// ```
    ConvTranspose1d 1 "conv_transpose1d" "[C, O / groups, k]";
    /// The transpose of a [`Conv2d`](crate::Conv2d) as a linear map: every element of the input puts the kernel times itself
    /// into the result. `[N, C, H, W]` to `[N, O, H', W']`, `$H' = (H - 1) s - 2 p + d (k - 1) + 1 + e$` with stride s,
    /// padding p, dilation d, kernel k, output padding e.
    ///
    /// ```
    /// use gradus_nn::{Conv2d, ConvOptions, ConvTranspose2d, Module};
    /// use gradus_tensor::{Tensor, rng};
    ///
    /// let how = ConvOptions { stride: vec![2], padding: 1.into(), ..ConvOptions::default() };
    /// let small = Conv2d::new(3, 8, [3, 3], how.clone(), &mut rng(0)).predict(&Tensor::zeros([1, 3, 28, 28]));
    /// assert_eq!(small.shape()[..], [1, 8, 14, 14]);
    ///
    /// // Back to 28 places: 27 and 28 would both have become 14.
    /// let layer = ConvTranspose2d::new(8, 3, [3, 3], how, &mut rng(0));
    /// assert_eq!(layer.predict(&small).shape()[..], [1, 3, 27, 27]);
    /// let layer = ConvTranspose2d { output_padding: [1, 1], ..layer };
    /// assert_eq!(layer.predict(&small).shape()[..], [1, 3, 28, 28]);
    ///
    /// let tape = gradus_autograd::Tape::new();
    /// assert_eq!(layer.forward_to(tape.constant(&small), [27, 28]).shape()[..], [1, 3, 27, 28]);
    /// ```
    ///
    /// # Source
    /// Zeiler et al., "Deconvolutional Networks", 2010; PyTorch's `nn.ConvTranspose2d`.
    ConvTranspose2d 2 "conv_transpose2d" "[C, O / groups, k, k]";
    /// As [`ConvTranspose2d`] with one axis more: `[N, C, D, H, W]` to `[N, O, D', H', W']`.
    ///
    /// ```
    /// use gradus_nn::{ConvOptions, ConvTranspose3d, Module};
    /// use gradus_tensor::{Tensor, rng};
    /// let layer = ConvTranspose3d::new(2, 1, [3, 3, 3], ConvOptions::default(), &mut rng(0));
    /// assert_eq!(layer.predict(&Tensor::zeros([1, 2, 6, 6, 6])).shape()[..], [1, 1, 8, 8, 8]);
    /// ```
    ConvTranspose3d 3 "conv_transpose3d" "[C, O / groups, k, k, k]";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;
    use gradus_tensor::{Tensor, rng};

    #[test]
    fn a_row_by_hand() {
        let layer = ConvTranspose1d {
            weight: Param::new(Tensor::from([[[1.0, 2.0, 3.0]]])),
            bias: Some(Param::new(Tensor::from([0.5]))),
            how: ConvOptions { stride: vec![2], ..ConvOptions::default() },
            output_padding: [1],
        };
        let x = Tensor::from([[[1.0, 10.0]]]);
        assert_eq!(layer.predict(&x).to_f64_vec(), [1.5, 2.5, 13.5, 20.5, 30.5, 0.5]);
        assert_eq!(layer.predict(&x.squeeze_axis(0)).shape()[..], [1, 6]);
        let tape = Tape::new();
        assert_eq!(layer.forward_to(tape.constant(&x), [5]).value().to_f64_vec()[4], 30.5);
        assert_eq!(layer.forward_to(tape.constant(&x), [6]).value(), layer.predict(&x));
    }

    #[test]
    #[should_panic(
        expected = "conv_transpose1d: an output size of 7 along spatial axis 0; of 2 places it can be 5 to 6"
    )]
    fn a_size_out_of_reach_is_named() {
        let how = ConvOptions { stride: vec![2], ..ConvOptions::default() };
        let layer = ConvTranspose1d::new(1, 1, [3], how, &mut rng(0));
        layer.forward_to(Tape::new().constant(Tensor::zeros([1, 1, 2])), [7]);
    }

    #[test]
    #[should_panic(expected = "conv_transpose2d: the input [1, 3, 4, 4] has 3 channels, the layer takes 2")]
    fn wrong_channels_are_named() {
        let layer = ConvTranspose2d::new(2, 1, [3, 3], ConvOptions::default(), &mut rng(0));
        layer.predict(&Tensor::zeros([1, 3, 4, 4]));
    }
}
