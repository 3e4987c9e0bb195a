//! A derivative from values together with a bound of its error.
//!
//! A difference with the step h is wrong by rounding, about `$\epsilon |f| / h$`, and by truncation, a power of h. Both are
//! known for no single step, but a ladder of steps shows them: rounding is bounded from the values themselves, for each
//! element of the result by itself, and truncation, like rounding within the function, by how far an estimate is from
//! its neighbours'. An estimate counts only if all with smaller steps agree with it within the errors of both: so a step
//! that jumps over a pole or over several periods is not taken for a good one.
//!
//! Two estimates may agree by chance where a step is below the resolution of a value within the function, and more than two
//! if steps are powers of two as that resolution is: `(x + 3) - 3` is a staircase whose steps they all meet alike. So each
//! has a twin with an odd step, and how far it is counts, too.
//!
//! A function may be another one at the size of an argument near 0: `|x|` at 1e-300 has a slope, and for each step above 1e-300 a kink.
//! So steps go down to that size, and where none of them says anything (rounding hides what they move, or there are no numbers
//! between), larger ones decide nothing.

use super::finite_difference::Scheme;
use super::grain::{Grain, TINY};

/// The first step, for arguments near 1: `$2^{-10}$`. Steps are powers of two, so that a moved argument is exact.
const FIRST: f64 = 1.0 / 1024.0;
/// The steps of a ladder differ by this factor.
const FACTOR: f64 = 8.0;
/// Steps above the first.
const ABOVE: i32 = 2;
/// Steps below the first.
const BELOW: i32 = 13;
/// A twin's step, as a share of the step: no sum of a few powers of two.
const TWIN: f64 = 0.739_085_133_215_160_6;
/// At how many steps twins are looked at.
const SEVERAL: usize = 4;
/// The points of the five-point difference, in steps, and twelve times their weights.
const CENTRAL: [(f64, f64); 4] = [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)];
/// The same to one side; the value itself has the weight -25.
const ONE_SIDED: [(f64, f64); 4] = [(1.0, 48.0), (2.0, -36.0), (3.0, 16.0), (4.0, -3.0)];

/// A derivative from values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    /// A bound of its error.
    pub(crate) noise: f64,
    /// By how much the function moves, relative to the step: the natural size of its derivative.
    pub(crate) moves: f64,
    /// The length scale of its argument.
    pub(crate) scale: f64,
    /// The rounding of the values themselves.
    grain: f64,
    /// How far the twin is.
    twin: f64,
    pub(crate) step: f64,
    pub(crate) scheme: Scheme,
    /// Whether all values were the same.
    still: bool,
    /// Whether it looks like a kink at this step: the jump of the slope is that of the doubled step.
    sharp: bool,
    /// Whether nothing but rounding moves at any step, or no step resolves the function.
    pub(crate) faint: bool,
}

impl Estimate {
    /// A value with a bound of its error and its natural size.
    pub(crate) fn new(value: f64, noise: f64, moves: f64) -> Self {
        let (step, scheme) = (FIRST, Scheme::FivePoint);
        Self {
            value,
            noise,
            moves,
            scale: 1.0,
            grain: 0.0,
            twin: 0.0,
            step,
            scheme,
            still: false,
            sharp: false,
            faint: false,
        }
    }

    pub(crate) fn with_noise(self, noise: f64) -> Self {
        Self { noise, ..self }
    }

    /// By another difference.
    pub(crate) fn by(self, scheme: Scheme, step: f64) -> Self {
        Self { step, scheme, ..self }
    }
}

/// The one-sided slopes at a kink.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) step: f64,
    /// Whether the jump is at the point, and not only between it and 0.
    pub(crate) sure: bool,
}

/// A function of one number with several results, about 0.
pub(crate) struct Probe<'a> {
    f: &'a mut dyn FnMut(f64) -> Vec<f64>,
    /// Its results at 0.
    zero: &'a [f64],
    /// The first step.
    first: f64,
    /// The length scale of the argument.
    scale: f64,
    /// The smallest step.
    least: f64,
    /// The size of the argument.
    own: f64,
    /// How far 0 is.
    near: f64,
    /// The relative error of one value.
    epsilon: f64,
    /// The largest number met within the function.
    magnitude: f64,
    stepped: bool,
    known: Vec<(f64, Vec<f64>)>,
}

