//! Channels to space and back, and channels among themselves.

use gradus_autograd::{Var, params};

use crate::module::Module;

macro_rules! shuffles {
    ($($(#[doc = $doc:literal])* $Name:ident $field:ident $field_doc:literal $op:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            #[doc = $field_doc]
            pub $field: usize,
        }

        params!($Name {});

        impl Module for $Name {
            /// # Panics
            /// If a size is no multiple of what it is split into.
            fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
                x.$op(self.$field)
            }
        }
    )*};
}
shuffles! {
    /// Channels to space: `[…, C r², H, W]` to `[…, C, H r, W r]`.
    ///
    /// ```
    /// use gradus_nn::{Module, PixelShuffle};
    /// use gradus_tensor::Tensor;
    /// let y = PixelShuffle { upscale_factor: 2 }.predict(&Tensor::from([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]));
    /// assert_eq!(y, Tensor::from([[[1.0, 2.0], [3.0, 4.0]]]));
    /// ```
    ///
    /// # Source
    /// Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
    /// Network", 2016.
    PixelShuffle upscale_factor "The factor r of height and width." pixel_shuffle;
    /// Space to channels: `[…, C, H r, W r]` to `[…, C r², H, W]`; the inverse of [`PixelShuffle`].
    ///
    /// ```
    /// use gradus_nn::{Module, PixelUnshuffle};
    /// use gradus_tensor::Tensor;
    /// let y = PixelUnshuffle { downscale_factor: 2 }.predict(&Tensor::from([[[1.0, 2.0], [3.0, 4.0]]]));
    /// assert_eq!(y, Tensor::from([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]));
    /// ```
    PixelUnshuffle downscale_factor "The divisor r of height and width." pixel_unshuffle;
    /// The channels of `[N, C, …]` dealt out over groups: seen as `[groups, C / groups]` they are transposed.
    ///
    /// ```
    /// use gradus_nn::{ChannelShuffle, Module};
    /// use gradus_tensor::Tensor;
    /// let y = ChannelShuffle { groups: 2 }.predict(&Tensor::from([[1.0, 2.0, 3.0, 4.0]]));
    /// assert_eq!(y, Tensor::from([[1.0, 3.0, 2.0, 4.0]]));
    /// ```
    ///
    /// # Source
    /// Zhang et al., "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices", 2017.
    ChannelShuffle groups "The number of groups." channel_shuffle;
}
