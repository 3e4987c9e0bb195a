//! What can be computed about momentum without training anything.
//!
//! On a quadratic `$f(x) = \tfrac{\lambda}{2} x^2$` momentum in its leaky form,
//! `$v \leftarrow \beta v + \lambda x$`, `$x \leftarrow x - \eta v$`, is linear, so a step is a matrix, and
//! its eigenvalues say whether and how fast it converges:
//!
//! ```math
//! \begin{pmatrix} v_{t+1} \\ x_{t+1} \end{pmatrix} = R \begin{pmatrix} v_t \\ x_t \end{pmatrix},\qquad
//! R(\beta, \eta, \lambda) = \begin{pmatrix} \beta & \lambda \\ -\eta\beta & 1 - \eta\lambda \end{pmatrix}
//! ```
//!
//! A quadratic of more dimensions falls apart into one such matrix for each eigenvalue `$\lambda$` of its
//! Hessian. With `$\beta = 0$` it is plain gradient descent.
//!
//! The second half is about averages: the exponentially weighted average, the leaky sum, and how many samples
//! they see.
//!
//! # Source
//! Polyak 1964, *Some methods of speeding up the convergence of iteration methods*; Goh 2017, *Why Momentum
//! Really Works*; Zhang et al., *Dive into Deep Learning*, sec. 12.6.

use std::fmt;

/// A complex number, as the eigenvalues of a real matrix need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

impl Complex {
    /// The absolute value, `$\sqrt{\mathrm{re}^2 + \mathrm{im}^2}$`.
    pub fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// The angle with the positive real axis, in `$(-\pi, \pi]$`.
    pub fn arg(self) -> f64 {
        self.im.atan2(self.re)
    }
}

impl fmt::Display for Complex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.im.is_sign_negative() { '-' } else { '+' };
        fmt::Display::fmt(&self.re, f)?;
        write!(f, " {sign} ")?;
        fmt::Display::fmt(&self.im.abs(), f)?;
        f.write_str("i")
    }
}

/// How momentum moves on a quadratic of one curvature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Regime {
    /// Two real eigenvalues: no oscillation, or one that changes its sign at every step.
    Overdamped,
    /// A double eigenvalue: the fastest for this learning rate.
    Critical,
    /// Two complex eigenvalues: an oscillation that shrinks by `$\sqrt\beta$` at every step, whatever the
    /// curvature.
    Underdamped,
}

/// Momentum on a quadratic of curvature `lambda`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuadraticMomentum {
    /// The part of the velocity that is kept, `$\beta$`.
    pub beta: f64,
    /// The learning rate, `$\eta$`.
    pub eta: f64,
    /// The curvature, an eigenvalue of the Hessian, `$\lambda$`.
    pub lambda: f64,
}

impl QuadraticMomentum {
    /// The matrix `$R(\beta, \eta, \lambda)$` of one step on `$(v, x)$`.
    pub fn matrix(self) -> [[f64; 2]; 2] {
        let Self { beta, eta, lambda } = self;
        [[beta, lambda], [-eta * beta, 1.0 - eta * lambda]]
    }

    /// The trace of the matrix, `$1 + \beta - \eta\lambda$`. Its determinant is `$\beta$`.
    fn trace(self) -> f64 {
        self.beta + (1.0 - self.eta * self.lambda)
    }

    /// The discriminant of the characteristic polynomial, `$(1 + \beta - \eta\lambda)^2 - 4\beta$`.
    fn discriminant(self) -> f64 {
        self.trace().powi(2) - 4.0 * self.beta
    }

    /// The eigenvalues of the matrix, the larger in absolute value first: the roots of
    /// `$z^2 - (1 + \beta - \eta\lambda)\,z + \beta$`.
    pub fn eigenvalues(self) -> [Complex; 2] {
        let (trace, discriminant) = (self.trace(), self.discriminant());
        if discriminant < 0.0 {
            let (re, im) = (trace / 2.0, (-discriminant).sqrt() / 2.0);
            return [Complex { re, im }, Complex { re, im: -im }];
        }
        // The larger root without cancellation; the product of the two is beta.
        let large = f64::midpoint(trace, discriminant.sqrt().copysign(trace));
        let small = if large == 0.0 { 0.0 } else { self.beta / large };
        [Complex { re: large, im: 0.0 }, Complex { re: small, im: 0.0 }]
    }

