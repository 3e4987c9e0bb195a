//! How a value goes from its start to its end: the shapes shared by several schedules.

/// The way from one value to another, as a function of progress `$p \in [0, 1]$`.
///
/// What remains of the way is `$r(p)$`, with `$r(0) = 1$` and `$r(1) = 0$`; the value is
/// `$s_{start}\,r + s_{end}\,(1 - r)$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// A straight line: `$r = 1 - p$`.
    Linear,
    /// Half a period of the cosine: `$r = (1 + \cos \pi p)/2$`.
    Cosine,
    /// Steep at first: `$r = 1 - \sqrt p$`.
    ///
    /// # Source
    /// Hägele et al. 2024, *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*, eq.
    /// 1.
    SquareRoot,
}

impl Curve {
    /// What remains of the way, `$r(p)$`; progress outside `$[0, 1]$` counts as 0 or 1.
    pub fn remaining(self, progress: f64) -> f64 {
        let p = progress.clamp(0.0, 1.0);
        match self {
            Curve::Linear => 1.0 - p,
            Curve::Cosine => f64::midpoint(1.0, (std::f64::consts::PI * p).cos()),
            Curve::SquareRoot => 1.0 - p.sqrt(),
        }
    }

    /// The value between `start` and `end` at `progress`; exact at both ends.
    pub fn between(self, start: f64, end: f64, progress: f64) -> f64 {
        let r = self.remaining(progress);
        start * r + end * (1.0 - r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn values_by_hand() {
        assert_eq!([0.0, 0.25, 1.0].map(|p| Curve::Linear.remaining(p)), [1.0, 0.75, 0.0]);
        assert_eq!([0.0, 0.25, 1.0].map(|p| Curve::SquareRoot.remaining(p)), [1.0, 0.5, 0.0]);
        assert_eq!([0.0, 1.0].map(|p| Curve::Cosine.remaining(p)), [1.0, 0.0]);
        assert_abs_diff_eq!(Curve::Cosine.remaining(1.0 / 3.0), 0.75, epsilon = 1e-15);
        assert_abs_diff_eq!(Curve::Cosine.remaining(0.5), 0.5, epsilon = 1e-15);
    }

    #[test]
    fn both_ends_are_exact() {
        for shape in [Curve::Linear, Curve::Cosine, Curve::SquareRoot] {
            assert_eq!(shape.between(3e-4, 1e-5, 0.0), 3e-4);
            assert_eq!(shape.between(3e-4, 1e-5, 1.0), 1e-5);
            assert_eq!(shape.between(3e-4, 1e-5, 1e9), 1e-5);
            assert_eq!(shape.between(3e-4, 1e-5, -1.0), 3e-4);
        }
    }
}
