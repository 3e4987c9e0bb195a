//! Random tensors. Every function takes its generator; there is no hidden one.
//!
//! Same seed, same tensors, on every platform and with every later version: the generator's stream is fixed
//! (ChaCha with 8 rounds), and numbers are made of its words here. One 32-bit word becomes a uniform F32 (its upper 24
//! bits) or decides a Bernoulli trial; one 64-bit word becomes a uniform F64 (upper 53 bits), an integer, or a step of a
//! permutation. Normal numbers take one 64-bit word, and in about one case of a hundred a few more (ziggurat).

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::kernel::Real;
use crate::{DType, Element, Shape, Tensor};

/// The generator of random numbers: ChaCha with 8 rounds, whose stream for a seed never changes.
///
/// ```
/// use gradus_tensor::{Rng, Tensor, rng};
/// let mut generator: Rng = rng(42); // under another name than the function's
/// let (a, b) = (Tensor::randn(3, &mut generator), Tensor::randn(3, &mut generator));
/// assert!(a != b && a == Tensor::randn(3, &mut rng(42)));
/// ```
pub type Rng = rand_chacha::ChaCha8Rng;

/// The generator for a seed. Neighbouring seeds give unrelated streams.
///
/// # Source
/// The key is four words of SplitMix64 (Steele, Lea and Flood 2014).
pub fn rng(seed: u64) -> Rng {
    let mut key = [0; 32];
    let mut state = seed;
    for word in key.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    Rng::from_seed(key)
}

/// A float type that can be drawn.
trait Draw: Real + Element {
    /// Uniform in `[0, 1)`.
    fn unit(rng: &mut impl rand::Rng) -> Self;
    /// The largest number below.
    fn before(self) -> Self;
}

impl Draw for f32 {
    fn unit(rng: &mut impl rand::Rng) -> Self {
        (rng.next_u32() >> 8) as f32 * (1.0 / (1u32 << 24) as f32)
    }
    fn before(self) -> Self {
        self.next_down()
    }
}

impl Draw for f64 {
    fn unit(rng: &mut impl rand::Rng) -> Self {
        (rng.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
    fn before(self) -> Self {
        self.next_down()
    }
}

fn uniform<T: Draw>(out: &mut [T], low: f64, high: f64, rng: &mut impl rand::Rng) {
    let (low, width) = (T::of(low), T::of(high - low));
    // Rounding may carry the largest draws up to `high` itself.
    let last = if width > T::ZERO { (low + width).before() } else { low };
    for y in out {
        let x = low + width * T::unit(rng);
        *y = if x > last { last } else { x };
    }
}

/// An integer in `0 .. bound` from one word. Its bias is below `$2^{-64}$` of the bound.
fn below(bound: u64, rng: &mut impl rand::Rng) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
}

/// # Random tensors
impl Tensor {
    /// Uniform numbers in `[low, high)`, F32.
    ///
    /// # Panics
    /// If `low > high` or one is not finite.
    #[track_caller]
    pub fn uniform(shape: impl Into<Shape>, low: f64, high: f64, rng: &mut impl rand::Rng) -> Self {
        Self::uniform_of(shape, low, high, DType::F32, rng)
    }

    /// Uniform numbers in `[low, high)`, F32 or F64.
    ///
    /// # Panics
    /// If `low > high`, one is not finite, or `dtype` is no float.
    #[track_caller]
    pub fn uniform_of(
        shape: impl Into<Shape>,
        low: f64,
        high: f64,
        dtype: DType,
        rng: &mut impl rand::Rng,
    ) -> Self {
        assert!(low <= high && (high - low).is_finite(), "uniform: {low} to {high} is no interval");
        let shape = shape.into().fitting("uniform");
        with_float!("uniform", dtype, T => Self::build::<T>(shape, |out| uniform(out, low, high, rng)))
    }

    /// Standard normal numbers, F32.
    #[track_caller]
    pub fn randn(shape: impl Into<Shape>, rng: &mut impl rand::Rng) -> Self {
        Self::normal(shape.into().fitting("randn"), 0.0, 1.0, rng)
    }

