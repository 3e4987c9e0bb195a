//! Draws from distributions over classes: from probabilities, from logits, from what is left of them after a cut.

use crate::{DType, Shape, Tensor};

/// Panics unless there are classes along a last axis; gives their number and the other axes.
#[track_caller]
fn classes(op: &str, x: &Tensor) -> (usize, Shape) {
    let shape = *x.shape();
    assert!(
        !shape.is_empty() && shape[shape.len() - 1] > 0,
        "{op}: the input must be […, classes], got {shape}"
    );
    assert!(x.dtype().is_float(), "{op}: needs floats, got {}; convert with .to(DType::F32)", x.dtype());
    (shape[shape.len() - 1], shape.without(shape.len() - 1))
}

/// `$e^{x - \max x}$` of each row, F64. No closure panics: it would not point at the caller's line.
#[track_caller]
fn weights_of_logits(op: &str, logits: &Tensor, classes: usize) -> Vec<f64> {
    if logits.is_empty() {
        return vec![];
    }
    let x = logits.to(DType::F64);
    let most = x.max_keep(-1);
    for (row, most) in most.to_f64_vec().into_iter().enumerate() {
        assert!(
            most.is_finite(),
            "{op}: the largest of the {classes} logits in row {row} is {most}; one at least must be finite, and none NaN or \
             infinite"
        );
    }
    (x - most).exp().to_f64_vec()
}

/// The class in which a share of the total weight lies, never one of weight 0.
fn class_at(sums: &[f64], share: f64) -> i64 {
    let total = sums[sums.len() - 1];
    let at = sums.partition_point(|sum| *sum <= share * total);
    // Rounding may carry the share up to the total: the last class with a weight.
    at.min(sums.partition_point(|sum| *sum < total)) as i64
}

/// Running sums of weights.
fn sums(weights: &[f64]) -> Vec<f64> {
    let add = |sum: &mut f64, w: &f64| {
        *sum += w;
        Some(*sum)
    };
    weights.iter().scan(0.0, add).collect()
}

/// # Draws of classes
impl Tensor {
    /// One class for each row of logits `[…, classes]`, drawn with the probabilities `$\mathrm{softmax}(x)$`: `[…]`, I64. A
    /// logit of -∞ is never drawn. Temperature and cuts: [`Sampling`].
    ///
    /// # Panics
    /// If there are no classes, or a row holds no finite logit, NaN or +∞.
    #[track_caller]
    pub fn categorical(&self, rng: &mut impl rand::Rng) -> Self {
        let (n, rest) = classes("categorical", self);
        let weights = weights_of_logits("categorical", self, n);
        let shares = Self::uniform_of(rest, 0.0, 1.0, DType::F64, rng).to_f64_vec();
        let drawn = weights.chunks(n).zip(shares).map(|(row, share)| class_at(&sums(row), share));
        Self::from_vec(drawn.collect(), rest)
    }

