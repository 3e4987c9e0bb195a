//! Momentum in the notations of the textbooks, side by side.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Needs, Rule, Slot, Step, zeros};
use crate::settings;

/// A notation of momentum: what goes into the velocity `$v$`, and what comes out of it.
///
/// At a constant learning rate some of them walk the same path; when it changes they part, since a rate
/// inside the velocity is remembered there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MomentumForm {
    /// The leaky sum: `$v \leftarrow \beta v + g$`, `$\theta \leftarrow \theta - \eta v$`. PyTorch's form.
    Leaky,
    /// The learning rate inside: `$v \leftarrow \beta v + \eta g$`, `$\theta \leftarrow \theta - v$`. The
    /// same path as the leaky sum at a constant rate.
    Velocity,
    /// The exponentially weighted average: `$v \leftarrow \beta v + (1-\beta)\,g$`,
    /// `$\theta \leftarrow \theta - \eta v$`. The leaky sum's path at `$\eta/(1-\beta)$`.
    Average,
    /// The physical one as an average: `$v \leftarrow \beta v - \eta\,(1-\beta)\,g$`,
    /// `$\theta \leftarrow \theta + v$`.
    PhysicalAverage,
    /// Dampened by `$\tau$`: `$v \leftarrow \beta v + (1-\tau)\,g$`, `$\theta \leftarrow \theta - \eta v$`;
    /// unlike PyTorch's, from the first step on.
    Dampened(f64),
    /// A body of mass `$m$` under friction `$k$` that is pushed down the slope, in steps of one unit of time:
    /// `$v \leftarrow \alpha v - \eta g$`, `$\theta \leftarrow \theta + v$`. Which `$\alpha$` and `$\eta$` belong to a mass and a
    /// friction, [`Momentum::physical`] says (friction of the old velocity) and [`Momentum::physical_implicit`] (of the new).
    Physical,
}

impl MomentumForm {
    /// What the gradient is multiplied by on its way in, and the velocity on its way out.
    fn factors(self, beta: f64, lr: f64) -> (f64, f64) {
        match self {
            Self::Leaky => (1.0, lr),
            Self::Velocity => (lr, 1.0),
            Self::Average => (1.0 - beta, lr),
            Self::PhysicalAverage => (-lr * (1.0 - beta), -1.0),
            Self::Dampened(tau) => (1.0 - tau, lr),
            Self::Physical => (-lr, -1.0),
        }
    }

    fn options(self) -> Options {
        let options = Options::of("MomentumForm::Dampened");
        if let Self::Dampened(tau) = self { options.finite("tau", tau) } else { options }
    }
}

/// Gradient descent with momentum, in a notation of one's choice, from `$v_0 = 0$`.
///
/// ```math
/// v \leftarrow \beta v + a\,(g + \lambda\theta), \qquad \theta \leftarrow \theta - b\,v
/// ```
///
/// with `$a$` and `$b$` from the [`MomentumForm`]. With decoupled decay, `$\lambda\theta$` stays out of the
/// velocity and `$\eta\lambda\theta$` is taken off the parameter.
///
/// # Source
/// Polyak 1964; Zhang et al., *Dive into Deep Learning*, sec. 12.6.
///
/// # Differs
/// [`Sgd`](crate::Sgd) is PyTorch's: the leaky sum, whose dampening begins with the second step.
#[derive(Debug, Clone, PartialEq)]
pub struct Momentum {
    /// The part of the velocity that is kept, `$\beta$`.
    pub beta: f64,
    /// The notation.
    pub form: MomentumForm,
    /// `$\lambda$`.
    pub weight_decay: f64,
    /// Decay of the parameter itself instead of L2 in the gradient.
    pub decoupled: bool,
}

impl Default for Momentum {
    fn default() -> Self {
        Self { beta: 0.9, form: MomentumForm::Leaky, weight_decay: 0.0, decoupled: false }
    }
}

