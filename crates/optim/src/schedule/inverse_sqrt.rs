//! A linear rise, then the inverse square root of time.

use super::Schedule;
use crate::options::Options;

/// `$s_t = s\,t/w$` for `$t < w$`, then `$s\,\sqrt{w/t}$`.
///
/// # Source
/// Vaswani et al. 2017, *Attention Is All You Need*, eq. 3, written with its highest value, and with `$t$`
/// counted from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseSqrt {
    /// The highest value, at step `warmup`, `$s$`.
    pub peak: f64,
    /// Steps of the rise, `$w \ge 1$`.
    pub warmup: u64,
}

impl Schedule for InverseSqrt {
    fn options(&self) -> Options {
        Options::of("InverseSqrt").finite("peak", self.peak).count("warmup", self.warmup)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let (t, w) = (step as f64, self.warmup as f64);
        if step < self.warmup { self.peak * (t / w) } else { self.peak * (w / t).sqrt() }
    }
}

/// The transformer's own form, with the step counted from 1 and the height given by the width of the model:
/// `$s_t = f\,d^{-1/2}\,\min(n^{-1/2},\, n\,w^{-3/2})$`, `$n = t + 1$`.
///
/// The name is that of the paper's first public code, after Noam Shazeer.
///
/// # Source
/// Vaswani et al. 2017, *Attention Is All You Need*, eq. 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noam {
    /// A factor of the whole, `$f$`; 1 in the paper.
    pub factor: f64,
    /// The width of the model, `$d \ge 1$`; 512 in the paper.
    pub width: u64,
    /// Steps of the rise, `$w \ge 1$`; 4000 in the paper.
    pub warmup: u64,
}

impl Schedule for Noam {
    fn options(&self) -> Options {
        Options::of("Noam")
            .finite("factor", self.factor)
            .count("width", self.width)
            .count("warmup", self.warmup)
    }

    fn at(&self, step: u64) -> f64 {
        self.options().check();
        let (n, w) = (step as f64 + 1.0, self.warmup as f64);
        self.factor / (self.width as f64).sqrt() * (1.0 / n.sqrt()).min(n / (w * w.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_then_down() {
        let rate = InverseSqrt { peak: 1.0, warmup: 4 };
        assert_eq!([0, 1, 3, 4, 16, 64].map(|t| rate.at(t)), [0.0, 0.25, 0.75, 1.0, 0.5, 0.25]);
    }

    #[test]
    fn with_the_width() {
        // d^{-1/2} = 1/8, w^{-3/2} = 1/8
        let rate = Noam { factor: 1.0, width: 64, warmup: 4 };
        assert_eq!([0, 1, 3, 15].map(|t| rate.at(t)), [1.0 / 64.0, 1.0 / 32.0, 1.0 / 16.0, 1.0 / 32.0]);
    }

    #[test]
    #[should_panic(expected = "InverseSqrt: warmup is 0")]
    fn no_rise() {
        InverseSqrt { peak: 1.0, warmup: 0 }.at(0);
    }
}