    /// The spectral radius, by which the distance to the minimum shrinks at every step in the long run.
    pub fn spectral_radius(self) -> f64 {
        if self.discriminant() < 0.0 { self.beta.sqrt() } else { self.eigenvalues()[0].abs() }
    }

    /// Whether it converges from every start: `$0 < \eta\lambda < 2 + 2\beta$` and `$|\beta| < 1$`.
    pub fn is_stable(self) -> bool {
        let step = self.eta * self.lambda;
        self.beta.abs() < 1.0 && 0.0 < step && step < stability_limit(self.beta)
    }

    /// The sign of the discriminant `$(1 + \beta - \eta\lambda)^2 - 4\beta$`, in words.
    pub fn regime(self) -> Regime {
        match self.discriminant() {
            d if d < 0.0 => Regime::Underdamped,
            d if d > 0.0 => Regime::Overdamped,
            _ => Regime::Critical,
        }
    }

    /// One step from velocity `v` and place `x`: `$v' = \beta v + \lambda x$`, `$x' = x - \eta v'$`.
    pub fn step(self, v: f64, x: f64) -> (f64, f64) {
        let v = self.beta * v + self.lambda * x;
        (v, x - self.eta * v)
    }

    /// The places after steps 1, 2, … `steps`, from velocity `v` and place `x`.
    pub fn trajectory(self, v: f64, x: f64, steps: usize) -> Vec<f64> {
        let mut state = (v, x);
        let advance = |_| {
            state = self.step(state.0, state.1);
            state.1
        };
        (0..steps).map(advance).collect()
    }
}

/// Where stability ends: momentum `$\beta$` converges for `$0 < \eta\lambda < 2 + 2\beta$`.
pub fn stability_limit(beta: f64) -> f64 {
    2.0 + 2.0 * beta
}

/// The momentum that converges fastest on one curvature at a given learning rate:
/// `$\beta = (1 - \sqrt{\eta\lambda})^2$`, where the regime is critical.
///
/// # Panics
/// If `$\eta\lambda$` does not lie in `$(0, 4)$`, where some momentum below 1 is stable.
pub fn critical_beta(eta: f64, lambda: f64) -> f64 {
    let step = eta * lambda;
    assert!(0.0 < step && step < 4.0, "critical_beta: eta * lambda is {step}; it must lie between 0 and 4");
    (1.0 - step.sqrt()).powi(2)
}

/// Hyper-parameters for a range of curvatures, and how fast they converge in the worst of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimum {
    /// The learning rate, `$\eta$`.
    pub eta: f64,
    /// The momentum, `$\beta$`.
    pub beta: f64,
    /// The spectral radius at the worst curvature of the range.
    pub rate: f64,
}

/// The best learning rate and momentum for curvatures from `smallest` to `largest`, `$\mu$` and `$L$`:
/// `$\eta = (2/(\sqrt L + \sqrt\mu))^2$`, `$\beta = ((\sqrt\kappa - 1)/(\sqrt\kappa + 1))^2$`,
/// `$\kappa = L/\mu$`, with rate `$\sqrt\beta$`.
///
/// # Panics
/// Unless `$0 < \mu \le L$`.
///
/// # Source
/// Polyak 1964; Goh 2017.
pub fn optimal_momentum(smallest: f64, largest: f64) -> Optimum {
    check_range("optimal_momentum", smallest, largest);
    let (low, high) = (smallest.sqrt(), largest.sqrt());
    let rate = (high - low) / (high + low);
    Optimum { eta: (2.0 / (high + low)).powi(2), beta: rate.powi(2), rate }
}