impl Momentum {
    /// A body of mass `$m$` under friction `$k$`, which brakes the old velocity, as an explicit step of Euler's method takes
    /// `$m\dot v = -kv - g$`:
    ///
    /// ```math
    /// m\,(v' - v) = -k v - g \quad\Rightarrow\quad v' = \alpha v - \eta g,\quad
    /// \alpha = 1 - \frac{k}{m},\quad \eta = \frac{1}{m}
    /// ```
    ///
    /// Returns the rule, in the form [`MomentumForm::Physical`], and its learning rate `$\eta$`. A heavier body keeps more of its
    /// velocity and is moved less by the same slope.
    ///
    /// ```
    /// use gradus_optim::{Momentum, Optimizer};
    /// let (rule, lr) = Momentum::physical(10.0, 1.0);
    /// assert_eq!((rule.beta, lr), (0.9, 0.1));
    /// let optimizer = Optimizer::new(rule, lr);
    /// # let _ = optimizer;
    /// ```
    ///
    /// # Differs
    /// From [`Momentum::physical_implicit`] in the velocity that friction brakes. Here friction cannot be larger than the mass: one
    /// step would turn the velocity around. For a small `$k/m$` the two are the same up to `$(k/m)^2$`; exactly, this body of mass
    /// `$m + k$` is the implicit one of mass `$m$`.
    ///
    /// # Panics
    /// Unless the mass is finite and above 0, and friction lies between 0 and the mass.
    #[track_caller]
    pub fn physical(mass: f64, friction: f64) -> (Self, f64) {
        check_mass("Momentum::physical", mass);
        assert!(
            (0.0..=mass).contains(&friction),
            "Momentum::physical: friction is {friction}; it must lie between 0 and the mass, {mass}. Any friction is well in \
             Momentum::physical_implicit"
        );
        (Self { beta: 1.0 - friction / mass, form: MomentumForm::Physical, ..Self::default() }, 1.0 / mass)
    }

    /// A body of mass `$m$` under friction `$k$`, which brakes the new velocity, an implicit step:
    ///
    /// ```math
    /// m\,(v' - v) = -k v' - g \quad\Rightarrow\quad v' = \alpha v - \eta g,\quad
    /// \alpha = \frac{m}{m + k},\quad \eta = \frac{1}{m + k}
    /// ```
    ///
    /// Returns the rule, in the form [`MomentumForm::Physical`], and its learning rate `$\eta$`.
    ///
    /// # Differs
    /// From [`Momentum::physical`]: `$\alpha$` stays between 0 and 1 whatever the friction, and friction makes the step smaller.
    ///
    /// # Panics
    /// Unless the mass is finite and above 0, and friction finite and at least 0.
    #[track_caller]
    pub fn physical_implicit(mass: f64, friction: f64) -> (Self, f64) {
        check_mass("Momentum::physical_implicit", mass);
        assert!(
            friction >= 0.0 && friction.is_finite(),
            "Momentum::physical_implicit: friction is {friction}; it must be finite and at least 0"
        );
        let beta = mass / (mass + friction);
        (Self { beta, form: MomentumForm::Physical, ..Self::default() }, 1.0 / (mass + friction))
    }
}

#[track_caller]
fn check_mass(name: &str, mass: f64) {
    assert!(mass > 0.0 && mass.is_finite(), "{name}: mass is {mass}; it must be finite and above 0");
}

impl Rule for Momentum {
    settings!(beta, form, weight_decay, decoupled);

    fn options(&self) -> Options {
        Options::of("Momentum")
            .up_to_one("beta", self.beta)
            .and(self.form.options())
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let (into, out) = self.form.factors(self.beta, step.lr);
        let (l2, shrink) =
            if self.decoupled { (0.0, step.lr * self.weight_decay) } else { (self.weight_decay, 0.0) };
        with_float!("momentum", theta.dtype(), T => {
            let (beta, into, out) = (T::of(self.beta), T::of(into), T::of(out));
            let (l2, shrink) = (T::of(l2), T::of(shrink));
            pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, v| {
                *v = beta * *v + into * (g + l2 * *x);
                *x = *x - out * *v - shrink * *x;
            });
        });
    }
}

/// Nesterov's momentum with a true look-ahead: the gradient is taken where the velocity is about to carry the
/// parameter.
///
/// ```math
/// v \leftarrow \beta v + a\,g(\theta - r\beta v), \qquad \theta \leftarrow \theta - b\,v
/// ```
///
/// with `$a$` and `$b$` from the [`MomentumForm`]. It needs the gradient at another place, so use
/// [`Optimizer::training_step`](crate::Optimizer::training_step).
///
/// # Source
/// Nesterov 1983; Sutskever et al. 2013, eq. 3 and 4 ([`MomentumForm::Velocity`]).
///
/// # Differs
/// [`Sgd::nesterov`](crate::Sgd) is PyTorch's rearrangement, which keeps the parameter at the look-ahead
/// point. At a constant rate its path is this one's `$\theta - \beta v$`.
#[derive(Debug, Clone, PartialEq)]
pub struct Nesterov {
    /// The part of the velocity that is kept, `$\beta$`.
    pub beta: f64,
    /// The notation.
    pub form: MomentumForm,
    /// How far ahead, `$r$`; `None`: as far as the velocity carries, which is `$b$`.
    pub reach: Option<f64>,
}