    /// Standard normal numbers, F32 or F64.
    ///
    /// # Panics
    /// If `dtype` is no float.
    #[track_caller]
    pub fn randn_of(shape: impl Into<Shape>, dtype: DType, rng: &mut impl rand::Rng) -> Self {
        Self::normal_of(shape.into().fitting("randn"), 0.0, 1.0, dtype, rng)
    }

    /// Normal numbers of this mean and standard deviation, F32.
    ///
    /// # Panics
    /// If the deviation is negative, or a number is not finite.
    #[track_caller]
    pub fn normal(shape: impl Into<Shape>, mean: f64, std: f64, rng: &mut impl rand::Rng) -> Self {
        Self::normal_of(shape, mean, std, DType::F32, rng)
    }

    /// Normal numbers of this mean and standard deviation, F32 or F64. Both types draw the same words.
    ///
    /// # Panics
    /// If the deviation is negative, a number is not finite, or `dtype` is no float.
    #[track_caller]
    pub fn normal_of(
        shape: impl Into<Shape>,
        mean: f64,
        std: f64,
        dtype: DType,
        rng: &mut impl rand::Rng,
    ) -> Self {
        assert!(
            std >= 0.0 && std.is_finite() && mean.is_finite(),
            "normal: mean {mean} and standard deviation {std}; both must be finite, the deviation at least 0"
        );
        let shape = shape.into().fitting("normal");
        with_float!("normal", dtype, T => Self::build::<T>(shape, |out| {
            for y in out {
                let z: f64 = StandardNormal.sample(rng);
                *y = T::from_f64(mean + std * z);
            }
        }))
    }

    /// Standard normal numbers with the shape and the float type of this tensor.
    ///
    /// # Panics
    /// If the elements are no floats.
    #[track_caller]
    pub fn randn_like(&self, rng: &mut impl rand::Rng) -> Self {
        Self::randn_of(*self.shape(), self.dtype(), rng)
    }

    /// Uniform numbers in `[0, 1)` with the shape and the float type of this tensor.
    ///
    /// # Panics
    /// If the elements are no floats.
    #[track_caller]
    pub fn rand_like(&self, rng: &mut impl rand::Rng) -> Self {
        self.uniform_like(0.0, 1.0, rng)
    }

    /// Uniform numbers in `[low, high)` with the shape and the float type of this tensor.
    ///
    /// # Panics
    /// If `low > high`, one is not finite, or the elements are no floats.
    #[track_caller]
    pub fn uniform_like(&self, low: f64, high: f64, rng: &mut impl rand::Rng) -> Self {
        Self::uniform_of(*self.shape(), low, high, self.dtype(), rng)
    }

    /// Integers in `low .. high` with the shape of this tensor, I64.
    ///
    /// # Panics
    /// If the range is empty.
    #[track_caller]
    pub fn randint_like(&self, low: i64, high: i64, rng: &mut impl rand::Rng) -> Self {
        Self::randint(low, high, *self.shape(), rng)
    }

    /// Ones with probability `p`, zeros otherwise, with the shape and the element type of this tensor.
    ///
    /// # Panics
    /// If `p` is not in `[0, 1]`.
    #[track_caller]
    pub fn bernoulli_like(&self, p: f64, rng: &mut impl rand::Rng) -> Self {
        Self::bernoulli_of(*self.shape(), p, self.dtype(), rng)
    }

    /// Gumbel's numbers, `$-\ln(-\ln u)$` of uniform u, F32: added to logits they make the largest one a draw.
    #[track_caller]
    pub fn gumbel(shape: impl Into<Shape>, rng: &mut impl rand::Rng) -> Self {
        Self::gumbel_of(shape, DType::F32, rng)
    }