    /// `n` classes for each row of probabilities `[…, classes]`, or of weights, which need not add up to 1: `[…, n]`, I64.
    /// Without replacement no class comes twice. A weight of 0 is never drawn.
    ///
    /// ```
    /// use gradus_tensor::{Tensor, rng};
    /// let weights = Tensor::from([0.0, 3.0, 1.0]);
    /// let drawn = weights.multinomial(1000, true, &mut rng(0)).bincount(3).to_vec::<i64>();
    /// assert!(drawn[0] == 0 && (700..800).contains(&drawn[1]));
    /// let order = weights.multinomial(2, false, &mut rng(0));
    /// assert!(order == Tensor::from([1, 2]) || order == Tensor::from([2, 1]));
    /// ```
    ///
    /// # Source
    /// Without replacement: the n largest of `$\ln w_j + g_j$` with Gumbel's numbers g (Yellott, 1977; Vieira, 2014).
    ///
    /// # Panics
    /// If there are no classes, a weight is negative, infinite or NaN, or a row has no weight, or, without
    /// replacement, fewer than n.
    #[track_caller]
    pub fn multinomial(&self, n: usize, replacement: bool, rng: &mut impl rand::Rng) -> Self {
        let (classes, rest) = classes("multinomial", self);
        let all = self.to_f64_vec();
        for (row, weights) in all.chunks(classes).enumerate() {
            if let Some(j) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
                panic!(
                    "multinomial: weight {} of class {j} in row {row}; weights are finite and at least 0",
                    weights[j]
                );
            }
            let some = weights.iter().filter(|w| **w > 0.0).count();
            let needed = if replacement { usize::from(n > 0) } else { n };
            assert!(
                some >= needed,
                "multinomial: {n} draws from row {row}, in which {some} classes have a weight above 0"
            );
        }
        let shape = rest.inserted(rest.len(), n);
        if !replacement {
            let noise = Self::gumbel_of(*self.shape(), DType::F64, rng);
            return (self.to(DType::F64).log() + noise).topk(n, -1, true).1.reshape(shape);
        }
        let shares = Self::uniform_of(shape, 0.0, 1.0, DType::F64, rng).to_f64_vec();
        let mut drawn = Vec::with_capacity(shares.len());
        for (row, shares) in all.chunks(classes).zip(shares.chunks(n.max(1))) {
            let sums = sums(row);
            drawn.extend(shares.iter().map(|share| class_at(&sums, *share)));
        }
        Self::from_vec(drawn, shape)
    }

    /// The k largest logits of each row `[…, classes]`, -∞ in the place of the others; of equal ones the first stay. All
    /// of them if there are no more than k.
    ///
    /// # Source
    /// Fan, Lewis and Dauphin, "Hierarchical Neural Story Generation", 2018.
    ///
    /// # Panics
    /// If there are no classes, or k is 0.
    #[doc(alias = "top_k")]
    #[track_caller]
    pub fn keep_top_k(&self, k: usize) -> Self {
        let (n, _) = classes("keep_top_k", self);
        assert!(k > 0, "keep_top_k: k is 0; it must be at least 1");
        self.kept(n, |_, before| before < k)
    }

    /// The nucleus of each row of logits `[…, classes]`: the fewest of the most probable classes whose probabilities
    /// together reach p, at least one; -∞ in the place of the others.
    ///
    /// # Source
    /// Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020.
    ///
    /// # Panics
    /// If there are no classes, p does not lie between 0 and 1, or a row holds no finite logit, NaN or +∞.
    #[doc(alias = "top_p")]
    #[doc(alias = "nucleus")]
    #[track_caller]
    pub fn keep_top_p(&self, p: f64) -> Self {
        let (n, _) = classes("keep_top_p", self);
        assert!((0.0..=1.0).contains(&p), "keep_top_p: p is {p}; it must be between 0 and 1");
        let weights = weights_of_logits("keep_top_p", self, n);
        let totals: Vec<f64> = weights.chunks(n).map(|row| row.iter().sum()).collect();
        let (mut row, mut sum) = (usize::MAX, 0.0);
        self.kept(n, |at, before| {
            if at / n != row {
                (row, sum) = (at / n, 0.0);
            }
            let stays = before == 0 || sum < p * totals[row];
            sum += weights[at];
            stays
        })
    }

    /// -∞ in the place of the elements that do not stay. They are asked for in falling order row by row, by their place
    /// and the number of those before them.
    fn kept(&self, classes: usize, mut stays: impl FnMut(usize, usize) -> bool) -> Self {
        if self.is_empty() {
            return self.clone();
        }
        let order = self.argsort(-1, true).to_vec::<i64>();
        let mut dropped = vec![true; self.elements()];
        for (i, &class) in order.iter().enumerate() {
            let at = i / classes * classes + class as usize;
            dropped[at] = !stays(at, i % classes);
        }
        self.masked_fill(&Self::from_vec(dropped, *self.shape()), f64::NEG_INFINITY)
    }
}

/// How a class is drawn from logits.
///
/// ```
/// use gradus_tensor::{Sampling, Tensor, rng};
///
/// let logits = Tensor::from([[2.0, 1.0, 0.0, -5.0]]);
/// let how = Sampling { temperature: 0.8, top_k: Some(3), ..Sampling::default() };
/// let class = how.draw(&logits, &mut rng(0));
/// assert!(class.shape()[..] == [1] && class.item() < 3.0);
/// let greedy = Sampling { temperature: 0.0, ..Sampling::default() };
/// assert_eq!(greedy.draw(&logits, &mut rng(0)), Tensor::from([0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// What the logits are divided by. Below 1 the probable classes come more often; at 0 the most probable one comes always.
    pub temperature: f64,
    /// Only the k most probable classes are drawn ([`Tensor::keep_top_k`]).
    pub top_k: Option<usize>,
    /// Only the most probable classes that together have the probability p are drawn ([`Tensor::keep_top_p`]).
    pub top_p: Option<f64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: None }
    }
}

