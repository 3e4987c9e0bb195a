//! What an optimizer is: the update of one tensor, given its gradient and what was remembered about it.
//!
//! A [`Rule`] holds its hyper-parameters in public fields and nothing else. What it remembers per parameter
//! (a velocity, a mean of squares) lies in named slots that the driver, [`Optimizer`](crate::Optimizer),
//! makes, keeps, saves and loads. So a rule's file is the paper's algorithm and no bookkeeping.

use std::any::Any;
use std::fmt::Debug;

use gradus_tensor::Tensor;

use crate::methods::Method;
use crate::options::Options;
use crate::settings::Setting;

/// Where the training is, as an update sees it.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The learning rate in force, `$\eta$`.
    pub lr: f64,
    /// How many updates this parameter has had, this one included: 1 in its first. A parameter without
    /// gradient is skipped, and its count does not advance.
    pub t: u64,
    /// The number of the optimizer's step; the first is 0.
    pub step: u64,
    /// A number of the parameter's own, made of its name: the seed of its random stream.
    pub key: u64,
    /// An estimate of the Hessian's diagonal, at the steps at which there is one ([`Needs::curvature`]).
    pub curvature: Option<&'a Tensor>,
    /// The numbers that a [`Global`] rule shares among all parameters of its group.
    pub shared: &'a [f64],
}

impl Step<'_> {
    /// The step of update `t` at learning rate `lr`, without curvature and shared numbers.
    pub fn new(lr: f64, t: u64) -> Self {
        Self { lr, t, step: t - 1, key: 0, curvature: None, shared: &[] }
    }

    /// `$1 - \beta^t$`, the bias of an average that began at 0.
    pub fn correction(&self, beta: f64) -> f64 {
        1.0 - power(beta, self.t)
    }
}

/// `$x^n$` for a count, as `pow` of two floats gives it.
pub(crate) fn power(x: f64, n: u64) -> f64 {
    x.powf(n as f64)
}

/// A slot: its name, and what it holds before the first update.
pub type Slot = (&'static str, Tensor);

/// Slots of zeros with the shape and type of a parameter.
pub fn zeros<const N: usize>(theta: &Tensor, names: [&'static str; N]) -> Vec<Slot> {
    names.into_iter().map(|name| (name, theta.zeros_like())).collect()
}

/// A slot of one F64 number.
pub fn number(name: &'static str, value: f64) -> Slot {
    (name, Tensor::scalar(value))
}

/// What a rule needs beside one gradient at the model's own place.
///
/// [`Optimizer::training_step`](crate::Optimizer::training_step) sees to all of it;
/// [`Optimizer::step`](crate::Optimizer::step), which is handed one gradient, refuses rules with such needs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Needs {
    /// The gradient where [`Rule::ahead`] says.
    pub ahead: bool,
    /// A second gradient, from up the first one.
    pub ascent: Option<Ascent>,
    /// An estimate of the Hessian's diagonal at every so many steps, the first of them included.
    pub curvature: Option<u64>,
    /// The loss itself, as often as it likes: a [`Method`].
    pub function: bool,
    /// The residuals whose squares are the loss.
    pub residuals: bool,
}

/// The way up the gradient of all parameters to the place of the second one:
/// `$\rho\,g/(\lVert g\rVert + \epsilon)$`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ascent {
    /// The length, `$\rho$`.
    pub rho: f64,
    /// Added to the norm, `$\epsilon$`.
    pub eps: f64,
    /// Distances in units of the parameters: `$\rho\,\theta^2 g/(\lVert\theta g\rVert + \epsilon)$`.
    pub adaptive: bool,
}