/// The best learning rate without momentum for curvatures from `smallest` to `largest`, `$\mu$` and `$L$`:
/// `$\eta = 2/(L + \mu)$`, with rate `$(\kappa - 1)/(\kappa + 1)$`.
///
/// # Panics
/// Unless `$0 < \mu \le L$`.
pub fn optimal_descent(smallest: f64, largest: f64) -> Optimum {
    check_range("optimal_descent", smallest, largest);
    let sum = largest + smallest;
    Optimum { eta: 2.0 / sum, beta: 0.0, rate: (largest - smallest) / sum }
}

fn check_range(name: &str, smallest: f64, largest: f64) {
    assert!(
        0.0 < smallest && smallest <= largest,
        "{name}: curvatures from {smallest} to {largest}; both must be positive, the smallest first"
    );
}

/// How many steps at a rate of convergence shrink a distance by `reduction`:
/// `$\ln(\mathrm{reduction})/\ln(\mathrm{rate})$`; infinite for rates from 1 on.
pub fn steps_to_reduce(rate: f64, reduction: f64) -> f64 {
    if rate >= 1.0 {
        f64::INFINITY
    } else if rate <= 0.0 {
        1.0
    } else {
        reduction.ln() / rate.ln()
    }
}

/// The number of samples that an average with decay `gamma` sees in effect, `$1/(1-\gamma)$`; also the limit
/// of the leaky sum's weights.
pub fn effective_samples(gamma: f64) -> f64 {
    1.0 / (1.0 - gamma)
}

/// The exponentially weighted average, `$m_t = \gamma m_{t-1} + (1-\gamma)\,x_t$`, from `$m_{-1} = 0$`.
pub fn ewma(gamma: f64, samples: &[f64]) -> Vec<f64> {
    scan(samples, |m, x| gamma * m + (1.0 - gamma) * x)
}

/// The exponentially weighted average without its bias towards the initial 0, `$m_t/(1-\gamma^{t+1})$`.
pub fn ewma_corrected(gamma: f64, samples: &[f64]) -> Vec<f64> {
    let corrected = |(t, m): (usize, f64)| m / (1.0 - gamma.powf((t + 1) as f64));
    ewma(gamma, samples).into_iter().enumerate().map(corrected).collect()
}

/// The leaky sum of momentum, `$v_t = \beta v_{t-1} + x_t$`, from `$v_{-1} = 0$`.
pub fn leaky_sum(beta: f64, samples: &[f64]) -> Vec<f64> {
    scan(samples, |v, x| beta * v + x)
}

