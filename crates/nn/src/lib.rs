//! Layers, initialisation, state dicts and metrics.
//!
//! A layer is a struct with [`Param`](gradus_autograd::Param)s and a pure `forward`. Names, shapes and layouts of
//! parameters are PyTorch's, so a state dict saved there loads here and back. In teaching order:
//!
//! 1. [`Module`] and [`Sequential`]: what a layer is, and layers in a row; [`CloneModule`]: how boxed layers are copied;
//! 2. [`Linear`]: an affine map;
//! 3. [`Relu`], [`Tanh`], [`Gelu`], [`Celu`], [`Elu`], [`GeluTanh`], [`Hardsigmoid`], [`Hardswish`], [`LeakyRelu`],
//!    [`LogSigmoid`], [`LogSoftmax`], [`Mish`], [`Selu`], [`Sigmoid`], [`Silu`], [`Softmax`], [`Softplus`],
//!    [`Softshrink`], [`Softsign`], [`Tanhshrink`]: activations;
//! 4. [`Flatten`], [`Identity`], [`Dropout`]: layers without parameters;
//! 5. [`Conv1d`], [`Conv2d`], [`Conv3d`]: convolutions, with their [`ConvOptions`]; [`Embedding`]: a table of vectors;
//! 6. [`LayerNorm`], [`BatchNorm`] with its [`Running`] statistics: normalisations; [`update_batch_norm`]: the statistics
//!    counted anew;
//! 7. [`init`]: how weights begin;
//! 8. [`state_dict`]: a model's values by name, in memory and in files, with [`StateDictError`], whose
//!    [`Differences`] list every name and shape ([`Misshapen`]) that does not fit;
//! 9. [`summary()`]: a model as a table, [`Summary`]; [`summary_with_input`]: its layers with their outputs and their work, a
//!    [`PassSummary`] of [`PassRow`]s; [`accuracy`] and [`Confusion`]: how good it is.
//!
//! Losses are methods of [`Var`](gradus_autograd::Var): `cross_entropy`, `mse` and others.
//!
//! ```
//! use gradus_autograd::value_and_grad_training;
//! use gradus_nn::{Dropout, Linear, Module, Relu, sequential};
//! use gradus_tensor::{Tensor, rng};
//!
//! let mut generator = rng(0);
//! let model = sequential![Linear::new(4, 8, &mut generator), Relu, Dropout { p: 0.2 }, Linear::new(8, 3, &mut generator)];
//! let (x, labels) = (Tensor::randn([5, 4], &mut generator), Tensor::from([0, 1, 2, 0, 1]));
//! let (loss, grads) = value_and_grad_training(0, |tape| model.forward(tape.constant(&x)).cross_entropy(&labels));
//! assert!(loss > 0.0);
//! assert_eq!(grads.len(), 4);
//! assert_eq!(*model.predict(&x).shape(), [5, 3]);
//! ```
//!
//! `Optimizer::training_step` of `gradus-optim` takes the same closure, finds the gradients and steps.
//!
//! # Element types
//! Parameters are F32. Given F64 (a literal of Rust is F64) a layer computes in F64: the values from there on and the loss are F64,
//! which costs time and memory, the gradients of the parameters stay F32, as do running statistics. `.to(DType::F32)` on the data
//! keeps everything F32.
//!
//! ```
//! use gradus_autograd::Tape;
//! use gradus_nn::{Linear, Module};
//! use gradus_tensor::{DType, Tensor, rng};
//!
//! let layer = Linear::new(2, 1, &mut rng(0));
//! let tape = Tape::new();
//! let y = layer.forward(tape.constant(Tensor::from([[1.0, 2.0]])));
//! assert_eq!(y.dtype(), DType::F64);
//! assert_eq!(y.sum().backward().get(&layer.weight).unwrap().dtype(), DType::F32);
//! ```
//!
//! # Panics
//! Shapes that do not fit panic at the caller's line with both shapes. Files never panic: they return errors.
#![forbid(unsafe_code)]

mod module;

mod activation;
mod batch_norm;
mod conv;
mod dropout;
mod embedding;
pub mod init;
mod layer_norm;
mod linear;
mod metric;
mod shape;
pub mod state_dict;
mod summary;

pub use activation::{
    Celu, Elu, Gelu, GeluTanh, Hardsigmoid, Hardswish, LeakyRelu, LogSigmoid, LogSoftmax, Mish, Relu, Selu,
    Sigmoid, Silu, Softmax, Softplus, Softshrink, Softsign, Tanh, Tanhshrink,
};
pub use batch_norm::{BatchNorm, Running, update_batch_norm};
pub use conv::{Conv1d, Conv2d, Conv3d};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use gradus_autograd::ops::ConvOptions;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use metric::{Confusion, accuracy};
pub use module::{CloneModule, Module, Sequential};
pub use shape::{Flatten, Identity};
pub use state_dict::{Differences, Misshapen, StateDictError};
pub use summary::{PassRow, PassSummary, Summary, summary, summary_of_pass, summary_with_input};
