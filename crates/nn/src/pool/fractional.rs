//! Max pools with windows at steps that are no whole numbers.

use gradus_autograd::{Var, params};
use gradus_tensor::Tensor;

use crate::input::Batched;
use crate::module::Module;
use crate::output_size::OutputSize;

macro_rules! fractional {
    ($($Name:ident $axes:literal $name:literal $form:literal;)*) => {$(
        #[doc = concat!("The largest element of each window of `[N, C, ", $form, "]` or `[C, ", $form, "]`, with windows of one")]
        /// size whose places are spread over the input at a step that is no whole number: by less than a factor of 2, where
        /// regular pools halve. On a training tape the places are drawn for each channel, evenly; elsewhere u of
        /// [`Var::fractional_max_pool`] is 1/2 for all, unless `random_samples` gives it.
        ///
        /// ```
        #[doc = concat!("use gradus_nn::{", stringify!($Name), ", Module};")]
        /// use gradus_tensor::Tensor;
        #[doc = concat!("let layer = ", stringify!($Name), "::new([2; ", stringify!($axes), "], 0.7);")]
        #[doc = concat!("let y = layer.predict(&Tensor::ones(&[[1, 3].as_slice(), &[10; ", stringify!($axes), "]].concat()[..]));")]
        /// assert_eq!(y.shape()[2], 7);
        /// ```
        ///
        /// # Source
        /// Graham, "Fractional Max-Pooling", 2014; the places are PyTorch's.
        ///
        /// # Differs
        /// PyTorch draws outside of training, too.
        #[derive(Debug, Clone)]
        pub struct $Name {
            /// The size of a window along each spatial axis.
            pub kernel: [usize; $axes],
            /// The spatial sizes of the result, or their ratios to those of the input, below 1.
            pub output: OutputSize,
            /// The u of each channel and spatial axis, `[N, C, axes]`, from 0 to 1.
            pub random_samples: Option<Tensor>,
        }

        params!($Name {});

        impl $Name {
            /// With windows of this size, to these sizes, `[7; 2]`, or by this ratio, `0.7`.
            pub fn new(kernel: [usize; $axes], output: impl Into<OutputSize>) -> Self {
                Self { kernel, output: output.into(), random_samples: None }
            }

            /// As `forward`, and the flat places of the elements in the spatial axes, I64.
            ///
            /// # Panics
            /// If the input has other axes, or a window does not fit.
            #[doc(alias = "return_indices")]
            #[track_caller]
            pub fn with_indices<'t>(&self, x: Var<'t>) -> (Var<'t>, Tensor) {
                let batch = Batched::of($name, x, $axes);
                let shape = batch.x.shape();
                if let Some(ratios) = self.output.factors($name, $axes) {
                    assert!(
                        ratios.iter().all(|&r| r < 1.0),
                        "{}: the ratios are {ratios:?}; they must be above 0 and below 1",
                        $name
                    );
                }
                let out = self.output.of($name, &shape);
                let sizes = [shape[0], shape[1], $axes];
                let samples = match &self.random_samples {
                    Some(samples) => samples.clone(),
                    None => match x.tape().rng_for(stringify!($Name)) {
                        Some(mut rng) => Tensor::uniform(sizes, 0.0, 1.0, &mut rng),
                        None => Tensor::full(sizes, 0.5),
                    },
                };
                let (y, places) = batch.x.fractional_max_pool(&self.kernel, &out, &samples);
                (batch.back(y), batch.back_places(places))
            }
        }

        impl Module for $Name {
            /// # Panics
            /// If the input has other axes, or a window does not fit.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                self.with_indices(x).0
            }
        }
    )*};
}
fractional! {
    FractionalMaxPool2d 2 "fractional_max_pool2d" "H, W";
    FractionalMaxPool3d 3 "fractional_max_pool3d" "D, H, W";
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;

    #[test]
    fn places_by_hand() {
        // α = (6 - 2)/(3 - 1) = 2 along both axes: windows at 0, 2, 4 for u = 1/2.
        let x = Tensor::linspace(0.0, 35.0, 36).reshape([1, 6, 6]);
        let layer = FractionalMaxPool2d::new([2, 2], [3, 3]);
        assert_eq!(layer.predict(&x).to_f64_vec(), [7.0, 9.0, 11.0, 19.0, 21.0, 23.0, 31.0, 33.0, 35.0]);
        // α = 4/3: at ⌊(o + u) 4/3⌋ - ⌊4u/3⌋, so 0, 1, 2, 4 for u = 0.9 and 0, 2, 3, 4 for u = 0.5.
        let samples = Some(Tensor::from([[[0.9, 0.5]]]));
        let layer =
            FractionalMaxPool2d { random_samples: samples, ..FractionalMaxPool2d::new([2, 2], [4, 4]) };
        let y = layer.predict(&x).to_f64_vec();
        assert_eq!(y[..4], [7.0, 9.0, 10.0, 11.0]);
        assert_eq!([y[0], y[4], y[8], y[12]], [7.0, 13.0, 19.0, 31.0]);
    }

    #[test]
    fn training_draws() {
        let x = Tensor::randn([2, 3, 11, 11], &mut gradus_tensor::rng(0));
        let draw = |seed| {
            let tape = Tape::training(seed);
            FractionalMaxPool2d::new([2, 2], 0.7).with_indices(tape.constant(&x)).1
        };
        assert!(draw(1).equal(&draw(1)) && !draw(1).equal(&draw(2)));
        assert_eq!(draw(1).shape()[..], [2, 3, 7, 7]);
    }

    #[test]
    #[should_panic(
        expected = "fractional_max_pool2d: the ratios are [1.5, 1.5]; they must be above 0 and below 1"
    )]
    fn a_wrong_ratio_is_named() {
        FractionalMaxPool2d::new([2, 2], 1.5).predict(&Tensor::zeros([1, 9, 9]));
    }
}