fn scan(samples: &[f64], next: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut value = 0.0;
    let advance = |&x: &f64| {
        value = next(value, x);
        value
    };
    samples.iter().map(advance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::relative_eq;

    fn close(got: f64, want: f64) {
        assert!(relative_eq!(got, want, epsilon = 1e-12, max_relative = 1e-12), "{got} is not {want}");
    }

    #[test]
    fn the_matrix_is_the_step() {
        let system = QuadraticMomentum { beta: 0.5, eta: 0.25, lambda: 2.0 };
        assert_eq!(system.matrix(), [[0.5, 2.0], [-0.125, 0.5]]);
        let (v, x) = (3.0, 4.0);
        let [[a, b], [c, d]] = system.matrix();
        assert_eq!(system.step(v, x), (a * v + b * x, c * v + d * x));
        assert_eq!(system.trajectory(0.0, 1.0, 3), [0.5, 0.0, -0.25]);
    }

    #[test]
    fn complex_eigenvalues() {
        // z^2 - z + 1/2: (1 ± i)/2
        let system = QuadraticMomentum { beta: 0.5, eta: 0.25, lambda: 2.0 };
        assert_eq!(system.eigenvalues(), [Complex { re: 0.5, im: 0.5 }, Complex { re: 0.5, im: -0.5 }]);
        close(system.spectral_radius(), 0.5f64.sqrt());
        close(system.eigenvalues()[0].arg(), std::f64::consts::FRAC_PI_4);
        assert_eq!(system.regime(), Regime::Underdamped);
        assert_eq!(system.eigenvalues()[1].to_string(), "0.5 - 0.5i");
        assert_eq!(format!("{:.2}", system.eigenvalues()[0]), "0.50 + 0.50i");
    }

    #[test]
    fn real_eigenvalues() {
        // z^2 - 1.125 z + 1/8: 1 and 1/8, at the border eta lambda = 0
        let system = QuadraticMomentum { beta: 0.125, eta: 1.0, lambda: 0.0 };
        assert_eq!(system.eigenvalues().map(|z| z.re), [1.0, 0.125]);
        assert_eq!(system.regime(), Regime::Overdamped);
        assert!(!system.is_stable());
        // z^2 + 1.125 z + 1/8: -1 and -1/8, at the border eta lambda = 2 + 2 beta
        let system = QuadraticMomentum { lambda: 2.25, ..system };
        assert_eq!(system.eigenvalues().map(|z| z.re), [-1.0, -0.125]);
        assert_eq!((system.spectral_radius(), system.is_stable()), (1.0, false));
    }

    #[test]
    fn without_momentum_it_is_gradient_descent() {
        let system = QuadraticMomentum { beta: 0.0, eta: 0.5, lambda: 3.0 };
        assert_eq!(system.eigenvalues().map(|z| z.re), [-0.5, 0.0]);
        assert_eq!(system.trajectory(7.0, 1.0, 3), [-0.5, 0.25, -0.125]);
        assert_eq!(QuadraticMomentum { lambda: 2.0, ..system }.spectral_radius(), 0.0);
    }

    #[test]
    fn stable_exactly_when_the_radius_is_below_one() {
        for i in 0..40 {
            for j in -4..100 {
                let (beta, step) = (f64::from(i) / 32.0, f64::from(j) / 16.0 + 1e-3);
                let system = QuadraticMomentum { beta, eta: 0.5, lambda: 2.0 * step };
                assert_eq!(system.is_stable(), system.spectral_radius() < 1.0, "{system:?}");
            }
        }
    }

    #[test]
    fn critical_damping() {
        let beta = critical_beta(0.125, 2.0);
        assert_eq!(beta, 0.25);
        let system = QuadraticMomentum { beta, eta: 0.125, lambda: 2.0 };
        assert_eq!(system.regime(), Regime::Critical);
        assert_eq!(system.spectral_radius(), 0.5);
        for other in [0.2, 0.3] {
            assert!(QuadraticMomentum { beta: other, ..system }.spectral_radius() > 0.5);
        }
    }

    #[test]
    fn optima_for_a_range() {
        // kappa = 9: (3 - 1)/(3 + 1) = 1/2
        let best = optimal_momentum(1.0, 9.0);
        assert_eq!(best, Optimum { eta: 0.25, beta: 0.25, rate: 0.5 });
        for lambda in [1.0, 9.0] {
            close(QuadraticMomentum { beta: best.beta, eta: best.eta, lambda }.spectral_radius(), 0.5);
        }
        close(QuadraticMomentum { beta: best.beta, eta: best.eta, lambda: 4.0 }.spectral_radius(), 0.5);
        let descent = optimal_descent(1.0, 9.0);
        assert_eq!(descent, Optimum { eta: 0.2, beta: 0.0, rate: 0.8 });
        close(QuadraticMomentum { beta: 0.0, eta: 0.2, lambda: 9.0 }.spectral_radius(), 0.8);
    }

    #[test]
    fn steps_at_a_rate() {
        close(steps_to_reduce(0.5, 1.0 / 1024.0), 10.0);
        assert_eq!(steps_to_reduce(1.0, 0.1), f64::INFINITY);
    }

    #[test]
    fn averages() {
        assert_eq!(ewma(0.5, &[8.0, 0.0, 4.0]), [4.0, 2.0, 3.0]);
        assert_eq!(leaky_sum(0.5, &[8.0, 0.0, 4.0]), [8.0, 4.0, 6.0]);
        assert_eq!(ewma_corrected(0.5, &[3.0, 3.0, 3.0]), [3.0, 3.0, 3.0]);
        assert_eq!(effective_samples(0.75), 4.0);
    }

    #[test]
    #[should_panic(expected = "critical_beta: eta * lambda is 5")]
    fn no_critical_momentum() {
        critical_beta(1.0, 5.0);
    }
}
