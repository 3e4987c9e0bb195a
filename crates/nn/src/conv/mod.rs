//! Convolutions over one, two or three spatial axes.

use gradus_autograd::ops::ConvOptions;
use gradus_autograd::{Param, Var, params};
use gradus_tensor::Tensor;

use crate::init::{self, Fan};
use crate::input::{self, Batched};
use crate::module::Module;

mod transpose;

pub use transpose::{ConvTranspose1d, ConvTranspose2d, ConvTranspose3d};

/// The weight and the bias of a new convolution, for a weight of these sizes.
///
/// # Source
/// PyTorch's `nn.Conv2d`: both uniform in `$\pm 1/\sqrt n$`, n being the second size times the kernel's.
fn begin(sizes: &[usize], outputs: usize, rng: &mut impl rand::Rng) -> (Param, Param) {
    let weight = init::kaiming_uniform(sizes, Fan::In, init::Gain::LeakyRelu(5f64.sqrt()), &mut *rng);
    let bound = 1.0 / (init::fans(sizes).0.max(1) as f64).sqrt();
    (Param::new(weight), Param::new(Tensor::uniform(outputs, -bound, bound, rng)))
}

/// Panics unless inputs and outputs can be split into the groups.
#[track_caller]
fn check_groups(layer: &str, inputs: usize, outputs: usize, groups: usize) {
    assert!(
        groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
        "{layer}: {inputs} inputs and {outputs} outputs cannot be split into {groups} groups"
    );
}

