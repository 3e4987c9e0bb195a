//! Normal numbers between two bounds.

use gradus_autograd::TensorExt;
use gradus_tensor::{DType, Shape, Tensor};

both! {
    /// Normal numbers of a mean and a standard deviation, without those outside of `low` and `high`: absolute bounds, no
    /// multiples of the deviation, which is that of the whole normal distribution.
    ///
    /// ```
    /// use gradus_nn::init;
    /// use gradus_tensor::rng;
    ///
    /// let weight = init::trunc_normal([50, 30], 0.0, 0.02, -0.04, 0.04, &mut rng(0));
    /// assert!(weight.abs().max().item() <= 0.04);
    /// ```
    ///
    /// # Source
    /// PyTorch's `nn.init.trunc_normal_`: the inverse of the distribution function at uniform numbers.
    ///
    /// # Panics
    /// If the deviation is not above 0, or `low` is not below `high`.
    trunc_normal trunc_normal_of(mean: f64, std: f64, low: f64, high: f64) |shape, dtype, rng| {
        assert!(
            std > 0.0 && std.is_finite() && mean.is_finite(),
            "trunc_normal: mean {mean} and standard deviation {std}; both must be finite, the deviation above 0"
        );
        assert!(low < high, "trunc_normal: {low} to {high} is no interval");
        drawn(shape, [mean, std, low, high], dtype, rng)
    };
}

/// The standard deviation of a standard normal number within ±2.
const WITHIN_TWO: f64 = 0.879_625_661_034_239_78;

/// Normal numbers within two of their deviations, which have the standard deviation `std` then.
#[track_caller]
pub(super) fn within_two(shape: Shape, std: f64, dtype: DType, rng: &mut impl rand::Rng) -> Tensor {
    let whole = std / WITHIN_TWO;
    drawn(shape, [0.0, whole, -2.0 * whole, 2.0 * whole], dtype, rng)
}

#[track_caller]
fn drawn(shape: Shape, [mean, std, low, high]: [f64; 4], dtype: DType, rng: &mut impl rand::Rng) -> Tensor {
    // Far in the upper tail the distribution function is 1 in F64; the lower tail keeps its digits.
    let upper = low - mean > mean - high && low > mean;
    let sign = if upper { -1.0 } else { 1.0 };
    let bounds = if upper { [mean - high, mean - low] } else { [low - mean, high - mean] };
    let [from, to] = bounds.map(|x| Tensor::from(x / std).normal_cdf().item());
    let share = Tensor::uniform_of(shape, from, to, DType::F64, rng);
    let x = share.ndtri() * (sign * std) + mean;
    x.clamp(low, high).to(dtype)
}
