//! An autodiff framework built from scratch: tensors, a reverse-mode tape, layers, optimizers.
//!
//! ```
//! use gradus::data::iris;
//! use gradus::prelude::*;
//!
//! // Data: 150 flowers, a part of them for the test, scaled by what the training set shows.
//! let (train, test) = iris().split(0.3, 0);
//! let scale = Standardizer::per_column(&train.inputs);
//! let (train, test) = (train.map_inputs(|x| scale.apply(x)), test.map_inputs(|x| scale.apply(x)));
//!
//! // A model, and an optimizer.
//! let mut generator = rng(0);
//! let mut model = sequential![Linear::new(4, 16, &mut generator), Tanh, Linear::new(16, 3, &mut generator)];
//! let mut optimizer = Optimizer::new(Adam::default(), 0.01);
//!
//! // The loop: a loss, its gradients, a step.
//! let loader = Loader { batch: 15, shuffle: Some(0), drop_last: false };
//! for epoch in 0..30 {
//!     for batch in loader.epoch(&train, epoch) {
//!         optimizer.training_step(&mut model, |model, tape| {
//!             model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
//!         });
//!     }
//! }
//! assert!(accuracy(&model.predict(&test.inputs), &test.labels) > 0.9);
//! ```
//!
//! # Where is what
//!
//! | | |
//! | --- | --- |
//! | [`tensor`] | [`Tensor`](tensor::Tensor): values, their shapes and element types, without gradients |
//! | [`autograd`] | [`Tape`](autograd::Tape) and [`Var`](autograd::Var): operations, losses, gradients, higher derivatives; [`gradcheck`](autograd::gradcheck()) compares them with finite differences |
//! | [`nn`] | [`Module`](nn::Module): layers, initialisation, state dicts |
//! | [`optim`] | [`Optimizer`](optim::Optimizer): update rules, schedules, the training step |
//! | [`data`] | [`Dataset`](data::Dataset), [`Loader`](data::Loader), small data sets |
//! | `train` (feature) | checkpoints, logs, early stopping, health of a training run |
//! | `parallel` (feature) | one model on several ranks: threads, or processes of MPI |
//! | `viz` (feature) | charts, as SVG and as text in a terminal |
//! | `notebook` (feature `viz`) | how tensors, tapes, charts and reports show themselves in a Rust notebook |
//! | [`prelude`] | the names that most programs want |
//!
//! The course in the folder `docs/course` of the repository leads from the slope of a curve to a transformer, in twelve chapters.
//!
//! A gradient by hand is three lines:
//!
//! ```
//! use gradus::prelude::*;
//! let tape = Tape::new();
//! let x = tape.var(3.0);
//! let y = x * x + 1.0;
//! assert_eq!(y.backward().wrt(x).item(), 6.0);
//! println!("{tape}"); // each operation with its value
//! ```
//!
//! A curve is three more; they need the feature `viz`:
//!
//! ```
//! # #[cfg(feature = "viz")]
//! # fn main() -> std::io::Result<()> {
//! use gradus::prelude::*;
//! use gradus::viz::{Chart, Scale};
//!
//! let mut w = Param::new(3.0);
//! let mut optimizer = Optimizer::new(Sgd::default(), 0.1);
//! let losses: Vec<f64> =
//!     (0..20).map(|_| optimizer.training_step(&mut w, |w, tape| tape.param(w).square())).collect();
//!
//! let chart = Chart::new("Loss").y_axis("w²", Scale::Log10).curve("training", &losses);
//! println!("{}", chart.text()); // in the terminal
//! std::fs::write(std::env::temp_dir().join("loss.svg"), chart.svg())?; // for a page
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "viz"))]
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! None is on by default. `safetensors`: models, optimizers and tensors in files; `zip`: NumPy's npz files, and PyTorch's pt files
//! to be read; `gzip`: data sets that are compressed;
//! `linalg`: inverses, systems, determinants, factorisations; `train`: checkpoints, logs, early stopping; `progress`: their bar on a
//! terminal; `parallel`: several ranks; `viz`: charts, and what notebooks show.
#![forbid(unsafe_code)]

/// The names that most programs want: `use gradus::prelude::*;`.
pub mod prelude;

#[cfg(all(doc, feature = "linalg"))]
pub mod from_pytorch;
#[cfg(feature = "viz")]
pub mod notebook;
#[cfg(doctest)]
mod pages;

pub use gradus_autograd as autograd;
pub use gradus_data as data;
pub use gradus_nn as nn;
pub use gradus_optim as optim;
#[cfg(feature = "parallel")]
pub use gradus_parallel as parallel;
pub use gradus_tensor as tensor;
#[cfg(feature = "train")]
pub use gradus_train as train;
#[cfg(feature = "viz")]
pub use gradus_viz as viz;

pub use gradus_autograd::params;
pub use gradus_nn::sequential;
pub use gradus_tensor::kernel::parallel::{set_threads, threads};
pub use gradus_tensor::kernel::pool::{Memory, memory};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
