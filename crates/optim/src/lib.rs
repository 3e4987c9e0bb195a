//! Optimizers and learning-rate schedules.
//!
//! An optimizer here is two things: a [`Rule`], which is the paper's update of one tensor with its
//! hyper-parameters in public fields, and the driver, [`Optimizer`], which knows parameters by name and does
//! everything else: groups, learning rates, clipping, missing gradients, saving and loading.
//!
//! ```
//! use gradus_autograd::Param;
//! use gradus_optim::{AdamW, Optimizer, schedule::{Cosine, Schedule}};
//!
//! let mut w = Param::new([3.0, -2.0]);
//! let rate = Cosine { peak: 0.1, end: 0.0, steps: 190 }.warmup(10);
//! let mut optimizer = Optimizer::new(AdamW { weight_decay: 0.0, ..AdamW::default() }, rate).clip_norm(1.0);
//! for _ in 0..200 {
//!     optimizer.training_step(&mut w, |w, tape| (tape.param(w) - 1.0).square().sum());
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
//! 12. Methods that evaluate the loss themselves: [`PolyakStep`], [`ConjugateGradients`], [`Lbfgs`], [`Newton`];
//!     and, for sums of squares, [`LevenbergMarquardt`].
//!
//! One call serves them all, [`Optimizer::training_step`]. Gradients of one's own go to [`Optimizer::step`].
//!
//! [`catalog`] has them under names, and [`OptimizerSpec`] reads them with their settings from text; [`schedule`] has the learning rates, [`lr_finder`] looks for one;
//! [`minimize`] walks down [`surfaces`]; [`theory`] computes what momentum does on a quadratic.
//!
//! The course in the folder `docs/course` of the repository leads from the first step to AdamW and the theory: chapters 4 to 7.
//!
//! # Own rules
//!
//! A rule is one file: a struct with its hyper-parameters, [`Rule::update`], if it remembers anything,
//! [`Rule::slots`], and if one gradient is not enough for it, [`Rule::needs`]. [`Rule::options`] says between which
//! bounds its hyper-parameters lie. See [`Rule`] for one in eight lines.

#![forbid(unsafe_code)]

// What an optimizer is; read rule, optimizer, training_step, loss, drive, prepare, then follow.
mod drive;
mod elsewhere;
mod follow;
mod group;
mod loss;
mod optimizer;
mod options;
mod prepare;
mod rule;
mod settings;
mod spec;
mod state;
mod terms;
mod together;
mod training_step;

// The optimizers.
pub mod catalog;
mod methods;
mod rules;
pub mod schedule;

// Beside the step.
mod average;
mod clip;
mod curvature;
mod describe;
mod error;
mod fit;
mod linalg;
mod pass;
mod study;

pub use average::{Average, Averaging};
pub use clip::{clip_norm, clip_value, total_norm};
pub use curvature::hutchinson;
pub use drive::Kept;
pub use error::Error;
pub use methods::{
    ConjugateForm, ConjugateGradients, Lbfgs, LevenbergMarquardt, LineSearch, Method, Newton, Notes,
    Objective, PolyakStep,
};
pub use optimizer::Optimizer;
pub use options::Options;
pub use rule::{Ascent, Global, Needs, Rule, Slot, Step, number, zeros};
pub use rules::{
    AdEmaMix, AdaBelief, AdaHessian, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Adopt, Asgd,
    Cautious, DAdaptAdam, Dog, Lamb, Langevin, Lars, Lion, Lookahead, Madgrad, Mars, Momentum, MomentumForm,
    Muon, MuonRate, NAdam, Nesterov, NovoGrad, Prodigy, RAdam, RmsProp, Rprop, Sam, ScheduleFree,
    ScheduleFreeBase, Sgd, Shampoo, Signum, Soap, Sophia, SparseAdam, Yogi,
};
pub use settings::{Hyper, Setting};
pub use spec::{OptimizerSpec, split_list};
pub use state::Entries;
pub use study::lr_finder::{LrSearch, lr_finder};
pub use study::minimize::{Ending, Trajectory, minimize, minimize_objective};
pub use study::objective::{Differences, LeastSquares, OnTape};
pub use study::{surfaces, theory};
