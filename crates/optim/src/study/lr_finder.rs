//! The search for a learning rate: a short run in which it grows until the loss explodes.

/// The losses of a run whose learning rate grows geometrically.
#[derive(Debug, Clone, PartialEq)]
pub struct LrSearch {
    /// The learning rates.
    pub rates: Vec<f64>,
    /// The losses, smoothed: an average with decay 0.9, corrected.
    pub losses: Vec<f64>,
}

impl LrSearch {
    /// The rate at which the loss falls fastest per factor of the rate; `None` if it never falls.
    pub fn steepest(&self) -> Option<f64> {
        let fall = |i: usize| self.losses[i] - self.losses[i + 1];
        let best = (0..self.rates.len().saturating_sub(1)).max_by(|&a, &b| fall(a).total_cmp(&fall(b)))?;
        (fall(best) > 0.0).then(|| self.rates[best])
    }
}

/// Runs `step(rate)`, a training step that returns its loss, at `steps` rates from `low` to `high`; ends
/// early when the loss is four times its best or not finite.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{Optimizer, Sgd, lr_finder};
///
/// // Descent on x²/2 diverges above rate 2.
/// let (mut x, mut optimizer) = (Param::new(1.0), Optimizer::new(Sgd::default(), 0.0));
/// let search = lr_finder(1e-3, 1e3, 100, |rate| {
///     optimizer.set_lr(rate);
///     optimizer.training_step(&mut x, |x, tape| tape.param(x).square() * 0.5)
/// });
/// let rate = search.steepest().unwrap();
/// assert!(rate > 1e-3 && rate < 2.0);
/// ```
///
/// # Panics
/// Unless `0 < low < high`, `high / low` is finite and there are at least two steps.
///
/// # Source
/// Smith 2017, *Cyclical learning rates*, sec. 3.3; the stopping rule is fastai's.
#[track_caller]
pub fn lr_finder(low: f64, high: f64, steps: usize, mut step: impl FnMut(f64) -> f64) -> LrSearch {
    assert!(
        0.0 < low && low < high && (high / low).is_finite() && steps > 1,
        "lr_finder: {steps} steps from {low} to {high} is no range"
    );
    let mut search = LrSearch { rates: Vec::new(), losses: Vec::new() };
    let (mut average, mut best) = (0.0, f64::INFINITY);
    for i in 0..steps {
        let rate = low * (high / low).powf(i as f64 / (steps - 1) as f64);
        average = 0.9 * average + 0.1 * step(rate);
        let loss = average / (1.0 - 0.9f64.powf((i + 1) as f64));
        if !loss.is_finite() || loss > 4.0 * best {
            break;
        }
        best = best.min(loss);
        search.rates.push(rate);
        search.losses.push(loss);
    }
    search
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_when_the_loss_explodes() {
        // Descent on x²/2 diverges above rate 2.
        let mut x = 1.0;
        let search = lr_finder(1e-3, 1e3, 100, |rate| {
            let loss = 0.5 * x * x;
            x -= rate * x;
            loss
        });
        assert!(search.rates.len() < 100);
        let rate = search.steepest().unwrap();
        assert!(rate > 1e-3 && rate < 2.0, "{rate}");
    }
}