impl<'a> Probe<'a> {
    pub(crate) fn new(f: &'a mut dyn FnMut(f64) -> Vec<f64>, zero: &'a [f64], grain: Grain) -> Self {
        let first = FIRST * grain.scale.log2().ceil().min(1023.0).exp2();
        let Grain { scale, spacing, own, near, epsilon, magnitude, stepped } = grain;
        Self {
            f,
            zero,
            first,
            scale,
            least: 4.0 * spacing,
            own,
            near,
            epsilon,
            magnitude,
            stepped,
            known: Vec::new(),
        }
    }

    /// The derivative with the first step; its error is that of rounding. `None` if it is not finite.
    pub(crate) fn first(&mut self, weights: &[f64]) -> Option<Estimate> {
        self.rung(self.first, weights)
    }

    /// The derivative of the weighted sum, from the step of a ladder whose error is least. `None` if it cannot be measured.
    pub(crate) fn settled(&mut self, weights: &[f64]) -> Option<Estimate> {
        let mut rungs: Vec<Estimate> = Vec::new();
        let (mut nearest, mut largest) = (f64::INFINITY, 0.0);
        for (i, step) in self.steps().into_iter().enumerate() {
            let Some(rung) = self.rung(step, weights) else { continue };
            let twin = self.rung(self.odd(step), weights).map_or(0.0, |twin| (twin.value - rung.value).abs());
            let rung = Estimate { twin, ..rung };
            // Below the smallest step at which anything moves all is rounding, or the plateau of a step.
            if rung.still && rungs.iter().any(|r| !r.still) {
                if self.stepped && step > 1e3 * self.least {
                    let moves = rungs.iter().map(|r| r.moves).fold(0.0, f64::max);
                    return Some(Estimate { moves, ..rung });
                }
                break;
            }
            if let Some(last) = rungs.last() {
                nearest = nearest.min((rung.value - last.value).abs() + rung.noise);
            }
            rungs.push(rung);
            largest = f64::max(largest, rung.value.abs());
            if i > 3 && rung.noise > 1e4 * nearest && rung.noise > 1e-3 * largest {
                break;
            }
        }
        settle(&rungs)
    }

    /// A twin's step: as exact at the argument as the step is.
    fn odd(&self, step: f64) -> f64 {
        let unit = self.least.log2().floor().exp2();
        if unit > 0.0 { (TWIN * step / unit).round() * unit } else { TWIN * step }
    }

    /// The steps of the ladder, down to where arguments cannot be told apart; for an argument near 0 some of its own size as
    /// well.
    fn steps(&self) -> Vec<f64> {
        let mut steps: Vec<f64> = (-ABOVE..=BELOW).map(|i| self.first * FACTOR.powi(-i)).collect();
        let own = if self.own > 0.0 { self.own } else { self.near };
        let own = FIRST * own.log2().floor().exp2();
        let last = steps[steps.len() - 1];
        steps.extend((-2..=3).map(|i| own * FACTOR.powi(-i)).filter(|&step| step < last && step > 0.0));
        steps.retain(|&step| step >= self.least);
        steps
    }

    /// The estimate with one step: central, or to one side where the other has no finite values.
    fn rung(&mut self, step: f64, weights: &[f64]) -> Option<Estimate> {
        let mirrored = ONE_SIDED.map(|(at, weight)| (-at, -weight));
        self.of(step, weights, &CENTRAL, (0.0, Scheme::FivePoint))
            .or_else(|| self.of(step, weights, &ONE_SIDED, (-25.0, Scheme::Forward)))
            .or_else(|| self.of(step, weights, &mirrored, (25.0, Scheme::Backward)))
    }

