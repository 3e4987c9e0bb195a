//! Inputs of mean 0 and deviation 1.

use gradus_tensor::Tensor;

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
    /// What is divided by; 1 where the training set does not vary.
    pub deviation: Tensor,
}

impl Standardizer {
    /// Mean and deviation of each column of `[N, columns]`.
    ///
    /// # Panics
    /// If there are no floats or no rows.
    #[track_caller]
    pub fn per_column(x: &Tensor) -> Self {
        let mean = x.mean_keep(0);
        let variance = (&(x - &mean) * &(x - &mean)).mean_keep(0);
        Self::with(mean, &variance)
    }

    /// One mean and one deviation for all elements, as is usual for images.
    ///
    /// # Panics
    /// If there are no floats or no elements.
    #[track_caller]
    pub fn overall(x: &Tensor) -> Self {
        let mean = x.mean();
        let centred = x - &mean;
        let variance = (&centred * &centred).mean();
        Self::with(mean, &variance)
    }

    fn with(mean: Tensor, variance: &Tensor) -> Self {
        let constant = variance.eq(0.0);
        Self { mean, deviation: variance.sqrt().masked_fill(&constant, 1.0) }
    }

    /// The standardised values.
    ///
    /// # Panics
    /// If the columns are not as many as those it was made of.
    #[track_caller]
    pub fn apply(&self, x: &Tensor) -> Tensor {
        &(x - &self.mean) / &self.deviation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_by_hand() {
        let x = Tensor::from([[1.0, 5.0], [3.0, 5.0]]);
        let scale = Standardizer::per_column(&x);
        assert_eq!(scale.apply(&x).to_f64_vec(), [-1.0, 0.0, 1.0, 0.0]);
        assert_eq!(scale.apply(&Tensor::from([[5.0, 6.0]])).to_f64_vec(), [3.0, 1.0]);
    }

    #[test]
    fn one_scale_for_all() {
        let x = Tensor::from([[0.0, 2.0], [4.0, 6.0]]);
        let y = Standardizer::overall(&x).apply(&x);
        assert!(y.mean().item().abs() < 1e-15);
        assert!(((&y * &y).mean().item() - 1.0).abs() < 1e-15);
    }
}
