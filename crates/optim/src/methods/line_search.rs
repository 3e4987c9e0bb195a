//! A line search for the strong Wolfe conditions, by bracketing and cubic interpolation.

use super::dot;

/// A place on the line: how far, the value, the gradient, the slope along the line. Where the value or the slope is not
/// finite, the value counts as infinite: such a place is the far end of a bracket and is never taken.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) t: f64,
    pub(crate) value: f64,
    pub(crate) grad: Vec<f64>,
    pub(crate) slope: f64,
}

/// The search's constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wolfe {
    /// Sufficient decrease.
    pub(crate) c1: f64,
    /// Flatness.
    pub(crate) c2: f64,
    /// The least width of a bracket.
    pub(crate) tolerance: f64,
    /// The largest number of interpolations.
    pub(crate) limit: usize,
}

/// The minimum of the cubic through two places with their slopes, kept within bounds.
///
/// # Source
/// Nocedal and Wright 2006, eq. 3.59.
fn cubic(a: &Place, b: &Place, bounds: Option<(f64, f64)>) -> f64 {
    let (low, high) = bounds.unwrap_or((a.t.min(b.t), a.t.max(b.t)));
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.t - b.t);
    let square = d1 * d1 - a.slope * b.slope;
    if square.is_nan() || square < 0.0 {
        return f64::midpoint(low, high);
    }
    let d2 = square.sqrt();
    let at = if a.t <= b.t {
        b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2))
    } else {
        a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2.0 * d2))
    };
    // Between places of which one has no finite value there is no cubic.
    if at.is_nan() { f64::midpoint(low, high) } else { at.clamp(low, high) }
}

impl Wolfe {
    /// Searches along `direction` from a start of value `start.value`, first at `t`; `f` evaluates a
    /// distance. Returns the place found and the number of evaluations.
    ///
    /// # Source
    /// Nocedal and Wright 2006, algorithms 3.5 and 3.6, in the form of minFunc (Schmidt 2005) and
    /// `torch.optim.LBFGS`.
    pub(crate) fn search(
        &self,
        start: &Place,
        t: f64,
        direction: &[f64],
        f: &mut dyn FnMut(f64) -> (f64, Vec<f64>),
    ) -> (Place, usize) {
        let mut evaluations = 0;
        let mut at = |t: f64| {
            evaluations += 1;
            let (value, grad) = f(t);
            let slope = dot(&grad, direction);
            let value = if value.is_finite() && slope.is_finite() { value } else { f64::INFINITY };
            Place { t, value, grad, slope }
        };
        let mut bracket = self.bracket(start, at(t), &mut at);
        if let Bracket::Pair(low, high, used) = bracket {
            bracket = self.zoom(start, [low, high], used, super::largest(direction), &mut at);
        }
        match bracket {
            Bracket::Found(place) | Bracket::Pair(place, ..) => (place, evaluations),
        }
    }

    fn falls_short(&self, start: &Place, new: &Place) -> bool {
        new.value > start.value + self.c1 * new.t * start.slope
    }

    fn is_flat(&self, start: &Place, new: &Place) -> bool {
        new.slope.abs() <= -self.c2 * start.slope
    }

    /// Goes outwards until a place is good, or a pair has one between.
    fn bracket(&self, start: &Place, first: Place, at: &mut dyn FnMut(f64) -> Place) -> Bracket {
        let (mut before, mut new) = (Place { t: 0.0, ..start.clone() }, first);
        for used in 0..self.limit {
            if self.falls_short(start, &new) || (used > 1 && new.value >= before.value) {
                return Bracket::Pair(before, new, used);
            }
            if self.is_flat(start, &new) {
                return Bracket::Found(new);
            }
            if new.slope >= 0.0 {
                return Bracket::Pair(before, new, used);
            }
            let bounds = (new.t + 0.01 * (new.t - before.t), new.t * 10.0);
            let t = cubic(&before, &new, Some(bounds));
            before = std::mem::replace(&mut new, at(t));
        }
        let origin = Place { t: 0.0, ..start.clone() };
        Bracket::Found(if origin.value <= new.value { origin } else { new })
    }

    /// Narrows a pair down to a good place.
    fn zoom(
        &self,
        start: &Place,
        mut pair: [Place; 2],
        used: usize,
        size: f64,
        at: &mut dyn FnMut(f64) -> Place,
    ) -> Bracket {
        let order = |pair: &[Place; 2]| if pair[0].value <= pair[1].value { (0, 1) } else { (1, 0) };
        let (mut low, mut high) = order(&pair);
        let mut stalled = false;
        for _ in used..self.limit {
            if (pair[1].t - pair[0].t).abs() * size < self.tolerance {
                break;
            }
            let t = inside(&pair, &mut stalled);
            let new = at(t);
            if self.falls_short(start, &new) || new.value >= pair[low].value {
                pair[high] = new;
                (low, high) = order(&pair);
                continue;
            }
            let done = self.is_flat(start, &new);
            if !done && new.slope * (pair[high].t - pair[low].t) >= 0.0 {
                pair[high] = pair[low].clone();
            }
            pair[low] = new;
            if done {
                break;
            }
        }
        let [a, b] = pair;
        Bracket::Found(if low == 0 { a } else { b })
    }
}

/// The next place between two: the cubic's minimum, but not for long near a border.
fn inside(pair: &[Place; 2], stalled: &mut bool) -> f64 {
    let t = cubic(&pair[0], &pair[1], None);
    let (low, high) = (pair[0].t.min(pair[1].t), pair[0].t.max(pair[1].t));
    let margin = 0.1 * (high - low);
    if (high - t).min(t - low) >= margin {
        *stalled = false;
        return t;
    }
    if *stalled || t >= high || t <= low {
        *stalled = false;
        return if (t - high).abs() < (t - low).abs() { high - margin } else { low + margin };
    }
    *stalled = true;
    t
}

enum Bracket {
    Found(Place),
    /// Two places, and the number of interpolations it took.
    Pair(Place, Place, usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn a_quadratic_is_solved_by_one_interpolation() {
        let wolfe = Wolfe { c1: 1e-4, c2: 0.1, tolerance: 1e-9, limit: 25 };
        let start = Place { t: 0.0, value: 4.0, grad: vec![-4.0], slope: -4.0 };
        let mut f = |t: f64| ((t - 2.0).powi(2), vec![2.0 * (t - 2.0)]);
        let (place, evaluations) = wolfe.search(&start, 10.0, &[1.0], &mut f);
        assert!(abs_diff_eq!(place.t, 2.0, epsilon = 1e-12) && evaluations == 2);
    }
}
