//! Layers, initialisation, state dicts and metrics.
//!
//! A layer is a struct with [`Param`](gradus_autograd::Param)s and a pure `forward`. Names, shapes and layouts of
//! parameters are PyTorch's, so a state dict saved there loads here and back. In teaching order:
//!
//! 1. [`Module`] and [`Sequential`]: what a layer is, and layers in a row; [`CloneModule`]: how boxed layers are copied;
//! 2. [`Linear`]: an affine map; [`Bilinear`]: one of two inputs; [`Residual`], [`Parallel`] with its [`Merge`]: ways past and
//!    beside a layer;
//! 3. activations: [`Relu`], [`Tanh`], [`Gelu`], [`Celu`], [`Elu`], [`GeluTanh`], [`Glu`], [`Hardshrink`], [`Hardsigmoid`],
//!    [`Hardswish`], [`Hardtanh`], [`LeakyRelu`], [`LogSigmoid`], [`LogSoftmax`], [`Mish`], [`PRelu`], [`RRelu`], [`Relu6`],
//!    [`Selu`], [`Sigmoid`], [`Silu`], [`Softmax`], [`Softmax2d`], [`Softmin`], [`Softplus`], [`Softshrink`], [`Softsign`],
//!    [`Tanhshrink`], [`Threshold`];
//! 4. layers without parameters: [`Flatten`], [`Unflatten`], [`Identity`]; [`Dropout`], [`Dropout1d`], [`Dropout2d`],
//!    [`Dropout3d`], [`AlphaDropout`], [`FeatureAlphaDropout`]; [`CosineSimilarity`], [`PairwiseDistance`];
//! 5. [`Conv1d`], [`Conv2d`], [`Conv3d`]: convolutions, with their [`ConvOptions`], [`Padding`] and [`PaddingMode`];
//!    [`ConvTranspose1d`], [`ConvTranspose2d`], [`ConvTranspose3d`]: transposed ones; [`Embedding`], [`EmbeddingBag`] with its [`Bag`]:
//!    tables of vectors;
//! 6. pools, with their [`Pool`] options: [`MaxPool1d`], [`MaxPool2d`], [`MaxPool3d`], [`AvgPool1d`], [`AvgPool2d`],
//!    [`AvgPool3d`], [`LpPool1d`], [`LpPool2d`], [`LpPool3d`], [`FractionalMaxPool2d`], [`FractionalMaxPool3d`],
//!    [`AdaptiveAvgPool1d`], [`AdaptiveAvgPool2d`], [`AdaptiveAvgPool3d`], [`AdaptiveMaxPool1d`], [`AdaptiveMaxPool2d`],
//!    [`AdaptiveMaxPool3d`]; back from maxima: [`MaxUnpool1d`], [`MaxUnpool2d`], [`MaxUnpool3d`];
//! 7. pictures: [`Upsample`] with its [`OutputSize`] and [`Resize`], [`PixelShuffle`], [`PixelUnshuffle`], [`ChannelShuffle`],
//!    [`Fold`], [`Unfold`]; frames: [`ZeroPad1d`], [`ZeroPad2d`], [`ZeroPad3d`], [`ConstantPad1d`], [`ConstantPad2d`],
//!    [`ConstantPad3d`], [`ReflectionPad1d`], [`ReflectionPad2d`], [`ReflectionPad3d`], [`ReplicationPad1d`],
//!    [`ReplicationPad2d`], [`ReplicationPad3d`], [`CircularPad1d`], [`CircularPad2d`], [`CircularPad3d`];
//! 8. normalisations: [`LayerNorm`], [`RmsNorm`], [`GroupNorm`], [`InstanceNorm`], [`LocalResponseNorm`], [`BatchNorm`] with its
//!    [`Running`] statistics; [`update_batch_norm`]: the statistics counted anew; of weights: [`WeightNorm`],
//!    [`SpectralNorm`];
//! 9. [`Rnn`], [`Lstm`], [`Gru`] with their [`RecurrentOptions`] and [`Nonlinearity`], layers in [`RecurrentLayer`]s of
//!    [`RecurrentWeights`]; [`RnnCell`], [`LstmCell`], [`GruCell`]: one step of them;
//! 10. [`MultiheadAttention`] with its [`AttentionOptions`], [`InProjection`] and [`AttendOptions`]; [`SinusoidalPositions`]
//!     and [`RotaryPositions`];
//! 11. [`TransformerEncoderLayer`], [`TransformerDecoderLayer`] with their [`TransformerOptions`], [`Activation`],
//!     [`EncoderMasks`] and [`DecoderMasks`]; [`TransformerEncoder`], [`TransformerDecoder`], [`Transformer`]: stacks of them;
//!     [`DecoderBlock`]: of models that only decode;
//! 12. [`init`]: how weights begin;
//! 13. [`state_dict`]: a model's values by name, in memory and in files, with [`StateDictError`], whose [`Differences`] list
//!     every name and shape ([`Misshapen`]) that does not fit;
//! 14. [`summary()`]: a model as a table, [`Summary`]; [`summary_with_input`]: its layers with their outputs and their work, a
//!     [`PassSummary`] of [`PassRow`]s; how good it is: [`accuracy`], [`Confusion`] and others of [`metric`].
//!
//! Losses are methods of [`Var`](gradus_autograd::Var): `cross_entropy`, `mse` and others. One has parameters and is a
//! layer: [`AdaptiveLogSoftmax`], for very many classes.
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
//! The course in the folder `docs/course` of the repository builds networks layer by layer: chapters 8 to 12.
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
mod adaptive_log_softmax;
mod attention;
mod bilinear;
mod container;
mod conv;
mod dropout;
mod embedding;
pub mod init;
mod input;
mod linear;
pub mod metric;
mod norm;
mod output_size;
mod pad;
mod pool;
mod recurrent;
mod shape;
mod similarity;
pub mod state_dict;
mod summary;
mod transformer;
mod upsample;