impl Default for Nesterov {
    fn default() -> Self {
        Self { beta: 0.9, form: MomentumForm::Velocity, reach: None }
    }
}

impl Rule for Nesterov {
    settings!(beta, form, reach);

    fn options(&self) -> Options {
        Options::of("Nesterov")
            .up_to_one("beta", self.beta)
            .and(self.form.options())
            .finite("reach", self.reach.unwrap_or_default())
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        Momentum { beta: self.beta, form: self.form, ..Momentum::default() }.update(step, theta, g, slots);
    }

    fn needs(&self) -> Needs {
        Needs { ahead: true, ..Needs::default() }
    }

    fn ahead(&self, lr: f64, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        let reach = self.reach.unwrap_or_else(|| self.form.factors(self.beta, lr).1);
        Some(theta - &slots[0] * (reach * self.beta))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn rates_inside_and_outside_part_when_the_rate_drops() {
        let of = |form| {
            path(&Momentum { beta: 0.5, form, ..Momentum::default() }, &[0.5, 0.5, 0.25], &[1.0, 1.0, 1.0])
        };
        // v = 1, 1.5, 1.75: steps 0.5, 0.75, then 0.25 · 1.75 or 0.5 · 0.75 + 0.25
        assert_eq!(of(MomentumForm::Leaky), [0.5, -0.25, -0.6875]);
        assert_eq!(of(MomentumForm::Velocity), [0.5, -0.25, -0.875]);
        assert_eq!(of(MomentumForm::Physical), of(MomentumForm::Velocity));
        assert_eq!(of(MomentumForm::Dampened(0.5)), of(MomentumForm::Average));
        assert_eq!(of(MomentumForm::Average)[..2], [0.75, 0.375]);
        assert_eq!(of(MomentumForm::PhysicalAverage)[..2], of(MomentumForm::Average)[..2]);
    }

    #[test]
    fn a_body_with_mass() {
        let (rule, lr) = Momentum::physical(4.0, 1.0);
        assert_eq!((rule.beta, lr), (0.75, 0.25));
        // m = 4, k = 1, g = 2: v' = v - (k v + g)/m: -0.5, then -0.875; x' = x + v'
        assert_eq!(path(&rule, &[lr, lr], &[2.0, 2.0]), [0.5, -0.375]);
        let (rule, lr) = Momentum::physical_implicit(3.0, 1.0);
        assert_eq!((rule.beta, 2.0 * lr), (0.75, 0.5));
    }

    /// Each step solves its equation of motion, with the friction of the old velocity or of the new.
    #[test]
    fn steps_solve_the_equation_of_motion() {
        for (mass, friction) in [(4.0, 1.0), (2.0, 0.25), (8.0, 8.0), (1.5, 0.0)] {
            for implicit in [false, true] {
                let make = if implicit { Momentum::physical_implicit } else { Momentum::physical };
                let (rule, lr) = make(mass, friction);
                let gradients = [1.0, -2.0, 0.5];
                let places = path(&rule, &[lr; 3], &gradients);
                let (mut x, mut v) = (1.0, 0.0);
                for (place, g) in places.into_iter().zip(gradients) {
                    let new = place - x;
                    let braked = if implicit { new } else { v };
                    approx::assert_abs_diff_eq!(mass * (new - v), -friction * braked - g, epsilon = 1e-13);
                    (x, v) = (place, new);
                }
            }
        }
    }

    #[test]
    fn the_implicit_body_is_an_explicit_one_of_more_mass() {
        for (mass, friction) in [(3.0, 1.0), (1.0, 5.0), (0.5, 0.0)] {
            let (implicit, slow) = Momentum::physical_implicit(mass, friction);
            let (explicit, lr) = Momentum::physical(mass + friction, friction);
            approx::assert_relative_eq!(implicit.beta, explicit.beta, max_relative = 1e-15);
            assert_eq!(slow, lr);
        }
        // 1/(1 + r) - (1 - r) = r² - r³ + …
        let (r, m) = (1e-3, 2.0);
        let apart = Momentum::physical_implicit(m, r * m).0.beta - Momentum::physical(m, r * m).0.beta;
        approx::assert_relative_eq!(apart, r * r, max_relative = 2e-3);
    }

    #[test]
    #[should_panic(expected = "Momentum::physical: friction is 3; it must lie between 0 and the mass, 2")]
    fn friction_above_the_mass() {
        let _ = Momentum::physical(2.0, 3.0);
    }

    #[test]
    #[should_panic(expected = "Momentum::physical_implicit: mass is 0")]
    fn no_mass() {
        let _ = Momentum::physical_implicit(0.0, 1.0);
    }
}