    /// The estimate with given points, or none if a value there is not finite.
    fn of(
        &mut self,
        step: f64,
        weights: &[f64],
        points: &[(f64, f64); 4],
        (own, scheme): (f64, Scheme),
    ) -> Option<Estimate> {
        let places = points.map(|(at, _)| self.evaluated(at * step));
        let blank = Estimate::new(0.0, 0.0, 0.0).by(scheme, step);
        let mut e = Estimate { scale: self.scale, still: true, ..blank };
        let mut quiet = self.magnitude;
        let terms = self.zero.iter().zip(weights).enumerate();
        for (k, (&zero, &weight)) in terms.filter(|(_, (_, w))| **w != 0.0) {
            let values = places.map(|place| self.known[place].1[k]);
            if !zero.is_finite() || values.iter().any(|v| !v.is_finite()) {
                return None;
            }
            if values.iter().all(|&v| v == zero) {
                quiet = f64::max(quiet, (weight * zero).abs());
                continue;
            }
            e.still = false;
            // Sums of the largest numbers there are would be infinite; a power of two costs no digit.
            let k = if zero.abs() > 1e300 { 0.5_f64.powi(8) } else { 1.0 };
            // Differences before sums: what the values have in common falls out.
            let difference: f64 = points.iter().zip(values).map(|(&(_, c), v)| c * (v * k - zero * k)).sum();
            let size: f64 = points.iter().zip(values).map(|(&(_, c), v)| (c * (v * k)).abs()).sum();
            let far = values.iter().map(|v| (v - zero).abs()).fold(0.0, f64::max);
            e.value += weight * difference / (12.0 * step) / k;
            // Below the smallest normal number an error is no share of a value.
            let count: f64 = points.iter().map(|(_, c)| c.abs()).sum();
            let rounding = (self.epsilon * (size + (own * (zero * k)).abs())).max(TINY * count);
            e.noise += weight.abs() * (rounding / (12.0 * step)) / k;
            e.moves += weight.abs() * far / step;
            e.grain += (self.epsilon * (weight * zero).abs()).max(TINY);
            e.sharp = e.sharp || (own == 0.0 && bends(zero, values, self.epsilon));
        }
        if e.still {
            let size: f64 = points.iter().map(|(_, c)| c.abs()).sum();
            e.noise = (self.epsilon * quiet).max(TINY) * size / (12.0 * step);
        }
        (e.value.is_finite() && e.noise.is_finite()).then_some(e)
    }

    /// Where the values at t are.
    fn evaluated(&mut self, t: f64) -> usize {
        if let Some(place) = self.known.iter().position(|(at, _)| *at == t) {
            return place;
        }
        let mut values = (self.f)(t);
        // A function whose result changes its size has no differences.
        values.resize(self.zero.len(), f64::NAN);
        self.known.push((t, values));
        self.known.len() - 1
    }

    /// The slopes to both sides of the first element whose slopes differ at the very point: if their jump stays when the step shrinks, down to where
    /// rounding hides it. The jump of a smooth function halves with the step.
    pub(crate) fn kink(&mut self, weights: &[f64]) -> Option<Sides> {
        let mut outputs = (0..self.zero.len()).filter(|&k| weights[k] != 0.0);
        outputs.find_map(|k| self.kink_of(k, self.first))
    }

    fn kink_of(&mut self, k: usize, first: f64) -> Option<Sides> {
        let start = self.sides(k, first)?;
        let jump = start.right - start.left;
        let twice = self.sides(k, 2.0 * first)?;
        let size = start.left.abs().max(start.right.abs());
        let stays = |other: &Sides| ((other.right - other.left) - jump).abs() <= 0.2 * jump.abs();
        if jump.abs() <= 1e-3 * size || !stays(&twice) || self.fuzz(k, first) > 0.05 * jump.abs() {
            return None;
        }
        let mut found = None;
        for i in 1..=7 {
            let step = first * FACTOR.powi(-i);
            if step < self.least || self.fuzz(k, step) > 0.05 * jump.abs() {
                break;
            }
            let next = self.sides(k, step)?;
            if !stays(&next) {
                return None;
            }
            found = Some(next);
        }
        self.at_the_point(k, jump, found?)
    }

    /// A jump that is there with steps above the distance of 0, as far as smaller steps say whether it is at the point.
    fn at_the_point(&mut self, k: usize, jump: f64, found: Sides) -> Option<Sides> {
        if self.near == 0.0 || self.near >= found.step {
            return Some(found);
        }
        let step = self.near.log2().floor().exp2() / 4.0;
        if step < self.least.max(TINY) || self.fuzz(k, step) > 0.05 * jump.abs() {
            return Some(Sides { sure: false, ..found });
        }
        let next = self.sides(k, step)?;
        (((next.right - next.left) - jump).abs() <= 0.2 * jump.abs()).then_some(next)
    }

    /// Whether an estimate is of steps above the distance of 0, and they do not even agree among themselves: then it says nothing of the
    /// function at the point.
    pub(crate) fn is_beyond(&self, estimate: &Estimate) -> bool {
        self.near > 0.0 && estimate.step > self.near / 2.0 && estimate.noise > 1e-2 * estimate.value.abs()
    }