pub use activation::{
    Celu, Elu, Gelu, GeluTanh, Glu, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, LogSigmoid,
    LogSoftmax, Mish, PRelu, RRelu, Relu, Relu6, Selu, Sigmoid, Silu, Softmax, Softmax2d, Softmin, Softplus,
    Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};
pub use adaptive_log_softmax::AdaptiveLogSoftmax;
pub use attention::{
    AttendOptions, AttentionOptions, InProjection, MultiheadAttention, RotaryPositions, SinusoidalPositions,
};
pub use bilinear::Bilinear;
pub use container::{Merge, Parallel, Residual};
pub use conv::{Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d};
pub use dropout::{AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout};
pub use embedding::{Embedding, EmbeddingBag};
pub use gradus_autograd::ops::{Bag, ConvOptions, Padding, PaddingMode, Pool, Resize};
pub use linear::Linear;
pub use metric::{Confusion, accuracy};
pub use module::{CloneModule, Module, Sequential};
pub use norm::{
    BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm, Running, SpectralNorm,
    WeightNorm, update_batch_norm,
};
pub use output_size::OutputSize;
pub use pad::{
    CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d, ConstantPad3d,
    ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d, ReplicationPad3d,
    ZeroPad1d, ZeroPad2d, ZeroPad3d,
};
pub use pool::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
    AdaptiveMaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, FractionalMaxPool2d, FractionalMaxPool3d, LpPool1d,
    LpPool2d, LpPool3d, MaxPool1d, MaxPool2d, MaxPool3d, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d,
};
pub use recurrent::{
    Gru, GruCell, Lstm, LstmCell, Nonlinearity, RecurrentLayer, RecurrentOptions, RecurrentWeights, Rnn,
    RnnCell,
};
pub use shape::{ChannelShuffle, Flatten, Fold, Identity, PixelShuffle, PixelUnshuffle, Unflatten, Unfold};
pub use similarity::{CosineSimilarity, PairwiseDistance};
pub use state_dict::{Differences, Misshapen, StateDictError};
pub use summary::{PassRow, PassSummary, Summary, summary, summary_of_pass, summary_with_input};
pub use transformer::{
    Activation, DecoderBlock, DecoderMasks, EncoderMasks, Transformer, TransformerDecoder,
    TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer, TransformerOptions,
};
pub use upsample::Upsample;