    /// Gumbel's numbers, F32 or F64. Both types draw the same words.
    ///
    /// # Source
    /// Gumbel, "Statistical theory of extreme values", 1954.
    ///
    /// # Panics
    /// If `dtype` is no float.
    #[track_caller]
    pub fn gumbel_of(shape: impl Into<Shape>, dtype: DType, rng: &mut impl rand::Rng) -> Self {
        assert!(dtype.is_float(), "gumbel: needs F32 or F64, got {dtype}");
        // Strictly between 0 and 1, so that no logarithm is infinite.
        let unit = |word: u64| ((word >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64);
        let shape = shape.into().fitting("gumbel");
        let shares = Self::build::<f64>(shape, |out| out.iter_mut().for_each(|y| *y = unit(rng.next_u64())));
        (-(-shares.log()).log()).to(dtype)
    }

    /// Ones with probability `p`, zeros otherwise, F32: the mask that dropout multiplies by.
    ///
    /// # Panics
    /// If `p` is not in `[0, 1]`.
    #[track_caller]
    pub fn bernoulli(shape: impl Into<Shape>, p: f64, rng: &mut impl rand::Rng) -> Self {
        Self::bernoulli_of(shape, p, DType::F32, rng)
    }

    /// Ones with probability `p`, zeros otherwise, in an element type.
    ///
    /// # Panics
    /// If `p` is not in `[0, 1]`.
    #[track_caller]
    pub fn bernoulli_of(shape: impl Into<Shape>, p: f64, dtype: DType, rng: &mut impl rand::Rng) -> Self {
        assert!((0.0..=1.0).contains(&p), "bernoulli: {p} is no probability");
        let bound = (p * (1u64 << 32) as f64).round() as u64;
        let shape = shape.into().fitting("bernoulli");
        with_dtype!(dtype, T => Self::build::<T>(shape, |out| {
            for y in out {
                *y = T::from_f64(f64::from(u8::from(u64::from(rng.next_u32()) < bound)));
            }
        }))
    }

    /// Integers in `low .. high`, I64.
    ///
    /// # Panics
    /// If the range is empty.
    #[track_caller]
    pub fn randint(low: i64, high: i64, shape: impl Into<Shape>, rng: &mut impl rand::Rng) -> Self {
        assert!(low < high, "randint: {low}..{high} is empty");
        let bound = high.wrapping_sub(low) as u64;
        Self::build::<i64>(shape.into().fitting("randint"), |out| {
            for y in out {
                *y = low.wrapping_add(below(bound, rng) as i64);
            }
        })
    }

    /// The integers `0 .. n` in random order, I64.
    ///
    /// # Source
    /// Fisher and Yates 1938; Durstenfeld 1964, algorithm 235.
    #[track_caller]
    pub fn permutation(n: usize, rng: &mut impl rand::Rng) -> Self {
        let mut out = Self::arange(n);
        let order = out.slice_mut::<i64>();
        for i in (1..n).rev() {
            order.swap(i, below(i as u64 + 1, rng) as usize);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    /// The values come from an independent program (ChaCha8 after its paper), but for the normal ones.
    #[test]
    fn the_stream_of_a_seed_never_changes() {
        let mut rng = rng(0);
        let words = [rand::Rng::next_u64(&mut rng), rand::Rng::next_u64(&mut rng)];
        assert_eq!(words, [13_804_888_775_535_289_832, 4_211_859_015_901_796_865]);
        let mut rng = super::rng(7);
        assert_eq!(
            Tensor::uniform(3, 0.0, 1.0, &mut rng).to_vec::<f32>(),
            [0.314_488_53, 0.400_495, 0.616_029_56]
        );
        assert_eq!(
            Tensor::uniform_of(2, 0.0, 1.0, DType::F64, &mut rng).to_vec::<f64>(),
            [0.895_672_496_355_680_7, 0.141_871_514_149_810_7]
        );
        assert_eq!(Tensor::randint(-5, 5, 6, &mut rng).to_vec::<i64>(), [-2, 2, -3, -1, -2, -4]);
        assert_eq!(Tensor::permutation(6, &mut rng).to_vec::<i64>(), [2, 3, 4, 1, 0, 5]);
        assert_eq!(Tensor::bernoulli(6, 0.5, &mut rng).to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        let normal = Tensor::randn_of(3, DType::F64, &mut rng).to_vec::<f64>();
        assert_eq!(normal, [-0.725_823_049_947_057_6, 1.977_550_242_031_429, -0.748_524_666_976_491_1]);
    }

    #[test]
    fn moments_are_right() {
        let mut rng = rng(1);
        let n = 100_000;
        let x = Tensor::uniform(n, -2.0, 4.0, &mut rng);
        assert!(
            abs_diff_eq!(x.mean().item(), 1.0, epsilon = 0.02)
                && abs_diff_eq!(x.var(0).item(), 3.0, epsilon = 0.04)
        );
        assert!(x.min().item() >= -2.0 && x.max().item() < 4.0);
        let x = Tensor::normal(n, 3.0, 2.0, &mut rng);
        assert!(
            abs_diff_eq!(x.mean().item(), 3.0, epsilon = 0.03)
                && abs_diff_eq!(x.std(0).item(), 2.0, epsilon = 0.03)
        );
        let x = Tensor::bernoulli(n, 0.3, &mut rng);
        assert_abs_diff_eq!(x.mean().item(), 0.3, epsilon = 0.01);
        let x = Tensor::randint(0, 10, n, &mut rng);
        assert!(x.bincount(10).to_vec::<i64>().iter().all(|&count| (9500..10_500).contains(&count)));
    }

    #[test]
    fn like_another_tensor() {
        let x = Tensor::zeros_of([200, 50], DType::F64);
        let mut rng = rng(3);
        for y in [x.randn_like(&mut rng), x.rand_like(&mut rng), x.uniform_like(-1.0, 2.0, &mut rng)] {
            assert_eq!((y.shape(), y.dtype()), (x.shape(), DType::F64));
        }
        assert!(x.uniform_like(3.0, 4.0, &mut rng).min().item() >= 3.0);
        assert_eq!(x.randint_like(2, 5, &mut rng).unique(), Tensor::from([2, 3, 4]));
        assert_eq!(x.to(DType::Bool).bernoulli_like(1.0, &mut rng).to_bools(), vec![true; 10_000]);
        // Euler's constant and π²/6.
        let gumbel = Tensor::gumbel_of(100_000, DType::F64, &mut rng);
        assert_abs_diff_eq!(gumbel.mean().item(), 0.577_215_7, epsilon = 0.02);
        assert_abs_diff_eq!(gumbel.var(0).item(), 1.644_934, epsilon = 0.04);
    }

    #[test]
    fn limits() {
        let mut rng = rng(2);
        assert_eq!(Tensor::bernoulli(1000, 1.0, &mut rng).sum().item(), 1000.0);
        assert_eq!(Tensor::bernoulli(1000, 0.0, &mut rng).sum().item(), 0.0);
        let narrow = Tensor::uniform(1000, 1.0, 1.0 + f64::from(f32::EPSILON), &mut rng);
        assert!(narrow.to_vec::<f32>().iter().all(|&x| x == 1.0));
        assert_eq!(Tensor::uniform(2, 3.0, 3.0, &mut rng).to_vec::<f32>(), [3.0, 3.0]);
        let order = Tensor::permutation(100, &mut rng);
        assert!(order.unique().equal(&Tensor::arange(100)) && !order.equal(&Tensor::arange(100)));
        assert!(Tensor::permutation(0, &mut rng).is_empty());
        let all = Tensor::randint(i64::MIN, i64::MAX, 100, &mut rng);
        assert!(all.lt(0.0).any().item() == 1.0 && all.gt(0.0).any().item() == 1.0);
    }

    #[test]
    #[should_panic(expected = "bernoulli: 1.5 is no probability")]
    fn no_probability() {
        Tensor::bernoulli(1, 1.5, &mut rng(0));
    }

    #[test]
    #[should_panic(expected = "uniform: 2 to 1 is no interval")]
    fn no_interval() {
        Tensor::uniform(1, 2.0, 1.0, &mut rng(0));
    }
}