impl Sampling {
    /// One class for each row of logits `[…, classes]`: `[…]`, I64. Temperature, then the k largest, then the nucleus of
    /// these.
    ///
    /// # Panics
    /// If there are no classes, the temperature is negative, infinite or NaN, k is 0 or p outside of 0 … 1, or a row holds
    /// no finite logit, NaN or +∞.
    #[track_caller]
    pub fn draw(&self, logits: &Tensor, rng: &mut impl rand::Rng) -> Tensor {
        let (n, t) = (classes("draw", logits).0, self.temperature);
        assert!(t >= 0.0 && t.is_finite(), "draw: the temperature is {t}; it must be finite and at least 0");
        weights_of_logits("draw", logits, n);
        if t == 0.0 {
            return logits.argmax_axis(-1, false);
        }
        let scaled = logits.to(DType::F64) / t;
        let largest = self.top_k.map_or(scaled.clone(), |k| scaled.keep_top_k(k));
        self.top_p.map_or(largest.clone(), |p| largest.keep_top_p(p)).categorical(rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use approx::abs_diff_eq;

    const INF: f64 = f64::INFINITY;

    /// Counts against shares, to 5 deviations.
    fn follows(drawn: &Tensor, shares: &[f64]) {
        let n = drawn.elements() as f64;
        for (count, p) in drawn.flatten().bincount(shares.len()).to_f64_vec().into_iter().zip(shares) {
            assert!(
                abs_diff_eq!(count, n * p, epsilon = 5.0 * (n * p * (1.0 - p)).sqrt()),
                "{count} of {n}, not {p}"
            );
        }
    }

    #[test]
    fn shares_are_those_of_the_softmax() {
        let logits = Tensor::from([1f64.ln(), 2f64.ln(), -INF, 7f64.ln()]);
        follows(&logits.expand([20_000, 4]).categorical(&mut rng(0)), &[0.1, 0.2, 0.0, 0.7]);
        let far = &logits + 1e4;
        follows(&far.expand([20_000, 4]).categorical(&mut rng(1)), &[0.1, 0.2, 0.0, 0.7]);
        let rows = Tensor::from([[0.0, -INF], [-INF, 0.0]]).to(DType::F32);
        assert_eq!(rows.categorical(&mut rng(2)), Tensor::from([0, 1]));
        assert_eq!(Tensor::from([3.0]).categorical(&mut rng(2)), Tensor::from(0i64));
        assert_eq!(Tensor::zeros([0, 3]).categorical(&mut rng(2)).shape()[..], [0]);
    }

    #[test]
    fn weights_with_and_without_replacement() {
        let weights = Tensor::from([[5.0, 0.0, 3.0, 2.0], [0.0, 0.0, 0.5, 0.0]]);
        let drawn = weights.multinomial(20_000, true, &mut rng(3));
        follows(&drawn.select(0, 0), &[0.5, 0.0, 0.3, 0.2]);
        assert!(drawn.select(0, 1).to_vec::<i64>().iter().all(|&class| class == 2));
        let many = weights.select(0, 0).expand([20_000, 4]);
        let pairs = many.multinomial(2, false, &mut rng(4));
        follows(&pairs.select(1, 0), &[0.5, 0.0, 0.3, 0.2]);
        // The second: 0.3·5/7 + 0.2·5/8, and so on.
        follows(&pairs.select(1, 1), &[0.339_285_714, 0.0, 0.375, 0.285_714_286]);
        let three = many.multinomial(3, false, &mut rng(5)).sort(1, false).0;
        assert!(three.equal(&Tensor::from([0, 2, 3]).expand([20_000, 3]).contiguous()));
        assert_eq!(weights.multinomial(0, false, &mut rng(6)).shape()[..], [2, 0]);
    }

    #[test]
    fn cuts() {
        let x = Tensor::from([[1.0, 4.0, 2.0, 4.0], [0.0, 0.0, 0.0, 0.0]]);
        assert_eq!(x.keep_top_k(2), Tensor::from([[-INF, 4.0, -INF, 4.0], [0.0, 0.0, -INF, -INF]]));
        assert_eq!(x.keep_top_k(9), x);
        let p = Tensor::from([0.5, 0.25, 0.125, 0.125]).log();
        let kept = |share: f64| p.keep_top_p(share).gt(-INF).to_bools();
        assert_eq!(kept(0.0), [true, false, false, false]);
        assert_eq!(kept(0.5), [true, false, false, false]);
        assert_eq!(kept(0.51), [true, true, false, false]);
        assert_eq!(kept(0.8), [true, true, true, false]);
        assert_eq!(kept(1.0), [true; 4]);
    }

    #[test]
    fn temperature_and_cuts_together() {
        let logits = Tensor::from([6f64.ln(), 3f64.ln(), 1f64.ln(), -INF]).expand([20_000, 4]);
        let draw = |how: Sampling| how.draw(&logits, &mut rng(7));
        follows(&draw(Sampling::default()), &[0.6, 0.3, 0.1, 0.0]);
        follows(
            &draw(Sampling { temperature: 0.5, ..Sampling::default() }),
            &[36.0 / 46.0, 9.0 / 46.0, 1.0 / 46.0, 0.0],
        );
        follows(&draw(Sampling { top_k: Some(2), ..Sampling::default() }), &[2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]);
        follows(
            &draw(Sampling { top_p: Some(0.9), ..Sampling::default() }),
            &[2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0],
        );
        follows(&draw(Sampling { top_p: Some(0.6), ..Sampling::default() }), &[1.0, 0.0, 0.0, 0.0]);
        // The nucleus is that of what the first cut has left.
        let both = Sampling { top_k: Some(2), top_p: Some(0.66), ..Sampling::default() };
        follows(&draw(both), &[1.0, 0.0, 0.0, 0.0]);
    }
}