    /// The rounding of a one-sided difference.
    fn fuzz(&self, k: usize, step: f64) -> f64 {
        4.0 * (self.epsilon * self.zero[k].abs().max(self.magnitude)).max(TINY) / step
    }

    fn sides(&mut self, k: usize, step: f64) -> Option<Sides> {
        let (minus, plus) = (self.evaluated(-step), self.evaluated(step));
        let (minus, plus, zero) = (self.known[minus].1[k], self.known[plus].1[k], self.zero[k]);
        let (left, right) = ((zero - minus) / step, (plus - zero) / step);
        (left.is_finite() && right.is_finite()).then_some(Sides { left, right, step, sure: true })
    }
}

/// Whether values at -2, -1, 1 and 2 steps have the bend of a kink, which is the same for both steps in slopes.
fn bends(zero: f64, [a, b, c, d]: [f64; 4], epsilon: f64) -> bool {
    let (near, far) = ((c - zero) - (zero - b), ((d - zero) - (zero - a)) / 2.0);
    let size = (c - zero).abs().max((zero - b).abs());
    near.abs() > 1e-3 * size && near.abs() > 32.0 * epsilon * zero.abs() && far.abs() < 1.3 * near.abs()
}

/// The estimate with the least error among those that agree with all of smaller steps; steps fall.
fn settle(rungs: &[Estimate]) -> Option<Estimate> {
    let spread = |i: usize| {
        let other = [i.checked_sub(1), Some(i + 1)].into_iter().flatten().filter_map(|j| rungs.get(j));
        // An estimate without neighbour says nothing of its truncation.
        let far = other.map(|o| (o.value - rungs[i].value).abs()).reduce(f64::max);
        far.unwrap_or(rungs[i].value.abs())
    };
    // Rounding within the function moves its values by as much whatever the step, but a twin may be near by chance.
    let last = rungs.len().saturating_sub(SEVERAL);
    let hidden = |i: usize| {
        let few = rungs[i.min(last)..].iter().take(SEVERAL);
        few.map(|r| r.twin * r.step).fold(0.0, f64::max) / rungs[i].step
    };
    let bound: Vec<f64> = (0..rungs.len()).map(|i| rungs[i].noise + 2.0 * spread(i) + hidden(i)).collect();
    let agree = |i: usize, j: usize| (rungs[i].value - rungs[j].value).abs() <= bound[i] + bound[j];
    // Where both sides have values, one alone is not asked.
    let central = rungs.iter().any(|r| r.scheme == Scheme::FivePoint);
    let counts = |r: &Estimate| !r.sharp && (!central || r.scheme == Scheme::FivePoint);
    // The smallest steps have no smaller ones beside them: a function that moves as much with each of them is not resolved by any.
    let few = rungs.len().saturating_sub(3);
    let blind = |i: usize| !smooth(&rungs[i.min(few)..]) || unresolved(&rungs[i..]);
    let faint = rungs.iter().all(|r| !r.still && r.moves * r.step <= 16.0 * r.grain);
    (0..rungs.len())
        .filter(|&i| counts(&rungs[i]) && smooth(&rungs[i..]) && (i + 1..rungs.len()).all(|j| agree(i, j)))
        .min_by(|&i, &j| bound[i].total_cmp(&bound[j]))
        .map(|i| Estimate { noise: bound[i], faint: faint || blind(i), ..rungs[i] })
}

/// Whether a much smaller step moves the function about as much, and by more than rounding: then the first says nothing of a slope.
fn unresolved(rungs: &[Estimate]) -> bool {
    let moved = |r: &Estimate| r.moves * r.step;
    rungs[1..].iter().any(|r| moved(r) > 16.0 * r.grain && moved(r) > 0.5 * moved(&rungs[0]))
}

/// Whether the function moves less with the two next smaller steps, as one that has a derivative does; what only rounding
/// moves is left out.
fn smooth(rungs: &[Estimate]) -> bool {
    let moved = |r: &Estimate| r.moves * r.step;
    let first = &rungs[0];
    rungs[1..]
        .iter()
        .take(2)
        .all(|r| moved(r) <= moved(first) * (r.step / first.step).powf(0.6) + 4.0 * r.grain)
}

#[cfg(test)]
mod tests;
