//! Inputs of mean 0 and deviation 1.

use gradus_tensor::{DType, Tensor};

/// `$(x - \mu)/\sigma$`, with the mean and the deviation of the training set, so that the test set stays unseen.
///
/// ```
/// use gradus_data::{Standardizer, iris};
///
/// let (train, test) = iris().split(0.2, 0);
/// let scale = Standardizer::per_column(&train.inputs);
/// let (train, test) = (train.map_inputs(|x| scale.apply(x)), test.map_inputs(|x| scale.apply(x)));
/// assert!(train.inputs.mean_axes(0).abs().max().item() < 1e-5); // 0 on what was seen
/// assert!(test.inputs.mean_axes(0).abs().max().item() > 1e-5);  // nearly 0 on what was not
/// ```
#[derive(Debug, Clone)]
pub struct Standardizer {
    /// What is subtracted: a number, or one per column.
    pub mean: Tensor,
    /// What is divided by; 1 where the training set does not vary beyond the rounding of its mean.
    pub deviation: Tensor,
}

impl Standardizer {
    /// Mean and deviation of each column of `[N, columns]`.
    ///
    /// # Panics
    /// If there are no floats, no rows, or no axes.
    #[track_caller]
    pub fn per_column(x: &Tensor) -> Self {
        check(x, "Standardizer::per_column", "rows", x.shape().first());
        Self::with(x, x.mean_keep(0), |x| x.mean_keep(0), |x| x.max_keep(0))
    }

    /// One mean and one deviation for all elements, as is usual for images.
    ///
    /// # Panics
    /// If there are no floats or no elements.
    #[track_caller]
    pub fn overall(x: &Tensor) -> Self {
        check(x, "Standardizer::overall", "elements", Some(&x.elements()));
        Self::with(x, x.mean(), Tensor::mean, Tensor::max)
    }

    fn with(
        x: &Tensor,
        mean: Tensor,
        average: impl Fn(&Tensor) -> Tensor,
        largest: impl Fn(&Tensor) -> Tensor,
    ) -> Self {
        let centred = x - &mean;
        let deviation = average(&(&centred * &centred)).sqrt();
        // The mean of equal numbers is not always that number: what differs from it by its rounding is constant.
        let epsilon = if x.dtype() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
        let constant = largest(&centred.abs()).le(&(mean.abs() * (ROUNDING * epsilon)));
        Self { mean, deviation: deviation.masked_fill(&constant, 1.0) }
    }

    /// The standardised values.
    ///
    /// # Panics
    /// If there are no floats, or the columns are not as many as those it was made of.
    #[track_caller]
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let (shape, of) = (x.shape(), self.mean.shape());
        assert!(
            of.broadcast(shape) == Some(*shape),
            "Standardizer::apply: values of shape {shape}, and it was made of {} columns",
            self.mean.elements()
        );
        let dtype = x.dtype();
        assert!(
            dtype.is_float(),
            "Standardizer::apply: needs floats, got {dtype}; convert with .to(DType::F32)"
        );
        &(x - &self.mean) / &self.deviation
    }
}

/// What the mean of equal numbers may differ by, in units of its last place: sums of runs of any length stay below it.
const ROUNDING: f64 = 32.0;

#[track_caller]
fn check(x: &Tensor, op: &str, what: &str, n: Option<&usize>) {
    assert!(x.dtype().is_float(), "{op}: needs floats, got {}; convert with .to(DType::F32)", x.dtype());
    assert!(n.is_some_and(|&n| n > 0), "{op}: {} has no {what}, and so no mean", x.shape());
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn columns_by_hand() {
        let x = Tensor::from([[1.0, 5.0], [3.0, 5.0]]);
        let scale = Standardizer::per_column(&x);
        assert_eq!(scale.apply(&x).to_f64_vec(), [-1.0, 0.0, 1.0, 0.0]);
        assert_eq!(scale.apply(&Tensor::from([[5.0, 6.0]])).to_f64_vec(), [3.0, 1.0]);
    }

    /// The mean of three times 0.1 is 0.1 + 2⁻⁵⁶, so no deviation from it is 0; the deviation of a constant is 1.
    #[test]
    fn constant_columns_are_constant_up_to_rounding() {
        for value in [0.1, 0.7, -1e-300, 1e300, 0.0, 3.3] {
            for n in [1, 3, 7, 1000, 77_777] {
                for dtype in [DType::F32, DType::F64] {
                    let column = Tensor::full_of([n, 1], value, dtype);
                    if !column.max().item().is_finite() {
                        continue;
                    }
                    for scale in [Standardizer::per_column(&column), Standardizer::overall(&column)] {
                        assert_eq!(scale.deviation.max().item(), 1.0, "{value} {n} {dtype}");
                    }
                }
            }
        }
        // What varies is not: a millionth of the mean, in F32.
        let x = Tensor::from([[1.0f32], [1.000_01]]);
        assert!(Standardizer::per_column(&x).deviation.item() < 1e-5);
    }

    #[test]
    #[should_panic(expected = "Standardizer::per_column: [0, 2] has no rows, and so no mean")]
    fn nothing_has_no_mean() {
        Standardizer::per_column(&Tensor::zeros([0, 2]));
    }

    #[test]
    #[should_panic(expected = "Standardizer::apply: values of shape [1, 3], and it was made of 2 columns")]
    fn other_columns() {
        Standardizer::per_column(&Tensor::ones([4, 2])).apply(&Tensor::ones([1, 3]));
    }

    #[test]
    fn one_scale_for_all() {
        let x = Tensor::from([[0.0, 2.0], [4.0, 6.0]]);
        let y = Standardizer::overall(&x).apply(&x);
        assert!(y.mean().item().abs() < 1e-15);
        assert_abs_diff_eq!((&y * &y).mean().item(), 1.0, epsilon = 1e-15);
    }
}
