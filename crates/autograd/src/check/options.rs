//! How a gradient is checked.

use super::finite_difference::FiniteDifference;

/// How a gradient is checked.
#[derive(Debug, Clone)]
pub struct GradcheckOptions {
    /// Largest allowed difference, relative to the larger of the two values.
    pub rtol: f64,
    /// Largest allowed absolute difference, whatever the values. Differences below 1e-9 of what the function moves, relative
    /// to the step, are allowed besides, so that 0 needs no bound of its own.
    pub atol: f64,
    /// A scheme and a step in place of the automatic choice.
    pub difference: Option<FiniteDifference>,
    /// Which elements to compare.
    pub elements: Elements,
    /// 1 checks the gradient, 2 also the gradient of the recorded gradient, and so on.
    pub order: usize,
    /// Whether each element of the result is compared by itself, in place of a weighted sum of all: a sweep for each, and a
    /// report that names the element of the result too.
    pub per_output: bool,
    /// Seed of the weights of a result that is no scalar, and of those of higher orders.
    pub seed: u64,
}

impl Default for GradcheckOptions {
    fn default() -> Self {
        Self {
            rtol: 1e-6,
            atol: 0.0,
            difference: None,
            elements: Elements::All,
            order: 1,
            per_output: false,
            seed: 0,
        }
    }
}

/// Which derivatives are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elements {
    /// The one in each element.
    All,
    /// Those in `count` elements, drawn with `seed`.
    Sample {
        /// How many elements.
        count: usize,
        /// Seed of the draw.
        seed: u64,
    },
    /// Those along `count` random directions of length 1, each through all elements.
    Directions {
        /// How many directions.
        count: usize,
        /// Seed of the draw.
        seed: u64,
    },
}
