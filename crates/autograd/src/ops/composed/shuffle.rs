//! Rearrangements of channels: to space and back, and among themselves.

use crate::ops::expect;
use crate::var::Var;

impl Var<'_> {
    /// Channels to space: `[…, C r², H, W]` to `[…, C, H r, W r]`.
    ///
    /// # Panics
    /// If the channels are no multiple of `r²`.
    ///
    /// # Source
    /// Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    /// Convolutional Neural Network", 2016.
    #[doc(alias = "depth_to_space")]
    #[track_caller]
    pub fn pixel_shuffle(self, r: usize) -> Self {
        let shape = self.shape();
        let n = shape.len();
        expect::at_least("pixel_shuffle", &shape, 3, "[…, C, H, W]");
        expect::parts("pixel_shuffle", "the channels", shape[n - 3], r.saturating_mul(r));
        let (c, h, w) = (shape[n - 3] / (r * r), shape[n - 2], shape[n - 1]);
        let lead: usize = shape[..n - 3].iter().product();
        let y = self.reshape([lead, c, r, r, h, w]).permute([0, 1, 4, 2, 5, 3]);
        y.reshape(shape.with(n - 3, c).with(n - 2, h * r).with(n - 1, w * r))
    }

    /// Space to channels: `[…, C, H r, W r]` to `[…, C r², H, W]`; the inverse of [`Self::pixel_shuffle`].
    ///
    /// # Panics
    /// If height or width are no multiples of `r`.
    #[doc(alias = "space_to_depth")]
    #[track_caller]
    pub fn pixel_unshuffle(self, r: usize) -> Self {
        let shape = self.shape();
        let n = shape.len();
        expect::at_least("pixel_unshuffle", &shape, 3, "[…, C, H, W]");
        expect::parts("pixel_unshuffle", "the rows", shape[n - 2], r);
        expect::parts("pixel_unshuffle", "the columns", shape[n - 1], r);
        let (c, h, w) = (shape[n - 3], shape[n - 2] / r, shape[n - 1] / r);
        let lead: usize = shape[..n - 3].iter().product();
        let y = self.reshape([lead, c, h, r, w, r]).permute([0, 1, 3, 5, 2, 4]);
        y.reshape(shape.with(n - 3, c * r * r).with(n - 2, h).with(n - 1, w))
    }

    /// The channels of `[N, C, …]` dealt out over `groups`: seen as `[groups, C / groups]` they are transposed;
    /// the shape stays.
    ///
    /// # Panics
    /// If the channels are no multiple of `groups`.
    ///
    /// # Source
    /// Zhang et al., "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices",
    /// 2017.
    #[track_caller]
    pub fn channel_shuffle(self, groups: usize) -> Self {
        let shape = self.shape();
        expect::at_least("channel_shuffle", &shape, 2, "[N, C, …]");
        expect::parts("channel_shuffle", "the channels", shape[1], groups);
        let y = self.reshape([shape[0], groups, shape[1] / groups, shape[2..].iter().product()]);
        y.transpose(1, 2).reshape(shape)
    }
}
