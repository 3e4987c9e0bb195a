//! Means over batches.

/// The mean of numbers that come one after the other, each with a weight: the loss of an epoch from those of its batches.
///
/// ```
/// use gradus_nn::metric::RunningMean;
///
/// let mut loss = RunningMean::default();
/// loss.add(0.5, 64.0); // the mean of a batch of 64
/// loss.add(1.5, 32.0); // and of the last one, of 32
/// assert!((loss.mean() - 5.0 / 6.0).abs() < 1e-15);
/// ```
///
/// # Source
/// West, "Updating mean and variance estimates: an improved method", 1979.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunningMean {
    mean: f64,
    weight: f64,
}

impl RunningMean {
    /// Takes a number into the mean, with a weight: the size of the batch whose mean it is. A weight of 0 changes nothing.
    ///
    /// # Panics
    /// If the weight is negative, infinite or NaN.
    #[track_caller]
    pub fn add(&mut self, value: f64, weight: f64) {
        assert!(
            weight >= 0.0 && weight.is_finite(),
            "running mean: the weight is {weight}; it must be finite and at least 0"
        );
        if weight > 0.0 {
            self.weight += weight;
            self.mean += (value - self.mean) * (weight / self.weight);
        }
    }

    /// The mean so far; NaN before the first number.
    pub fn mean(&self) -> f64 {
        if self.weight > 0.0 { self.mean } else { f64::NAN }
    }

    /// The weights so far.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Begins anew, and gives the mean.
    pub fn take(&mut self) -> f64 {
        std::mem::take(self).mean()
    }
}
