//! How near two values are: the cosine of their angle and their distance. Both have two inputs, so they are no `Module`.

use gradus_autograd::{Var, params};

use crate::input::at_least_zero;

/// `$\frac{a \cdot b}{\max(\lVert a \rVert, \varepsilon) \max(\lVert b \rVert, \varepsilon)}$` along an axis, which is dropped.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::CosineSimilarity;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([[3.0, 4.0]]), tape.var([[4.0, 3.0]]));
/// assert_eq!(CosineSimilarity::default().of(a, b).value().to_f64_vec(), [0.96]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CosineSimilarity {
    /// The axis of the vectors.
    pub axis: isize,
    /// The smallest norm that is divided by.
    pub eps: f64,
}

params!(CosineSimilarity {});

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self { axis: 1, eps: 1e-8 }
    }
}

impl CosineSimilarity {
    /// The similarity of two values, which broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast or the axis is out of range.
    #[track_caller]
    pub fn of<'t>(&self, a: Var<'t>, b: Var<'t>) -> Var<'t> {
        a.cosine_similarity(b, self.axis, at_least_zero("cosine_similarity", "eps", self.eps))
    }
}

/// `$\lVert a - b + \varepsilon \rVert_p$` along the last axis.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::PairwiseDistance;
/// let tape = Tape::new();
/// let (a, b) = (tape.var([[3.0, 4.0]]), tape.var([[0.0, 0.0]]));
/// let exact = PairwiseDistance { eps: 0.0, ..PairwiseDistance::default() };
/// assert_eq!(exact.of(a, b).value().to_f64_vec(), [5.0]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PairwiseDistance {
    /// The order of the norm; ∞ and -∞ for the largest and smallest modulus.
    pub p: f64,
    /// What is added to each difference.
    pub eps: f64,
    /// Whether the last axis stays, with size 1.
    pub keep_axis: bool,
}

params!(PairwiseDistance {});

impl Default for PairwiseDistance {
    fn default() -> Self {
        Self { p: 2.0, eps: 1e-6, keep_axis: false }
    }
}

impl PairwiseDistance {
    /// The distance of two values, which broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or p is no number.
    #[track_caller]
    pub fn of<'t>(&self, a: Var<'t>, b: Var<'t>) -> Var<'t> {
        let y = a.pairwise_distance(b, self.p, at_least_zero("pairwise_distance", "eps", self.eps));
        if self.keep_axis { y } else { y.squeeze_axis(-1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::Tape;

    #[test]
    #[should_panic(expected = "pairwise_distance: eps is NaN; it must be finite and at least 0")]
    fn what_is_no_number_is_named() {
        let tape = Tape::new();
        PairwiseDistance { eps: f64::NAN, ..PairwiseDistance::default() }
            .of(tape.var([1.0]), tape.var([2.0]));
    }
}