macro_rules! convolutions {
    ($($(#[doc = $doc:literal])* $Name:ident $axes:literal $layer:literal $weight:literal;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// Without bias: set it to `None`. Stride, padding and its mode, dilation and groups are in [`ConvOptions`]. A single
        /// input, without its batch axis, gives a single result.
        #[derive(Debug, Clone)]
        pub struct $Name {
            #[doc = concat!("`", $weight, "`.")]
            pub weight: Param,
            /// `[O]`.
            pub bias: Option<Param>,
            /// How the window moves.
            pub how: ConvOptions,
        }

        params!($Name { weight, bias });

        impl $Name {
            /// With weight and bias uniform in `$\pm 1/\sqrt n$`, n being the inputs of one output, F32; the window moves
            /// as `how` says, by steps of 1 without padding if that is `ConvOptions::default()`.
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
                let sizes = [&[outputs, inputs / how.groups], &kernel[..]].concat();
                let (weight, bias) = begin(&sizes, outputs, rng);
                Self { weight, bias: Some(bias), how }
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has other axes or channels.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                let tape = x.tape();
                let inputs = self.weight.shape().get(1).map_or(0, |&c| c * self.how.groups);
                input::channels($layer, &x.shape(), $axes, inputs);
                let batch = Batched::of($layer, x, $axes);
                let bias = self.bias.as_ref().map(|bias| tape.param(bias));
                batch.back(batch.x.conv(tape.param(&self.weight), bias, &self.how))
            }
        }
    )*};
}
convolutions! {
    /// `$y_{nol} = b_o + \sum_{ck} w_{ock}\, x_{nc,\,l+k}$` with stride 1 and no padding: `[N, C, L]` to `[N, O, L']`.
    ///
    /// ```
    /// use gradus_nn::{Conv1d, ConvOptions, Module};
    /// use gradus_tensor::{Tensor, rng};
    /// let layer = Conv1d::new(1, 4, [5], ConvOptions::default(), &mut rng(0));
    /// assert_eq!(layer.predict(&Tensor::zeros([2, 1, 100])).shape()[..], [2, 4, 96]);
    /// ```
    Conv1d 1 "conv1d" "[O, C / groups, k]";
    /// `$y_{nohw} = b_o + \sum_{cij} w_{ocij}\, x_{nc,\,h+i,\,w+j}$` with stride 1 and no padding: `[N, C, H, W]` to
    /// `[N, O, H', W']`, `$H' = \lfloor (H + 2p - d(k-1) - 1)/s \rfloor + 1$` with stride s, padding p, dilation d, kernel k.
    ///
    /// ```
    /// use gradus_nn::{Conv2d, ConvOptions, Module, Padding};
    /// use gradus_tensor::{Tensor, rng};
    ///
    /// // 3 colours in, 8 channels out, windows of 3 × 3, a picture as large as before.
    /// let same = ConvOptions { padding: Padding::Same, ..ConvOptions::default() };
    /// let layer = Conv2d::new(3, 8, [3, 3], same, &mut rng(0));
    /// let pictures = Tensor::zeros([16, 3, 28, 28]);
    /// assert_eq!(layer.predict(&pictures).shape()[..], [16, 8, 28, 28]);
    ///
    /// let halved = ConvOptions { stride: vec![2], padding: 1.into(), ..ConvOptions::default() };
    /// let layer = Conv2d::new(3, 8, [3, 3], halved, &mut rng(0));
    /// assert_eq!(layer.predict(&pictures).shape()[..], [16, 8, 14, 14]);
    /// ```
    Conv2d 2 "conv2d" "[O, C / groups, k, k]";
    /// As [`Conv2d`] with one axis more: `[N, C, D, H, W]` to `[N, O, D', H', W']`.
    ///
    /// ```
    /// use gradus_nn::{Conv3d, ConvOptions, Module};
    /// use gradus_tensor::{Tensor, rng};
    /// let layer = Conv3d::new(1, 2, [3, 3, 3], ConvOptions::default(), &mut rng(0));
    /// assert_eq!(layer.predict(&Tensor::zeros([1, 1, 8, 8, 8])).shape()[..], [1, 2, 6, 6, 6]);
    /// ```
    Conv3d 3 "conv3d" "[O, C / groups, k, k, k]";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::{GradcheckOptions, gradcheck_model, gradcheck_with};
    use gradus_tensor::{DType, rng};

    #[test]
    fn a_picture_by_hand() {
        let weight = Param::new(Tensor::from([[[[1.0, 2.0], [0.0, -1.0]]]]));
        let layer =
            Conv2d { weight, bias: Some(Param::new(Tensor::from([0.5]))), how: ConvOptions::default() };
        let x = Tensor::from([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]);
        // 1·1 + 2·2 - 5 + 0.5 and so on.
        assert_eq!(layer.predict(&x).to_f64_vec(), [0.5, 2.5, 6.5, 8.5]);
        let how = ConvOptions { stride: vec![2], padding: 1.into(), ..ConvOptions::default() };
        let padded = Conv2d { bias: None, how, ..layer };
        assert_eq!(padded.predict(&x).to_f64_vec(), [-1.0, -3.0, 8.0 - 7.0, 5.0 + 12.0 - 9.0]);
    }

    #[test]
    fn one_and_three_axes_by_hand() {
        let ones = |shape: &[usize]| Param::new(Tensor::ones_of(shape, DType::F64));
        let row = Conv1d { weight: ones(&[1, 2, 2]), bias: None, how: ConvOptions::default() };
        let x = Tensor::from([[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]]);
        assert_eq!(row.predict(&x).to_f64_vec(), [33.0, 55.0]);
        let cube = Conv3d { weight: ones(&[1, 1, 2, 2, 2]), bias: None, how: ConvOptions::default() };
        let sum = cube.predict(&Tensor::ones_of([1, 1, 2, 2, 3], DType::F64));
        assert_eq!((sum.shape()[..].to_vec(), sum.to_f64_vec()), (vec![1, 1, 1, 1, 2], vec![8.0, 8.0]));
    }

    #[test]
    fn weights_begin_within_their_bound() {
        let how = ConvOptions { groups: 2, ..ConvOptions::default() };
        let layer = Conv2d::new(8, 6, [5, 5], how, &mut rng(0));
        assert_eq!(layer.weight.shape()[..], [6, 4, 5, 5]);
        let all = [layer.weight.value().to_f64_vec(), layer.bias.unwrap().value().to_f64_vec()].concat();
        assert!(all.iter().all(|w| w.abs() <= 0.1));
        assert!(all.iter().any(|w| w.abs() > 0.09));
    }

    #[test]
    fn gradients_with_every_option() {
        let how = ConvOptions {
            stride: vec![2, 1],
            padding: 1.into(),
            dilation: vec![1, 2],
            groups: 2,
            ..ConvOptions::default()
        };
        let mut layer = Conv2d::new(2, 4, [2, 2], how, &mut rng(1));
        let x = Tensor::randn_of([2, 2, 3, 3], DType::F64, &mut rng(2));
        let options = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
        gradcheck_model(&mut layer, |layer, tape| layer.forward(tape.constant(&x)).sin().sum(), &options)
            .assert();
        layer.convert(DType::F64);
        gradcheck_with(|x| layer.forward(x[0]).sin(), std::slice::from_ref(&x), &options).assert();
    }

    #[test]
    #[should_panic(expected = "conv2d: the input must be [N, 3, H, W] or [3, H, W], got [5, 5]")]
    fn missing_axes_are_named() {
        Conv2d::new(3, 2, [3, 3], ConvOptions::default(), &mut rng(0)).predict(&Tensor::zeros([5, 5]));
    }

    #[test]
    #[should_panic(expected = "conv2d: the input [5, 5, 3] has 5 channels, the layer takes 3: [N, 3, H, W]")]
    fn channels_behind_are_named() {
        Conv2d::new(3, 2, [3, 3], ConvOptions::default(), &mut rng(0)).predict(&Tensor::zeros([5, 5, 3]));
    }

    #[test]
    fn a_single_input_has_a_single_result() {
        let layer = Conv2d::new(3, 2, [3, 3], ConvOptions::default(), &mut rng(0));
        let x = Tensor::randn([3, 5, 4], &mut rng(1));
        assert!(layer.predict(&x).equal(&layer.predict(&x.unsqueeze(0)).squeeze_axis(0)));
    }

    #[test]
    #[should_panic(expected = "conv1d: 3 inputs and 4 outputs cannot be split into 2 groups")]
    fn wrong_groups_are_named() {
        Conv1d::new(3, 4, [3], ConvOptions { groups: 2, ..ConvOptions::default() }, &mut rng(0));
    }
}
