//! Axes: from numbers to places, and where the ticks stand.

use crate::text::{multiple, power_of_ten};

/// How an axis is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal distances for equal differences.
    #[default]
    Linear,
    /// As [`Scale::Linear`], with ticks at whole numbers only: for steps, epochs, counts.
    Integer,
    /// Equal distances for equal ratios; numbers that are not positive have no place.
    Log10,
}

/// A marked place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    /// Empty for a minor tick.
    pub(crate) label: String,
}

/// A part of a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub(crate) scale: Scale,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Larger numbers are left out when a range is chosen, so that differences stay finite.
const HUGE: f64 = 1e300;

impl Scale {
    /// Whether a number has a place.
    pub(crate) fn shows(self, x: f64) -> bool {
        x.is_finite() && (self != Self::Log10 || x > 0.0)
    }

    fn warp(self, x: f64) -> f64 {
        match self {
            Self::Linear | Self::Integer => x,
            Self::Log10 => x.log10(),
        }
    }

    fn unwarp(self, x: f64) -> f64 {
        match self {
            Self::Linear | Self::Integer => x,
            Self::Log10 => 10f64.powf(x),
        }
    }
}

impl Span {
    /// The range of these numbers with some room on both sides.
    pub(crate) fn around(scale: Scale, numbers: impl Iterator<Item = f64>) -> Self {
        let seen = numbers.filter(|&x| scale.shows(x) && x.abs() < HUGE).map(|x| scale.warp(x));
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        seen.for_each(|x| (low, high) = (low.min(x), high.max(x)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let room =
            if high - low > f64::MIN_POSITIVE { 0.04 * (high - low) } else { 0.5f64.max(0.05 * low.abs()) };
        Self { scale, low: scale.unwarp(low - room), high: scale.unwarp(high + room) }
    }

    /// Where a number lies between the ends: 0 at the low one, 1 at the high one; NaN without a place.
    pub(crate) fn place(self, x: f64) -> f64 {
        if !self.scale.shows(x) {
            return f64::NAN;
        }
        let (low, high) = (self.scale.warp(self.low), self.scale.warp(self.high));
        (self.scale.warp(x) - low) / (high - low)
    }

    /// At most about `count` ticks with labels.
    pub(crate) fn ticks(self, count: usize) -> Vec<Tick> {
        let count = count.max(2);
        match self.scale {
            Scale::Linear => linear_ticks(self.low, self.high, count, 0.0),
            Scale::Integer => linear_ticks(self.low, self.high, count, 1.0),
            Scale::Log10 => log_ticks(self.low, self.high, count),
        }
    }
}

/// Multiples of 1, 2 or 5 times a power of ten that is at least `least`.
fn linear_ticks(low: f64, high: f64, count: usize, least: f64) -> Vec<Tick> {
    let raw = ((high - low) / count as f64).max(least);
    // Ranges beyond all numbers, or within one, cannot be divided.
    if !raw.is_normal() || raw < 1e-300 {
        return Vec::new();
    }
    let mut power = raw.log10().floor() as i32;
    let mut unit = [1, 2, 5].into_iter().find(|&unit| unit as f64 * 10f64.powi(power) >= raw * (1.0 - 1e-9));
    if unit.is_none() {
        (unit, power) = (Some(1), power + 1);
    }
    let unit: i64 = unit.unwrap_or(1);
    let step = unit as f64 * 10f64.powi(power);
    // Rounding may put a tick at an end outside; of a range far below a step it is as little.
    let near = 1e-9 * ((high - low) / step).min(1.0);
    let (first, last) = ((low / step - near).ceil() as i64, (high / step + near).floor() as i64);
    let largest = low.abs().max(high.abs());
    let tick = |i: i64| Tick { at: i as f64 * step, label: multiple(i, unit, power, largest) };
    let mut ticks: Vec<Tick> = (first..=last).map(tick).collect();
    // Numbers so close together that rounding joins them, or puts them outside.
    let slack = 1e-9 * (high - low);
    ticks.retain(|tick| (low - slack..=high + slack).contains(&tick.at));
    ticks.dedup_by(|a, b| a.at == b.at);
    ticks
}

/// Multiples of 1, 2 and 5 of powers of ten with labels; the others without.
fn few_decades(low: f64, high: f64) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for k in low.log10().floor() as i32..=high.log10().floor() as i32 {
        for m in 1..10 {
            let at = m as f64 * 10f64.powi(k);
            if (low..=high).contains(&at) {
                let label = if matches!(m, 1 | 2 | 5) { multiple(1, m, k, high) } else { String::new() };
                ticks.push(Tick { at, label });
            }
        }
    }
    ticks
}

/// Powers of ten; with minor ticks between them where they are few, and with round numbers where they are
/// fewer than two.
fn log_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let first = (low.log10() - 1e-9).ceil() as i32;
    let last = (high.log10() + 1e-9).floor() as i32;
    if last < first + 1 {
        if high >= 8.0 * low {
            return few_decades(low, high);
        }
        return linear_ticks(low, high, count.min(5), 0.0).into_iter().filter(|tick| tick.at > 0.0).collect();
    }
    let stride = (last - first + 1).unsigned_abs().div_ceil(count as u32).max(1) as i32;
    let mut ticks = Vec::new();
    for k in first - 1..=last {
        let at = 10f64.powi(k);
        if k >= first {
            let label = if k.rem_euclid(stride) == 0 { power_of_ten(k) } else { String::new() };
            ticks.push(Tick { at, label });
        }
        if stride == 1 && last - first < 6 {
            let minor = (2..10).map(|m| f64::from(m) * at).filter(|at| (low..=high).contains(at));
            ticks.extend(minor.map(|at| Tick { at, label: String::new() }));
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    fn labels(scale: Scale, low: f64, high: f64, count: usize) -> Vec<String> {
        let ticks = Span { scale, low, high }.ticks(count);
        ticks.into_iter().map(|tick| tick.label).filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn round_numbers() {
        assert_eq!(labels(Scale::Linear, -5.5, 1.0, 7), ["−5", "−4", "−3", "−2", "−1", "0", "1"]);
        assert_eq!(labels(Scale::Linear, 0.0, 1.0, 5), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Scale::Linear, 0.0, 99.0, 5), ["0", "20", "40", "60", "80"]);
        assert_eq!(labels(Scale::Linear, 0.0, 3e-7, 3), ["0", "10⁻⁷", "2·10⁻⁷", "3·10⁻⁷"]);
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(labels(Scale::Log10, 1e-3, 20.0, 8), ["10⁻³", "10⁻²", "10⁻¹", "1", "10"]);
        assert_eq!(labels(Scale::Log10, 1e-16, 1.0, 6), ["10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]);
        assert_eq!(labels(Scale::Log10, 2.0, 8.0, 6), ["2", "4", "6", "8"]);
    }

    #[test]
    fn less_than_two_powers_of_ten() {
        // They read 2, 4, 6, 8 once, all of them in the upper sixth.
        assert_eq!(labels(Scale::Log10, 0.12, 9.0, 5), ["0.2", "0.5", "1", "2", "5"]);
    }

    #[test]
    fn steps_are_whole() {
        assert_eq!(labels(Scale::Integer, 0.0, 2.0, 9), ["0", "1", "2"]);
        assert_eq!(labels(Scale::Integer, 0.0, 80.0, 9), labels(Scale::Linear, 0.0, 80.0, 9));
        assert_eq!(labels(Scale::Integer, -0.5, 0.5, 9), ["0"]);
        // No whole number lies in these.
        for (low, high) in [(-4.4e-10, -2.9e-10), (2e-12, 3e-11), (0.2, 0.4)] {
            assert!(labels(Scale::Integer, low, high, 9).is_empty());
        }
    }

    #[test]
    fn ranges_that_cannot_be_divided_have_no_ticks() {
        for (low, high) in [
            (-1e308, 1e308),
            (0.0, 5e-324),
            (1e16, 1e16 + 2.0),
            (92_819_277.288_158_73, 92_819_277.288_158_77),
        ] {
            for scale in [Scale::Linear, Scale::Integer] {
                let ticks = Span { scale, low, high }.ticks(8);
                assert!(
                    ticks.len() <= 9 && ticks.windows(2).all(|pair| pair[0].at < pair[1].at),
                    "{ticks:?}"
                );
                assert!(ticks.iter().all(|tick| (low..=high).contains(&tick.at)), "{ticks:?}");
            }
        }
    }

    #[test]
    fn places() {
        let log = Span { scale: Scale::Log10, low: 1e-2, high: 1e2 };
        assert_abs_diff_eq!(log.place(1.0), 0.5, epsilon = 1e-12);
        assert!(log.place(0.0).is_nan() && log.place(-1.0).is_nan() && log.place(f64::INFINITY).is_nan());
        let linear = Span { scale: Scale::Linear, low: -1.0, high: 3.0 };
        assert_eq!((linear.place(0.0), linear.place(7.0)), (0.25, 2.0));
    }

    #[test]
    fn ranges_from_data() {
        let span = Span::around(Scale::Linear, [0.0, f64::NAN, 100.0, f64::INFINITY].into_iter());
        assert_eq!((span.low, span.high), (-4.0, 104.0));
        let empty = Span::around(Scale::Log10, [0.0, -1.0].into_iter());
        assert!(empty.low > 0.0 && empty.high > empty.low);
        let one = Span::around(Scale::Linear, [3.0].into_iter());
        assert!(one.low < 3.0 && one.high > 3.0);
    }
}
