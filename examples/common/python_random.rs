//! The draws of CPython's module `random`: the same numbers for the same seed, on top of MT19937.

#![allow(dead_code, reason = "each example takes what it needs")]

use std::f64::consts::TAU;

use rand_mt::Mt;

/// `random.Random(seed)`.
pub(crate) struct PythonRandom {
    words: Mt,
    /// The second of two normal numbers that are drawn together.
    spare: Option<f64>,
}

impl PythonRandom {
    pub(crate) fn new(seed: u32) -> Self {
        Self { words: Mt::new_with_key([seed]), spare: None }
    }

    /// `random()`: uniform in [0, 1), with 53 bits.
    pub(crate) fn random(&mut self) -> f64 {
        let (a, b) = (self.words.next_u32() >> 5, self.words.next_u32() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// `uniform(low, high)`.
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random()
    }

    /// `gauss(mean, std)`, by Box and Muller.
    pub(crate) fn gauss(&mut self, mean: f64, std: f64) -> f64 {
        let z = self.spare.take().unwrap_or_else(|| {
            let angle = self.random() * TAU;
            let radius = (-2.0 * (1.0 - self.random()).ln()).sqrt();
            self.spare = Some(angle.sin() * radius);
            angle.cos() * radius
        });
        mean + z * std
    }

    /// `randrange(n)`: as many bits as n has, until they are below n.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = u32::try_from(n).expect("at most 2^32 items");
        loop {
            let drawn = self.words.next_u32() >> n.leading_zeros();
            if drawn < n {
                return drawn as usize;
            }
        }
    }

    /// `shuffle(items)`.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// `choices(range(n), weights)[0]`.
    pub(crate) fn choice(&mut self, weights: &[f64]) -> usize {
        let sums: Vec<f64> = weights
            .iter()
            .scan(0.0, |sum, w| {
                *sum += w;
                Some(*sum)
            })
            .collect();
        let at = self.random() * sums[sums.len() - 1];
        sums.partition_point(|sum| *sum <= at).min(sums.len() - 1)
    }
}
