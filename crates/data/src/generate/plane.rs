//! Classes in the plane that no straight line separates.

use std::f64::consts::{PI, TAU};

use gradus_tensor::DType;

use super::{Generator, RandomState, add_noise, check_noise, classes, in_order, linspace};
use crate::dataset::Dataset;

/// Two half circles that reach into each other: inputs `[n, 2]`, classes 0 and 1.
///
/// # Source
/// scikit-learn's `make_moons`, with its numbers for a seed.
#[derive(Debug, Clone, Copy)]
pub struct Moons {
    /// Examples: half of them of each class, the odd one of class 1.
    pub n: usize,
    /// The deviation of normal noise.
    pub noise: f64,
    /// Whether the classes are mixed.
    pub shuffle: bool,
}

impl Default for Moons {
    fn default() -> Self {
        Self { n: 100, noise: 0.0, shuffle: true }
    }
}

impl Generator for Moons {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        check_noise("Moons", self.noise);
        let outer = linspace(0.0, PI, self.n / 2, true).into_iter().map(|t| vec![t.cos(), t.sin()]);
        let inner = linspace(0.0, PI, self.n - self.n / 2, true);
        let inner = inner.into_iter().map(|t| vec![1.0 - t.cos(), 1.0 - t.sin() - 0.5]);
        two(outer.chain(inner).collect(), self.n / 2, (self.noise, self.shuffle), seed, dtype)
    }
}

/// A circle in a circle: inputs `[n, 2]`, class 0 outside and 1 inside.
///
/// # Source
/// scikit-learn's `make_circles`, with its numbers for a seed.
#[derive(Debug, Clone, Copy)]
pub struct Circles {
    /// Examples: half of them of each class, the odd one of class 1.
    pub n: usize,
    /// The deviation of normal noise.
    pub noise: f64,
    /// The radius of the inner circle; the outer one's is 1.
    pub factor: f64,
    /// Whether the classes are mixed.
    pub shuffle: bool,
}

impl Default for Circles {
    fn default() -> Self {
        Self { n: 100, noise: 0.0, factor: 0.8, shuffle: true }
    }
}

impl Generator for Circles {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        check_noise("Circles", self.noise);
        let factor = self.factor;
        assert!(
            (0.0..1.0).contains(&factor),
            "Circles: factor is {factor}; it must be at least 0 and below 1"
        );
        let circle = |n: usize, radius: f64| {
            linspace(0.0, TAU, n, false).into_iter().map(move |t| vec![t.cos() * radius, t.sin() * radius])
        };
        let rows = circle(self.n / 2, 1.0).chain(circle(self.n - self.n / 2, factor)).collect();
        two(rows, self.n / 2, (self.noise, self.shuffle), seed, dtype)
    }
}

/// The first rows of class 0, the others of class 1.
fn two(rows: Vec<Vec<f64>>, first: usize, (noise, shuffle): (f64, bool), seed: u64, dtype: DType) -> Dataset {
    let mut random = RandomState::new(seed);
    let labels: Vec<i64> = (0..rows.len()).map(|i| i64::from(i >= first)).collect();
    finish(rows, labels, (noise, shuffle), &mut random, dtype)
}

fn finish(
    mut rows: Vec<Vec<f64>>,
    mut labels: Vec<i64>,
    (noise, shuffle): (f64, bool),
    random: &mut RandomState,
    dtype: DType,
) -> Dataset {
    if shuffle {
        let order = random.permutation(rows.len());
        (rows, labels) = (in_order(&rows, &order), in_order(&labels, &order));
    }
    add_noise(&mut rows, noise, random);
    classes(&rows, labels, dtype)
}

/// Arms that wind around the origin, one a class: `$r = i/n$`, `$\varphi = \tau(k/K + r\,\mathit{turns})$`; inputs `[n, 2]`.
///
/// # Source
/// The spirals of Lang and Witbrock 1988, with any number of arms.
#[derive(Debug, Clone, Copy)]
pub struct Spirals {
    /// Examples, shared evenly by the arms; the first ones get what is left over.
    pub n: usize,
    /// Arms.
    pub classes: usize,
    /// Turns around the origin.
    pub turns: f64,
    /// The deviation of normal noise.
    pub noise: f64,
    /// Whether the classes are mixed.
    pub shuffle: bool,
}

impl Default for Spirals {
    fn default() -> Self {
        Self { n: 300, classes: 3, turns: 0.75, noise: 0.02, shuffle: true }
    }
}

impl Generator for Spirals {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        check_noise("Spirals", self.noise);
        assert!(self.classes > 0, "Spirals: no arms; classes must be at least 1");
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for class in 0..self.classes {
            let n = self.n / self.classes + usize::from(class < self.n % self.classes);
            for r in linspace(0.0, 1.0, n, true) {
                let angle = TAU * (class as f64 / self.classes as f64 + r * self.turns);
                rows.push(vec![r * angle.cos(), r * angle.sin()]);
                labels.push(class as i64);
            }
        }
        finish(rows, labels, (self.noise, self.shuffle), &mut RandomState::new(seed), dtype)
    }
}

/// Points of the square `$[-1, 1]^2$`, of class 1 where exactly one of both numbers is positive: inputs `[n, 2]`.
#[derive(Debug, Clone, Copy)]
pub struct Xor {
    /// Examples.
    pub n: usize,
    /// The deviation of normal noise, added after the class was decided.
    pub noise: f64,
}

impl Default for Xor {
    fn default() -> Self {
        Self { n: 200, noise: 0.0 }
    }
}

impl Generator for Xor {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        check_noise("Xor", self.noise);
        let mut random = RandomState::new(seed);
        let mut number = || 2.0 * random.uniform() - 1.0;
        let rows: Vec<Vec<f64>> = (0..self.n).map(|_| vec![number(), number()]).collect();
        let labels = rows.iter().map(|row| i64::from((row[0] > 0.0) != (row[1] > 0.0))).collect();
        finish(rows, labels, (self.noise, false), &mut random, dtype)
    }
}