/// An update rule for one tensor.
///
/// ```
/// use gradus_optim::{Rule, Step};
/// use gradus_tensor::Tensor;
///
/// /// Gradient descent: `$\theta \leftarrow \theta - \eta g$`.
/// #[derive(Debug)]
/// struct Descent;
///
/// impl Rule for Descent {
///     fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, _: &mut [Tensor]) {
///         *theta = &*theta - g * step.lr;
///     }
/// }
/// ```
pub trait Rule: Any + Debug + Send + Sync {
    /// What is remembered about a parameter: names, and values before the first update. It may depend on the
    /// hyper-parameters (momentum 0 needs none) and on the shape; `lr` is the learning rate of the first
    /// update.
    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        let _ = (theta, lr);
        Vec::new()
    }

    /// Its hyper-parameters with the ranges of its formula. Looked at when the optimizer is made and before every step,
    /// since they are public fields; the first one outside is named in the panic. All are well unless a rule says
    /// otherwise. A rule around another one hands on the other's.
    fn options(&self) -> Options {
        Options::default()
    }

    /// Its hyper-parameters under the names of its public fields, to be set from text; written by
    /// [`settings!`](crate::settings). None, unless a rule says otherwise.
    fn settings(&mut self) -> Vec<Setting<'_>> {
        Vec::new()
    }

    /// What it needs beside one gradient at the model's own place; nothing, unless a rule says otherwise. A rule around
    /// another one hands on the other's needs.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// The name of its type, for messages.
    #[doc(hidden)]
    fn name(&self) -> &'static str {
        let path = std::any::type_name::<Self>();
        path.split('<').next().and_then(|path| path.rsplit("::").next()).unwrap_or(path)
    }

    /// One update of `theta` with the gradient `g`; `slots` in the order of [`Rule::slots`]. The rules here keep zero in a slot instead
    /// of a number below the smallest normal one: an average without gradients would end there, where processors are slow.
    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]);

    /// Where the next gradient is wanted, if not at `theta`, for rules with [`Needs::ahead`]; not asked before the first
    /// update.
    fn ahead(&self, lr: f64, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        let _ = (lr, theta, slots);
        None
    }

    /// The weights to use once trained, if not `theta`: an average. Used by
    /// [`Optimizer::answer`](crate::Optimizer::answer).
    fn answer(&self, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        let _ = (theta, slots);
        None
    }

    /// This rule as one whose parameters share numbers, if it is one.
    fn global(&self) -> Option<&dyn Global> {
        None
    }

    /// This rule as one that evaluates the loss itself, if it is one.
    fn method(&self) -> Option<&dyn Method> {
        None
    }
}

/// A method is taken wherever a rule is; but it moves all parameters of its group together, so it is never asked for the
/// update of one.
impl<M: Method> Rule for M {
    fn settings(&mut self) -> Vec<Setting<'_>> {
        Method::settings(self)
    }

    fn options(&self) -> Options {
        Method::options(self)
    }

    fn needs(&self) -> Needs {
        Needs { function: true, residuals: self.needs_residuals(), ..Needs::default() }
    }

    fn update(&self, _: &Step<'_>, _: &mut Tensor, _: &Tensor, _: &mut [Tensor]) {
        panic!("update: {} evaluates the loss itself; call Optimizer::training_step", Rule::name(self));
    }

    fn method(&self) -> Option<&dyn Method> {
        Some(self)
    }
}

/// A rule with numbers that all parameters of its group share, such as an estimate of the distance to the
/// solution.
///
/// At each step every parameter is measured, the measures are added up, the shared numbers are renewed from
/// the sums, and then every parameter is updated.
pub trait Global: Rule {
    /// The names of the shared numbers, and their values before the first step.
    fn shared(&self) -> Vec<(&'static str, f64)>;

    /// What one parameter adds to the sums. Slots may be renewed here; [`Step::shared`] holds the numbers of
    /// the step before.
    fn measure(&self, step: &Step<'_>, theta: &Tensor, g: &Tensor, slots: &mut [Tensor]) -> [f64; 3];

    /// Renews the shared numbers from the sums over all parameters. `lr` and `t` are those of the step.
    fn agree(&self, step: &Step<'_>, sums: [f64; 3], shared: &mut [f64]);
}

impl<R: Rule> From<R> for Box<dyn Rule> {
    fn from(rule: R) -> Self {
        Box::new(rule)
    }
}
