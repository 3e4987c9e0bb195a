//! The operations: elementwise rows ([`elementwise`]), operations with a rule beside their forward, and those that are
//! composed of others ([`composed`]).

pub mod composed;
pub mod elementwise;

pub mod channels;
pub mod conv;
pub mod cross_entropy;
pub mod cumulative;
mod detach;
pub(crate) mod expect;
pub mod index;
#[cfg(feature = "linalg")]
pub mod linalg;
mod lstm;
pub mod matmul;
pub mod movement;
pub mod normalize;
pub mod pad;
pub mod pool;
mod recurrent;
pub mod reduce;
pub mod scatter;
pub mod softmax;

pub use composed::attention::Attention;
pub use composed::embedding::Bag;
pub use composed::gumbel::GumbelOptions;
pub use composed::interpolate::{Outside, Resize};
pub use composed::loss::{
    CrossEntropyOptions, CtcOptions, DiceOptions, FocalCrossEntropyOptions, FocalOptions, GaussianNllOptions,
    HingeOptions, HuberOptions, InfoNceOptions, KlDivOptions, LogitsOptions, LossOptions, MarginOptions,
    MultiMarginOptions, NllOptions, PoissonNllOptions, Reduction, SoftCrossEntropyOptions,
    TripletDistanceOptions, TripletOptions,
};
pub use composed::sort::Interpolation;
pub use conv::{ConvOptions, Padding};
#[cfg(feature = "linalg")]
pub use linalg::{Eigen, MatrixNorm, Svd};
pub use pad::PaddingMode;
pub use pool::Pool;
pub use scatter::ScatterReduce;
