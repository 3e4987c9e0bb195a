//! Surfaces in space, for what unrolls them.

use std::f64::consts::PI;

use gradus_tensor::DType;

use super::{Generator, RandomState, add_noise_by_columns, check_noise, targets};
use crate::dataset::Dataset;

/// A strip in the form of an S: inputs `[n, 3]`, targets `[n]`, the place along the curve.
///
/// # Source
/// scikit-learn's `make_s_curve`, with its numbers for a seed.
#[derive(Debug, Clone, Copy)]
pub struct SCurve {
    /// Examples.
    pub n: usize,
    /// The deviation of normal noise.
    pub noise: f64,
}

impl Default for SCurve {
    fn default() -> Self {
        Self { n: 100, noise: 0.0 }
    }
}

impl Generator for SCurve {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        check_noise("SCurve", self.noise);
        let mut random = RandomState::new(seed);
        let places: Vec<f64> = (0..self.n).map(|_| 3.0 * PI * (random.uniform() - 0.5)).collect();
        let point = |&t: &f64| vec![t.sin(), 2.0 * random.uniform(), t.signum() * (t.cos() - 1.0)];
        let mut rows: Vec<Vec<f64>> = places.iter().map(point).collect();
        add_noise_by_columns(&mut rows, self.noise, &mut random);
        targets(&rows, places, dtype)
    }
}

/// A rolled sheet: inputs `[n, 3]`, targets `[n]`, the place along the roll.
///
/// # Source
/// S. Marsland, "Machine Learning: An Algorithmic Perspective", 2014, chapter 6; scikit-learn's `make_swiss_roll`, with its
/// numbers for a seed.
#[derive(Debug, Clone, Copy)]
pub struct SwissRoll {
    /// Examples.
    pub n: usize,
    /// The deviation of normal noise.
    pub noise: f64,
    /// Whether the sheet has a hole.
    pub hole: bool,
}

impl Default for SwissRoll {
    fn default() -> Self {
        Self { n: 100, noise: 0.0, hole: false }
    }
}

impl Generator for SwissRoll {
    fn dataset_of(&self, seed: u64, dtype: DType) -> Dataset {
        check_noise("SwissRoll", self.noise);
        let mut random = RandomState::new(seed);
        let mut draw = || (0..self.n).map(|_| random.uniform()).collect::<Vec<f64>>();
        let (places, heights): (Vec<f64>, Vec<f64>) = if self.hole {
            self.around_a_hole(&mut random)
        } else {
            let along = draw().into_iter().map(|u| 1.5 * PI * (1.0 + 2.0 * u)).collect();
            (along, draw().into_iter().map(|u| 21.0 * u).collect())
        };
        let point = |(&t, &y): (&f64, &f64)| vec![t * t.cos(), y, t * t.sin()];
        let mut rows: Vec<Vec<f64>> = places.iter().zip(&heights).map(point).collect();
        add_noise_by_columns(&mut rows, self.noise, &mut random);
        targets(&rows, places, dtype)
    }
}

impl SwissRoll {
    /// One of eight fields of a board of three by three, without the middle one, and a place in it.
    fn around_a_hole(&self, random: &mut RandomState) -> (Vec<f64>, Vec<f64>) {
        let fields: Vec<usize> = (0..self.n).map(|_| random.integer(7) as usize).collect();
        let field = |corner: usize| if corner < 4 { corner } else { corner + 1 };
        let mut along: Vec<f64> = (0..self.n).map(|_| PI * random.uniform()).collect();
        let mut up: Vec<f64> = (0..self.n).map(|_| 7.0 * random.uniform()).collect();
        for (i, corner) in fields.into_iter().map(field).enumerate() {
            along[i] += PI * (1.5 + (corner / 3) as f64);
            up[i] += (corner % 3 * 7) as f64;
        }
        (along, up)
    }
}
