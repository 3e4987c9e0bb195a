//! Optimizers and learning-rate schedules.
//!
//! An optimizer here is two things: a [`Rule`], which is the paper's update of one tensor with its
//! hyper-parameters in public fields, and the driver, [`Optimizer`], which knows parameters by name and does
//! everything else: groups, learning rates, clipping, missing gradients, saving and loading.
//!
//! ```
//! use gradus_autograd::{Param, value_and_grad};
//! use gradus_optim::{AdamW, Optimizer, schedule::{Cosine, Schedule}};
//!
//! let mut w = Param::new([3.0, -2.0]);
//! let rate = Cosine { peak: 0.1, end: 0.0, steps: 190 }.warmup(10);
//! let mut optimizer = Optimizer::new(AdamW { weight_decay: 0.0, ..AdamW::default() }, rate).clip_norm(1.0);
//! for _ in 0..200 {
//!     let (_, grads) = value_and_grad(|tape| (tape.param(&w) - 1.0).square().sum());
//!     optimizer.step(&mut w, &grads);
//! }
//! assert!(w.value().to_f64_vec().iter().all(|x| (x - 1.0).abs() < 0.01));
//! ```
//!
//! In teaching order:
//!
//! 1. The gradient: [`Sgd`]. With memory: [`Momentum`] in its notations ([`MomentumForm`]), and [`Nesterov`],
//!    who looks ahead.
//! 2. A rate per element: [`Adagrad`], [`RmsProp`], [`Adadelta`], [`Rprop`].
//! 3. Both: [`Adam`] and [`AdamW`], [`Adamax`], [`NAdam`], [`RAdam`], [`SparseAdam`], [`AdaBelief`],
//!    [`Yogi`], [`Adan`], [`Adopt`], [`AdEmaMix`], [`Mars`].
//! 4. Signs: [`Signum`], [`Lion`].
//! 5. A rate per tensor: [`Lars`], [`Lamb`], [`NovoGrad`], [`Adafactor`].
//! 6. Matrices as matrices: [`Muon`], [`Shampoo`], [`Soap`].
//! 7. Averages of the path: [`Asgd`], [`Madgrad`], [`ScheduleFree`], [`Lookahead`]; and for any of them
//!    [`Average`].
//! 8. Without a rate to choose: [`Dog`], [`DAdaptAdam`], [`Prodigy`].
//! 9. Around another rule: [`Lookahead`], [`Cautious`], [`Sam`].
//! 10. With noise: [`Langevin`].
//! 11. With curvature: [`Sophia`], [`AdaHessian`], fed by [`hutchinson`].
//! 12. Methods that evaluate the function themselves, driven by [`Solver`]: [`PolyakStep`],
//!     [`ConjugateGradients`], [`Lbfgs`], [`Newton`], [`LevenbergMarquardt`].
//!
//! [`catalog`] has them under names; [`schedule`] has the learning rates, [`lr_finder`] looks for one;
//! [`minimize`] walks down [`surfaces`]; [`theory`] computes what momentum does on a quadratic.
//!
//! # Own rules
//!
//! A rule is one file: a struct with its hyper-parameters, [`Rule::update`], and, if it remembers anything,
//! [`Rule::slots`]. See [`Rule`] for one in eight lines.

#![forbid(unsafe_code)]

mod average;
pub mod catalog;
mod clip;
mod curvature;
mod describe;
mod error;
mod fused;
mod gradient;
mod group;
mod linalg;
mod lr_finder;
mod methods;
mod minimize;
mod optimizer;
mod rule;
mod rules;
mod sam;
pub mod schedule;
mod state;
mod step;
pub mod surfaces;
pub mod theory;

pub use average::{Average, Averaging};
pub use clip::{clip_norm, clip_value, total_norm};
pub use curvature::hutchinson;
pub use error::Error;
pub use lr_finder::{LrSearch, lr_finder};
pub use methods::{
    ConjugateForm, ConjugateGradients, Lbfgs, LevenbergMarquardt, LineSearch, Memory, Method, Newton,
    Objective, PolyakStep, Solver,
};
pub use minimize::{Differences, LeastSquares, Minimizer, OnTape, Trajectory, minimize, minimize_objective};
pub use optimizer::Optimizer;
pub use rule::{Global, Rule, Slot, Step, number, zeros};
pub use rules::{
    AdEmaMix, AdaBelief, AdaHessian, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Adopt, Asgd,
    Cautious, DAdaptAdam, Dog, Lamb, Langevin, Lars, Lion, Lookahead, Madgrad, Mars, Momentum, MomentumForm,
    Muon, MuonRate, NAdam, Nesterov, NovoGrad, Prodigy, RAdam, RmsProp, Rprop, ScheduleFree,
    ScheduleFreeBase, Sgd, Shampoo, Signum, Soap, Sophia, SparseAdam, Yogi,
};
pub use sam::Sam;
pub use state::Entries;
pub use step::Kept;
