#[cfg(feature = "viz")]
pub use crate::notebook::Notebook;
pub use gradus_autograd::ops::{Attention, ConvOptions, Padding, PaddingMode, Pool, Reduction};
pub use gradus_autograd::{
    Gradients, Mode, Param, Params, Tape, TensorExt, Var, grad, gradcheck, gradcheck_model, objective,
    objective_on_tape, on_tape, params, predict, value_and_grad, value_and_grad_training,
    value_and_grad_with,
};
pub use gradus_data::{Dataset, Loader, Standardizer};
pub use gradus_nn::{
    BatchNorm, Conv1d, Conv2d, Conv3d, Dropout, Embedding, Flatten, Gelu, Gru, LayerNorm, Linear, Lstm,
    Module, MultiheadAttention, Relu, Sequential, Sigmoid, Silu, Tanh, accuracy, sequential, state_dict,
    summary, summary_with_input,
};
pub use gradus_optim::schedule::{Cosine, Schedule};
pub use gradus_optim::{Adam, AdamW, Optimizer, Sgd};
pub use gradus_tensor::{DType, Rng, Sampling, Shape, Tensor, rng};
