//! Three phases: rise, plateau, decay.

use super::{Curve, Schedule};
use crate::options::Options;

/// WSD: a linear rise from 0, a constant, a decay to `end`, which is held.
///
/// `$s_t = s\,t/w$` for `$t < w$`; `$s$` for the next `stable` steps; then the way of `shape` from `$s$` to
/// `end` in `decay` steps. A phase of 0 steps is left out. The constant phase can be prolonged at any time,
/// since the others do not depend on its length.
///
/// # Source
/// Hu et al. 2024, *MiniCPM*, sec. 4; Zhai et al. 2022, *Scaling Vision Transformers*, sec. 3.5; Hägele et
/// al. 2024 for the shapes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmupStableDecay {
    /// The value of the constant phase, `$s$`.
    pub peak: f64,
    /// The value after the decay.
    pub end: f64,
    /// Steps of the rise, `$w$`.
    pub warmup: u64,
    /// Steps of the constant phase.
    pub stable: u64,
    /// Steps of the decay.
    pub decay: u64,
    /// The way of the decay.
    pub curve: Curve,
}

impl Schedule for WarmupStableDecay {
    fn options(&self) -> Options {
        Options::of("WarmupStableDecay").finite("peak", self.peak).finite("end", self.end)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        if step < self.warmup {
            return self.peak * (step as f64 / self.warmup as f64);
        }
        let since = step - self.warmup;
        if since < self.stable {
            return self.peak;
        }
        let since = since - self.stable;
        if since >= self.decay {
            return self.end;
        }
        self.curve.between(self.peak, self.end, since as f64 / self.decay as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: WarmupStableDecay =
        WarmupStableDecay { peak: 1.0, end: 0.5, warmup: 4, stable: 3, decay: 4, curve: Curve::Linear };

    #[test]
    fn phases() {
        assert_eq!(
            [0, 1, 3, 4, 6, 7, 8, 10, 11, u64::MAX].map(|t| LINES.at(t)),
            [0.0, 0.25, 0.75, 1.0, 1.0, 1.0, 0.875, 0.625, 0.5, 0.5]
        );
    }

    #[test]
    fn square_root() {
        let rate = WarmupStableDecay { curve: Curve::SquareRoot, ..LINES };
        assert_eq!([7, 8, 11].map(|t| rate.at(t)), [1.0, 0.75, 0.5]);
    }

    #[test]
    fn empty_phases_are_left_out() {
        let rate = WarmupStableDecay { warmup: 0, stable: 0, ..LINES };
        assert_eq!([0, 2, 4].map(|t| rate.at(t)), [1.0, 0.75, 0.5]);
        assert_eq!(WarmupStableDecay { decay: 0, ..LINES }.at(7), 0.5);
    }
}
